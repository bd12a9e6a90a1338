/** How a node that was kept out comes back to the cluster that went on without it. */
import { list, type Unhashed } from './finding.js';
import { judgePair } from './lineage.js';
import type { Reached } from './observation.js';
import { inTheWay } from './obstacles.js';
import { isZero, positionInWords, positionSeen } from './position.js';
import type { CacheSeen, Recovered, Rejoin, SealSeen } from './recovery.js';
import { wsrepOf } from './seen.js';
import type { Proposal } from './words.js';

/** The standing of a node that runs: no step 1 and 3 of lineage, no view read from InnoDB. */
function standingOf(living: Reached) {
  return { node: living.node, position: positionSeen(living), touched: [] };
}

export interface BringBack extends Proposal, Pick<Rejoin, 'node' | 'way' | 'because'> {}

/**
 * A node that was kept out, held and read, against a node of the living cluster: IST where its history is proven to
 * lead to the cluster's and the cache covers the gap; otherwise a full copy, and a person decides for what it alone may hold.
 */
export function bringBack({
  node,
  living,
  caches,
  seals = [],
  resyncFromScratch = false,
}: {
  readonly node: Recovered;
  /** Whether it is still as it was read. */
  readonly seals?: readonly SealSeen[];
  readonly living: Reached;
  readonly caches: readonly CacheSeen[];
  readonly resyncFromScratch?: boolean;
}): Unhashed<BringBack> {
  const pair = judgePair(node, standingOf(living), caches);
  const theirs = positionSeen(living);
  const gap =
    node.position.kind === 'known' && theirs.kind === 'known' ? theirs.seqno - node.position.seqno : Number.NaN;
  const broken = seals.find((seal) => seal.node === node.node)?.broken ?? [];
  const proven =
    broken.length === 0 && pair.kinship === 'SAME' && gap >= 0 && !(node.grastateUuid && isZero(node.grastateUuid));
  const from = wsrepOf(living)?.cachedDownTo ?? 0; // asked of the server: the file that was read may end before the newest event
  const covered = gap === 0 || (from > 0 && node.position.kind === 'known' && from <= node.position.seqno + 1);
  const way = proven && covered && !resyncFromScratch ? 'IST' : 'full copy';
  const because = !proven
    ? broken.length > 0
      ? `it is no longer as it was read: ${list(broken)}`
      : `its history is not proven to lead to the cluster’s: ${pair.kinship === 'SAME' ? 'it is ahead, or its copy was never finished' : pair.because}`
    : resyncFromScratch
      ? 'asked for'
      : covered
        ? `same history; the cache of ${living.node} holds what it lacks`
        : `same history, but the cache of ${living.node} does not hold all that it lacks`;
  return {
    node: node.node,
    way,
    because,
    verdict: [
      `${node.node}: ${positionInWords(node.position)}`,
      `${node.node} and ${living.node}: ${pair.kinship} history, ${pair.because}.`,
      ...inTheWay(seals, [{ node: node.node, way }]).map(({ words }) => words),
      `${node.node} comes back by ${way === 'IST' ? 'IST, with its data' : 'a full copy, its data set aside'}: ${because}.`,
    ],
    choices: {
      rejoin: !proven
        ? `set its data aside and copy all from the cluster; what ${node.node} alone may hold is then only in what was set aside`
        : way === 'IST'
          ? 'nothing is discarded'
          : 'set its data aside and copy all from the cluster, which holds all that it holds',
    },
    ...(proven && { goOn: 'rejoin' }),
    shown: [`${living.node}: ${positionInWords(theirs)}`],
  };
}
