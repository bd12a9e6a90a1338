/** Histories of three nodes whose truth is known, beside the evidence that was left of them. */
import fc from 'fast-check';
import type { CacheSeen, Recovered, SealSeen } from '../../cluster/recovery.js';
import type { NodeName } from '../../cluster/words.js';

export const order: readonly NodeName[] = ['pf1', 'pf2', 'pf3'];
export const uuidOf = (n: number): string => `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`;
export const clusterUuid = 'b701ebf7-0000-4000-8000-000000000001';

/** What really happened on each node, event by event (seqno 1 is the first), beside the evidence that was left. */
export interface World {
  readonly histories: ReadonlyMap<NodeName, readonly string[]>;
  readonly recovered: readonly Recovered[];
  readonly caches: readonly CacheSeen[];
  readonly seals: readonly SealSeen[];
}

/** The truth that lineage is judged against: is a's history the beginning of b's? */
export function leadsTo(world: World, a: NodeName, b: NodeName): boolean {
  const [mine, theirs] = [world.histories.get(a) ?? [], world.histories.get(b) ?? []];
  return mine.length <= theirs.length && mine.every((event, i) => event === theirs[i]);
}

/** A stretch in which some nodes run together, from the data of one of them. */
interface Stretch {
  /** A bit per node; none: all. */
  readonly members: number;
  readonly donor: number;
  readonly writes: number;
  /** Events that a power cut takes from each node's InnoDB at the end; 0: a clean end. */
  readonly lost: readonly number[];
  /** The cut leaves them in the cache, which is then newer than InnoDB. */
  readonly cacheKeeps: boolean;
}

interface Traces {
  readonly cacheFrom: number;
  readonly tailLost: number;
  readonly unreadable: boolean;
  readonly noView: boolean;
  readonly touched: boolean;
}

interface Node {
  readonly node: NodeName;
  history: string[];
  /** All that the file holds under a seqno: more than one is ambiguous. */
  cache: Map<number, Set<string>>;
}

const losses = fc.array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 });
const none = fc.constant<number[]>([0, 0, 0]);
const stretch = (lost: fc.Arbitrary<number[]>): fc.Arbitrary<Stretch> =>
  fc.record({
    members: fc.integer({ min: 0, max: 7 }),
    donor: fc.nat({ max: 2 }),
    writes: fc.nat({ max: 4 }),
    lost,
    cacheKeeps: fc.boolean(),
  });
const traces: fc.Arbitrary<Traces> = fc.record({
  cacheFrom: fc.oneof(fc.constant(0), fc.nat({ max: 8 })),
  tailLost: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
  unreadable: fc.nat({ max: 5 }).map((n) => n === 0),
  noView: fc.nat({ max: 5 }).map((n) => n === 0),
  touched: fc.nat({ max: 7 }).map((n) => n === 0),
});
const allTraces: Traces = { cacheFrom: 0, tailLost: 0, unreadable: false, noView: false, touched: false };

/** Any history of three nodes under one cluster uuid, forks included, with some of the evidence lost. */
export const worlds: fc.Arbitrary<World> = fc
  .tuple(
    fc.array(stretch(fc.oneof(none, losses)), { minLength: 1, maxLength: 5 }),
    fc.array(traces, { minLength: 3, maxLength: 3 }),
  )
  .map(([stretches, left]) => live(stretches, left));

/** The same with no power cut and no evidence lost, not even by a full copy. */
export const wellKeptWorlds: fc.Arbitrary<World> = fc
  .array(stretch(none), { minLength: 1, maxLength: 5 })
  .map((stretches) =>
    live(
      stretches,
      order.map(() => allTraces),
      true,
    ),
  );

function live(stretches: readonly Stretch[], left: readonly Traces[], copiesCarryCaches = false): World {
  const nodes = order.map((node): Node => ({ node, history: [], cache: new Map() }));
  let event = 0;
  for (const { members, donor, writes, lost, cacheKeeps } of [
    { members: 7, donor: 0, writes: 2, lost: [0, 0, 0], cacheKeeps: true },
    ...stretches,
  ]) {
    const together = nodes.filter((_, i) => members === 0 || (members >> i) % 2 === 1);
    const base = together[donor % together.length]?.history ?? [];
    const view = `V 1/${together.map(() => uuidOf(++event)).join(',')}`;
    const run = [view, ...Array.from({ length: writes }, () => `T ${uuidOf(0)}/1/${++event}/1`)];
    for (const one of together) {
      const { history } = one;
      const leads = history.every((e, i) => e === base[i]);
      if (!leads) one.cache = new Map(); // a full copy: the cache begins afresh, and nothing is left of what it replaced
      const from = leads ? history.length : copiesCarryCaches ? 0 : base.length;
      one.history = [...base, ...run];
      for (const [i, e] of one.history.entries())
        if (i >= from) one.cache.set(i + 1, new Set([...(one.cache.get(i + 1) ?? []), e]));
      one.history = one.history.slice(0, one.history.length - (lost[nodes.indexOf(one)] ?? 0));
      if (!cacheKeeps) for (const seqno of one.cache.keys()) if (seqno > one.history.length) one.cache.delete(seqno);
    }
  }
  return {
    histories: new Map(nodes.map(({ node, history }) => [node, history])),
    recovered: nodes.map((one, i) => recoveredOf(one, left[i] ?? allTraces)),
    caches: nodes.map((one, i) => cacheOf(one, left[i] ?? allTraces)),
    seals: order.map((node) => ({ node, broken: [], obstacles: [] })),
  };
}

function recoveredOf({ node, history }: Node, { noView, touched }: Traces): Recovered {
  const at = history.findLastIndex((event) => event.startsWith('V'));
  const members = history[at]?.replace(/^V \d+\//, '').split(',') ?? [];
  return {
    node,
    position: { node, kind: 'known', uuid: clusterUuid, seqno: history.length },
    before: {},
    touched: touched ? [`${node} was started alone`] : [],
    seal: { bootId: node, stamps: {} },
    ...(!noView && at >= 0 && { lastView: { clusterUuid, viewId: 1, viewSeqno: at + 1, members } }),
  };
}

function cacheOf({ node, cache, history }: Node, { cacheFrom, tailLost, unreadable }: Traces): CacheSeen {
  if (unreadable) return { node, events: {}, views: [], ranges: [], unreadable: 'no such file' };
  const kept = [...cache].filter(
    ([seqno]) => seqno >= cacheFrom && (tailLost === 0 || seqno <= history.length - tailLost),
  );
  const clear = kept.flatMap(([seqno, events]) => (events.size === 1 ? [seqno] : [])).toSorted((a, b) => a - b);
  return {
    node,
    events: Object.fromEntries(
      kept.map(([seqno, events]) => [seqno, events.size === 1 ? [...events].join() : '? ambiguous']),
    ),
    views: kept
      .flatMap(([seqno, events]) => ([...events].some((e) => e.startsWith('V')) ? [seqno] : []))
      .toSorted((a, b) => a - b),
    ranges: rangesOf(clear),
  };
}

function rangesOf(ascending: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const seqno of ascending) {
    const last = ranges.at(-1);
    if (last?.[1] === seqno - 1) last[1] = seqno;
    else ranges.push([seqno, seqno]);
  }
  return ranges;
}
