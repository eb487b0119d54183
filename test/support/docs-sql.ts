import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The SQL that users install, by the comment in its first line. */
export function sqlOf(title: string): string {
  const page = readFileSync(join(__dirname, '../../docs/heartbeat.md'), 'utf8');
  const block = [...page.matchAll(/```sql\n-- (.*)\n([\s\S]*?)```/g)].find(([, named]) => named === title);
  if (!block?.[2]) throw new Error(`docs/heartbeat.md has no SQL "${title}"`);
  return block[2];
}
