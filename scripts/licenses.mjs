// Licenses of what a bundle carries: most ask that their text goes along.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name, version and license text of each package in a bundle, from esbuild's metafile. */
export function licensesOf(root, metafile) {
  const inside = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//;
  const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => inside.exec(file)?.[1] ?? []));
  const texts = [...folders]
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((f) => /^licen[cs]e/i.test(f));
      const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : `License: ${license}`;
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
  return `${[...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
}
