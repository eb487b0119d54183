import { existsSync } from 'node:fs';
import * as path from 'node:path';

/**
 * Folder of a bundled handler. `lib/constructs/internal` and `dist/constructs/internal` sit at the same depth, so tests
 * and the installed package find the same folder.
 *
 * @throws Error when the bundle was not built.
 */
export function assetPath(name: string): string {
  const folder = path.join(__dirname, '..', '..', '..', 'assets', name);
  if (!existsSync(path.join(folder, 'index.js'))) {
    throw new Error(`[BundleMissing] the Lambda bundle ${name} is not built; run "npm run assets" in the cdk-failover checkout`);
  }
  return folder;
}
