/** The plots of one run of the lab, each with what its colours mean and where its values are from. */
import type { TopLevelSpec } from 'vega-lite';
import { CHECKERS_PER_HEALTH_CHECK, endpointHealthy } from '../../lib/decide/route53';
import type { LabReport } from '../../lib/lab/run/report/document';
import type { Origin } from '../../lib/lab/run/report/recorder';
import { COLOUR, type Layer, markRules, panelSpec, x } from './panel';
import { type Axis, axisOf, columnOf, type Read, rates, spans, steps } from './series';
import { targetsSpec } from './targets';

export interface Key {
  readonly name: string;
  readonly colour: string;
  readonly line?: 'solid' | 'dashed';
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly keys: readonly Key[];
  readonly origin: string;
  readonly spec: TopLevelSpec;
}

const SITES = ['primary', 'standby'] as const;
const SITE_KEYS: readonly Key[] = SITES.map((name) => ({ name, colour: COLOUR[name] }));
const ORIGIN: Readonly<Record<Origin, string>> = { measured: 'measured', truth: "the lab's ground truth" };

export function chartsOf(report: LabReport): Chart[] {
  const axis = axisOf(report);
  const found = [targets(report, axis), traffic(report, axis), answers(report, axis), lag(report, axis), checkers(report, axis)];
  return found.filter((chart) => chart !== undefined);
}

function targets(report: LabReport, axis: Axis): Chart | undefined {
  if (report.marks.length === 0) return undefined;
  return {
    id: 'targets',
    title: 'Marks, and each target with what was measured',
    keys: targetKeys(report),
    origin: '',
    spec: targetsSpec(report, axis),
  };
}

/** Only of what is there. */
function targetKeys({ figures, marks }: LabReport): readonly Key[] {
  const any = (is: boolean, key: Key) => (is ? [key] : []);
  return [
    ...any(figures.length > 0, { name: 'target', colour: COLOUR.line }),
    ...any(
      figures.some(({ met }) => met),
      { name: 'took, target met', colour: COLOUR.good },
    ),
    ...any(
      figures.some(({ met }) => !met),
      { name: 'took, target missed', colour: COLOUR.bad },
    ),
    ...any(
      marks.some(({ origin }) => origin === 'measured'),
      { name: 'mark, measured', colour: COLOUR.quiet, line: 'solid' },
    ),
    ...any(
      marks.some(({ origin }) => origin === 'truth'),
      { name: `mark, ${ORIGIN.truth}`, colour: COLOUR.quiet, line: 'dashed' },
    ),
  ];
}

/** Writes where there is a database, else requests; what users saw before what the sites know. */
function traffic(report: LabReport, axis: Axis): Chart | undefined {
  const kinds = [
    ['writes', 'Writes per second, as eight clients heard of them'],
    ['requests', 'Good answers per second, as eight clients got them'],
    ['served', "Good answers per second, as the sites count them: the drill's clients and probes"],
  ] as const;
  const found = kinds.find(([kind]) => columnOf(report, `${kind}.primary`));
  if (!found) return undefined;
  const [kind, title] = found;
  const failed = columnOf(report, `${kind}.failed`);
  const main = SITES.flatMap((site) => {
    const read = columnOf(report, `${kind}.${site}`);
    return read ? [{ site, read }] : [];
  });
  return {
    id: kind,
    title,
    keys: [...SITE_KEYS, ...(failed ? [{ name: 'failed', colour: COLOUR.bad, line: 'solid' as const }] : [])],
    origin: ORIGIN[main[0]?.read.origin ?? 'measured'],
    spec: panelSpec({
      height: 150,
      description: title,
      layers: [
        ...main.map(({ site, read }) => rateLayer(`${kind}_${site}`, report, read, axis, COLOUR[site], true)),
        ...(failed ? [rateLayer(`${kind}_failed`, report, failed, axis, COLOUR.bad, false)] : []),
        ...markRules(report, axis),
      ],
    }),
  };
}

function rateLayer(name: string, report: LabReport, read: Read, axis: Axis, color: string, filled: boolean): Layer {
  const shape = filled
    ? { type: 'area', interpolate: 'step-after', color, fillOpacity: 0.3, line: { color, strokeWidth: 1.5 } }
    : { type: 'line', interpolate: 'step-after', color, strokeWidth: 1.2 };
  return {
    name,
    data: { values: rates(report, read, axis) },
    mark: { ...shape, clip: true },
    encoding: {
      x: x(axis),
      y: { field: 'perSec', type: 'quantitative', title: 'per second', stack: null, axis: { tickCount: 5 } },
    },
  };
}

const ROWS = [
  ['answer.ns1', 'name server 1'],
  ['answer.ns2', 'name server 2'],
  ['answer.seen', 'seen by users'],
  ['writer', 'writer'],
] as const;

