import type { Words } from './witnesses';

/**
 * What says that the primary lives. A failover that a person orders against it makes a second writer, so it needs a reason.
 * A writer that is proven dead outweighs a site that answers; a lease that is renewed outweighs everything, because only a
 * living writer renews it. Unknown is no sign of life.
 */
export function signsOfLife({ outside, probe, writer, lease }: Words): readonly string[] {
  const signs: string[] = [];
  if (writer.says === 'alive') signs.push(writer.because);
  if (lease.says === 'renewed') signs.push(lease.because);
  if (writer.says === 'dead') return signs;
  if (probe.says === 'good') signs.push(probe.because);
  if (outside.says === 'healthy') signs.push(`Route 53 calls the primary healthy: ${outside.because}`);
  return signs;
}
