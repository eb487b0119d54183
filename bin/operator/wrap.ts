/** Breaks at blanks, never inside a quoted command; a word that is longer than the line stays whole. */
export function wrapped(text: string, width: number, hanging = '  '): readonly string[] {
  const lines: string[] = [];
  for (const word of text.match(/(?:"[^"]*"|\S)+/g) ?? []) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${hanging}${word}`);
  }
  return lines;
}

/** Lines of an error. A command at the end of a line is left as it is, so that it can be copied. */
export const wrappedLines = (text: string, width: number): string =>
  text
    .split('\n')
    .flatMap((line) => (/: (?:failover|aws) \S/.test(line) ? [line] : wrapped(line, width, '')))
    .join('\n');

/** A help as it fits a narrow terminal: prose flows, what stands beside an option stays beside it, examples stay whole. */
export const narrowed = (help: string, width: number): string =>
  help
    .split('\n\n')
    .map((block) => (block.split('\n').every((line) => line.length <= width) ? block : flowed(block, width)))
    .join('\n\n');

function flowed(block: string, width: number): string {
  const items: string[] = [];
  for (const line of block.split('\n')) {
    const last = items.at(-1);
    // Prose goes on with prose; what stands deep goes on with what already stands beside an option.
    const continues =
      last !== undefined && (/^\S/.test(line) ? /^\S/.test(last) : /^ {10}/.test(line) && / {2}\S.* {2,}\S/.test(last));
    if (continues) items[items.length - 1] = `${last} ${line.trim()}`;
    else items.push(line);
  }
  return items.map((item) => (/^ {2}(?:failover|source) /.test(item) ? item : hung(item, width))).join('\n');
}

function hung(item: string, width: number): string {
  const [, head = '', rest = ''] = /^( {2}\S.*? {2,}| *)(.*)$/.exec(item) ?? [];
  const [first = '', ...more] = wrapped(rest, width - head.length, '');
  return [head + first, ...more.map((line) => ' '.repeat(head.length) + line)].join('\n');
}