/** Who is answered by name, and who writes. */
function answers(report: LabReport, axis: Axis): Chart | undefined {
  const rows = ROWS.flatMap(([key, row]) => {
    const read = columnOf(report, key);
    return read ? [{ key, row, read }] : [];
  });
  if (rows.length === 0) return undefined;
  const values = rows.flatMap(({ row, read }) => spans(report, read, axis).map((span) => ({ ...span, row })));
  const domain = ['primary', 'standby', 'nobody', 'divided', 'both'];
  const color = {
    field: 'value',
    type: 'nominal',
    legend: null,
    scale: { domain, range: [COLOUR.primary, COLOUR.standby, COLOUR.nobody, COLOUR.quiet, COLOUR.bad] },
  };
  const y = {
    field: 'row',
    type: 'nominal',
    sort: rows.map(({ row }) => row),
    title: null,
    scale: { paddingInner: 0.3, paddingOuter: 0.2 },
  };
  const epochs = epochLayer(report, axis);
  const seen = rows.some(({ key }) => key === 'answer.seen');
  const database = rows.some(({ key }) => key === 'writer');
  return {
    id: 'answers',
    title: database ? "DNS answer, and which database accepts writes, with the journal's epoch" : 'DNS answer',
    keys: [...SITE_KEYS, { name: database ? 'nobody' : 'no answer', colour: COLOUR.nobody }],
    origin: `${ORIGIN.truth}${seen ? '; "seen by users" is measured' : ''}`,
    spec: panelSpec({
      height: 30 * rows.length,
      description: 'which site the name answers, and which database accepts writes',
      layers: [
        {
          name: 'answers',
          data: { values },
          mark: { type: 'bar', clip: true },
          encoding: { x: x(axis, 'fromSec'), x2: { field: 'toSec' }, y, color },
        },
        ...markRules(report, axis),
        ...epochs.map((layer) => ({ ...layer, encoding: { ...(layer.encoding as object), y } })),
      ],
    }),
  };
}

/** Where the journal takes a new epoch, its number on the row of the writer. */
function epochLayer(report: LabReport, axis: Axis): Layer[] {
  const read = columnOf(report, 'epoch');
  if (!read) return [];
  const values = spans(report, read, axis).map(({ fromSec, value }) => ({ sec: fromSec, row: 'writer', text: `epoch ${value}` }));
  return [
    {
      name: 'epochs',
      data: { values },
      mark: { type: 'text', align: 'left', dx: 5, color: '#ffffff', fontWeight: 600 },
      encoding: { x: x(axis), text: { field: 'text' } },
    },
  ];
}

function lag(report: LabReport, axis: Axis): Chart | undefined {
  const read = columnOf(report, 'lag');
  if (!read) return undefined;
  const consented = report.figures.find(({ name }) => name === 'rpo')?.targetSec;
  const y = { field: 'value', type: 'quantitative', title: 'seconds', axis: { tickCount: 5 } };
  return {
    id: 'lag',
    title: 'Replication lag, asked of PostgreSQL: age of what the standby replayed last; its growth after t0 is no loss',
    keys: [
      { name: 'lag', colour: COLOUR.standby, line: 'solid' },
      ...(consented === undefined
        ? []
        : [{ name: `consented loss, ${consented} s`, colour: COLOUR.bad, line: 'dashed' as const }]),
    ],
    origin: ORIGIN[read.origin],
    spec: panelSpec({
      height: 110,
      description: 'replication lag',
      layers: [
        {
          name: 'lag',
          data: { values: steps(report, read, axis) },
          mark: { type: 'line', clip: true, color: COLOUR.standby, strokeWidth: 1.8 },
          encoding: { x: x(axis), y },
        },
        ...(consented === undefined ? [] : [limitRule('consented', consented, y)]),
        ...markRules(report, axis),
      ],
    }),
  };
}

function checkers(report: LabReport, axis: Axis): Chart | undefined {
  const found = SITES.flatMap((site) => {
    const read = columnOf(report, `unhealthy.${site}`);
    return read ? [{ site, read }] : [];
  });
  if (found.length === 0) return undefined;
  const all = CHECKERS_PER_HEALTH_CHECK;
  const y = {
    field: 'value',
    type: 'quantitative',
    title: `of ${all}`,
    scale: { domain: [0, all] },
    axis: { values: [0, 4, 8, 12, 16] },
  };
  const limit = Array.from({ length: all + 1 }, (_, n) => n).find((n) => !endpointHealthy(all - n, all)) ?? all;
  return {
    id: 'checkers',
    title: 'Health checkers that call a site unhealthy',
    keys: [
      ...SITES.map((name) => ({ name, colour: COLOUR[name], line: 'solid' as const })),
      { name: `${limit} of ${all}: Route 53's verdict is unhealthy (documented)`, colour: COLOUR.bad, line: 'dashed' },
    ],
    origin: ORIGIN.truth,
    spec: panelSpec({
      height: 110,
      last: true,
      description: 'unhealthy checkers of each site',
      layers: [
        ...found.map(({ site, read }) => ({
          name: `checkers_${site}`,
          data: { values: steps(report, read, axis) },
          mark: { type: 'line', interpolate: 'step-after', clip: true, color: COLOUR[site], strokeWidth: 1.8 },
          encoding: { x: x(axis, 'sec', true), y },
        })),
        limitRule('verdict', limit, y),
        ...markRules(report, axis, true),
      ],
    }),
  };
}

const limitRule = (name: string, value: number, y: Layer): Layer => ({
  name,
  data: { values: [{ value }] },
  mark: { type: 'rule', color: COLOUR.bad, strokeDash: [5, 4], strokeWidth: 1.2 },
  encoding: { y },
});
