/** How each of the others comes back to the node that is kept. Design 7.6. */
import { count } from './finding.js';
import { holds, pairOf } from './lineage.js';
import { isZero } from './position.js';
import type { CacheSeen, Pair, Recovered, Rejoin, SealSeen } from './recovery.js';
import type { NodeName } from './words.js';

/** How each node that was read comes back, in the order of cluster.conf. Without a proof it takes a full copy. */
export function waysToRejoin({
  order,
  keep,
  recovered,
  pairs,
  caches,
  resyncFromScratch = false,
  seals = [],
}: {
  /** Of cluster.conf. */
  readonly order: readonly NodeName[];
  readonly recovered: readonly Recovered[];
  readonly pairs: readonly Pair[];
  readonly keep: NodeName;
  readonly caches: readonly CacheSeen[];
  readonly resyncFromScratch?: boolean;
  readonly seals?: readonly SealSeen[];
}): Rejoin[] {
  const kept = recovered.find((one) => one.node === keep);
  const cache = caches.find((one) => one.node === keep);
  const wayOf = (one: Recovered): Omit<Rejoin, 'node'> => {
    const fullCopy = (because: string) => ({ way: 'full copy', because }) as const;
    if (resyncFromScratch) return fullCopy('asked for');
    const [broken] = [one.node, keep].filter((node) =>
      seals.some((seal) => seal.node === node && seal.broken.length > 0),
    );
    if (broken) return fullCopy(`${broken} was touched after it was read`);
    const pair = pairOf(pairs, one.node, keep);
    if (pair?.kinship !== 'SAME')
      return fullCopy(`its history is not proven to be that of ${keep}: ${pair?.because ?? 'not judged'}`);
    if (one.grastateUuid && isZero(one.grastateUuid))
      return fullCopy('its copy was never finished, or it was evicted for inconsistency');
    if (kept?.position.kind !== 'known' || one.position.kind !== 'known') return fullCopy('its position is not known');
    const gap = kept.position.seqno - one.position.seqno;
    if (gap < 0) return fullCopy(`it is ahead of ${keep} by ${count(-gap, 'event')}`);
    if (gap === 0) return { way: 'IST', because: `same history, at the same position as ${keep}` };
    if (!cache || cache.unreadable !== undefined || !holds(cache, one.position.seqno + 1, kept.position.seqno)) {
      return fullCopy(`the cache of ${keep} does not hold the ${count(gap, 'event')} that it lacks`);
    }
    return {
      way: 'IST',
      because: `same history; the cache of ${keep} holds the ${count(gap, 'event')} that it lacks`,
    };
  };
  return order
    .flatMap((node) => recovered.find((one) => one.node === node && node !== keep) ?? [])
    .map((one) => ({ node: one.node, ...wayOf(one) }));
}
