/**
 * Do two nodes share a history? The same uuid does not say so: two nodes bootstrapped alone keep it, and the lower one
 * then rejoins by IST, Synced, with rows missing and no error (tried). So each pair is judged by what cannot repeat:
 * the event that both hold at the lower position, else the last view that the lower one kept in InnoDB.
 * Source: reference/lineage.md, procedure 2-5. SAME: the lower one's history is a prefix of the other's.
 */
import { list } from './finding.js';
import type { CacheSeen, Kinship, Pair, Recovered } from './recovery.js';
import type { NodeName, Position } from './words.js';

/** What is known of one node's history: a held node as it was read, or a running one with its status. */
export type Standing = Pick<Recovered, 'node' | 'position' | 'touched' | 'lastView'>;

/** All pairs of the nodes that were read, in the order of cluster.conf. */
export function judgePairs({
  order,
  recovered,
  caches,
}: {
  readonly order: readonly NodeName[];
  readonly recovered: readonly Standing[];
  readonly caches: readonly CacheSeen[];
}): Pair[] {
  const read = order.flatMap((node) => recovered.find((one) => one.node === node) ?? []);
  return read.flatMap((one, i) => read.slice(i + 1).map((other) => judgePair(one, other, caches)));
}

/** Which seqnos the caches must be asked for; `from` and `to` bound the gaps and views that matter. */
export function positionsToAsk(recovered: readonly Standing[]): {
  readonly seqnos: readonly number[];
  readonly from: number;
  readonly to: number;
} {
  const seqnos = recovered.flatMap(({ position, lastView }) => [
    ...(position.kind === 'known' ? [position.seqno] : []),
    ...(lastView ? [lastView.viewSeqno] : []),
  ]);
  const sorted = [...new Set(seqnos)].toSorted((a, b) => a - b);
  return { seqnos: sorted, from: sorted[0] ?? 0, to: sorted.at(-1) ?? 0 };
}

export function pairOf(pairs: readonly Pair[], a: NodeName, b: NodeName): Pair | undefined {
  return pairs.find(({ lower, higher }) => (lower === a && higher === b) || (lower === b && higher === a));
}

/** `first` stands before `second` in cluster.conf. */
export function judgePair(first: Standing, second: Standing, caches: readonly CacheSeen[]): Pair {
  const [lower, higher] = isAhead(first.position, second.position) ? [second, first] : [first, second];
  const { kinship, because } = judge(lower, higher, caches);
  const touched = [...first.touched, ...second.touched];
  const pair = { lower: lower.node, higher: higher.node };
  // Writes made without Galera leave no event: whatever the events say, they prove nothing then.
  if (kinship === 'SAME' && touched.length > 0)
    return { ...pair, kinship: 'UNKNOWN', because: `perhaps written without Galera: ${list(touched)}` };
  return { ...pair, kinship, because };
}

interface Judged {
  readonly kinship: Kinship;
  readonly because: string;
}

function judge(lower: Standing, higher: Standing, caches: readonly CacheSeen[]): Judged {
  const [at, upTo] = [lower.position, higher.position];
  if (at.kind === 'unknown' || upTo.kind === 'unknown') {
    const nodes = [lower, higher].filter(({ position }) => position.kind === 'unknown').map(({ node }) => node);
    return { kinship: 'UNKNOWN', because: `the position of ${list(nodes)} is not known` };
  }
  if (at.uuid !== upTo.uuid) return { kinship: 'DIFFERENT', because: `two clusters: ${at.uuid} and ${upTo.uuid}` };
  const cacheOf = (node: NodeName) => caches.find((cache) => cache.node === node);
  const [cache, otherCache] = [cacheOf(lower.node), cacheOf(higher.node)];
  return byEvent(at.seqno, cache, otherCache) ?? byView(lower, at.seqno, higher, otherCache);
}

/** Step 4: the event at the lower position, where both still hold it. */
function byEvent(seqno: number, cache: CacheSeen | undefined, otherCache: CacheSeen | undefined): Judged | undefined {
  const [event, other] = [eventAt(cache, seqno), eventAt(otherCache, seqno)];
  if (!event || !other) return undefined;
  if (event === other) return { kinship: 'SAME', because: `both hold the same event at ${seqno}` };
  return { kinship: 'DIFFERENT', because: `they hold different events at ${seqno}` };
}

/** Step 5: a power cut takes the tail of the cache, but the last view lives in InnoDB. */
function byView(lower: Standing, seqno: number, higher: Standing, otherCache: CacheSeen | undefined): Judged {
  const unknown = (because: string): Judged => ({
    kinship: 'UNKNOWN',
    because: `no common event at ${seqno}, and ${because}`,
  });
  const { lastView: view } = lower;
  if (!view) return unknown(`${lower.node} kept no view`);
  if (lower.position.kind === 'known' && view.clusterUuid !== lower.position.uuid)
    return unknown(`the view that ${lower.node} kept is of another cluster`);
  const s = view.viewSeqno;
  if (s > seqno) return unknown(`the view that ${lower.node} kept is newer than its data`);

  const theirs = higher.lastView;
  if (theirs?.clusterUuid === view.clusterUuid && theirs.viewSeqno === s) {
    if (sameMembers(theirs.members, view.members))
      return { kinship: 'SAME', because: `both kept the same last view, of ${s}` };
    return { kinship: 'DIFFERENT', because: `two successors: at ${s} each kept a view with other members` };
  }

  if (!otherCache || otherCache.unreadable !== undefined) return unknown(`the cache of ${higher.node} cannot be read`);
  if (!holds(otherCache, s, seqno))
    return unknown(`the cache of ${higher.node} does not hold all from ${s} to ${seqno}`);
  const event = eventAt(otherCache, s);
  if (!event) return unknown(`what ${higher.node} holds at ${s} is ambiguous`);
  if (!isViewOf(event, view.members))
    return {
      kinship: 'DIFFERENT',
      because: `${higher.node} holds another event where ${lower.node} saw its last view, at ${s}`,
    };
  const successor = otherCache.views.find((v) => v > s && v <= seqno);
  if (successor !== undefined)
    return {
      kinship: 'DIFFERENT',
      because: `${higher.node} saw a view at ${successor} that ${lower.node} did not see`,
    };
  return {
    kinship: 'SAME',
    because: `${higher.node} holds the last view of ${lower.node}, and no other up to ${seqno}`,
  };
}

/** Both ends included. A seqno with two events in the file is not held. */
export function holds({ ranges }: CacheSeen, from: number, to: number): boolean {
  return from > to || ranges.some(([first, last]) => first <= from && to <= last);
}

export function isAhead(a: Position, b: Position): boolean {
  return a.kind === 'known' && b.kind === 'known' && a.seqno > b.seqno;
}

/** "?": two different events stand under this seqno in the file, so neither is evidence. */
function eventAt(cache: CacheSeen | undefined, seqno: number): string | undefined {
  const event = cache?.unreadable === undefined ? cache?.events[seqno] : undefined;
  return event?.startsWith('?') ? undefined : event;
}

/** "V <conf>/<members>". The configuration number says nothing: it is 1 after each bootstrap. */
function isViewOf(event: string, members: readonly string[]): boolean {
  const [, listed] = /^V [^/]*\/(.*)$/.exec(event) ?? [];
  return listed !== undefined && sameMembers(listed.split(','), members);
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join();
}
