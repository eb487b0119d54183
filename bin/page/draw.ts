/** Charts as SVG, drawn here: a page needs no script and loads nothing. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export const draw = (spec: TopLevelSpec): Promise<string> => new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
