/** Cluster states for property tests: histories whose truth is known, and looks at nodes in any condition. */
import fc from 'fast-check';
import type { NodeSeen, Reached, SqlSeen, UnitSeen, ViewSeen } from '../../cluster/observation.js';
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
    seals: order.map((node) => ({ node, broken: [] })),
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

// --- looks at nodes ------------------------------------------------------------------------------------------

export const addressOf = (node: NodeName): string => `192.0.2.1${node.slice(2)}`;
export const vip = '192.0.2.10';

type Deep<T> = { readonly [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

/** A node that is well, stopped or running as the parts say. */
export function nodeSeen(
  node: NodeName,
  { host, database, units, flags }: Deep<Omit<Reached, 'node' | 'reachable'>> = {},
): Reached {
  const unit: UnitSeen = { active: 'active', enabled: 'enabled', mainPid: 100 };
  return {
    node,
    reachable: true,
    host: {
      hostname: node,
      version: '14.0.0',
      osFamily: 'debian',
      machineId: node,
      bootId: node,
      clockAheadMs: 0,
      addresses: [addressOf(node), ...(node === 'pf1' ? [vip] : [])],
      varFreeBytes: 1e10,
      ...host,
    },
    database: {
      processes: [{ pid: 200, name: 'mariadbd', args: '' }],
      sql: primary(),
      datadir: { path: '/var/lib/mysql', holdsData: true, usedBytes: 1e9, freeBytes: 1e10 },
      newClusterFlags: [],
      ...database,
    },
    units: { mariadb: unit, config: unit, keepalived: unit, haproxyDb: unit, webservices: unit, ...units },
    flags: {
      maintenance: false,
      disabledNodes: [],
      defaultTarget: 'packetfence-cluster.target',
      clusterConfSha256: 'c0',
      owedGuards: {},
      barrier: [],
      ...flags,
    },
  };
}

export function primary(
  parts: Partial<Extract<SqlSeen, { kind: 'answers' }>> = {},
): Extract<SqlSeen, { kind: 'answers' }> {
  return {
    kind: 'answers',
    clusterStatus: 'Primary',
    state: 'Synced',
    ready: true,
    connected: true,
    clusterSize: 3,
    stateUuid: clusterUuid,
    confId: 3,
    lastCommitted: 100,
    incoming: order.map((node) => `${addressOf(node)}:3306`),
    readOnly: false,
    cachedDownTo: 1,
    ...parts,
  };
}

export const silent: SqlSeen = { kind: 'silent', because: 'connection refused' };
export const stoppedUnit: UnitSeen = { active: 'inactive', enabled: 'enabled', mainPid: 0 };
export const heldUnit: UnitSeen = { active: 'inactive', enabled: 'masked', mainPid: 0 };
export const waitingUnit: UnitSeen = { active: 'activating', enabled: 'enabled', mainPid: 100 };

/** The last view of all three, as gvwstate.dat of one of them tells it. */
export function viewOf(
  node: NodeName,
  { number = 12, members = order }: { number?: number; members?: readonly NodeName[] } = {},
): ViewSeen {
  const uuids = members.map((one) => uuidOf(Number(one.slice(2))));
  return { bytes: 264, viewId: `3 ${uuidOf(1)} ${number}`, members: uuids, myUuid: uuidOf(Number(node.slice(2))) };
}

/** Emptied by a power cut, and rewritten by the server that started since: the 124 bytes of D4. */
export const rewrittenView: ViewSeen = {
  bytes: 124,
  viewId: '0 00000000-0000-0000-0000-000000000000 0',
  members: [],
  myUuid: uuidOf(99),
};

const views = (node: NodeName): fc.Arbitrary<ViewSeen | undefined> =>
  fc.oneof(
    fc.constant(undefined),
    fc.constant(viewOf(node)),
    fc.constant(viewOf(node, { number: 13, members: ['pf1', 'pf2'] })),
    fc.constant(viewOf(node, { members: [node] })),
    fc.constant(rewrittenView),
    fc.constant({ bytes: 0, members: [] }),
  );

const units: fc.Arbitrary<UnitSeen> = fc.record({
  active: fc.constantFrom('active', 'activating', 'deactivating', 'inactive', 'failed'),
  enabled: fc.constantFrom('enabled', 'masked', 'masked-runtime'),
  mainPid: fc.constantFrom(0, 100),
});

const answers: fc.Arbitrary<SqlSeen> = fc
  .record({
    clusterStatus: fc.constantFrom('Primary', 'Primary', 'non-Primary', 'Disconnected', 'standalone'),
    state: fc.constantFrom('Synced', 'Synced', 'Donor/Desynced', 'Joining', 'Initialized'),
    ready: fc.boolean(),
    connected: fc.boolean(),
    clusterSize: fc.integer({ min: 0, max: 4 }),
    stateUuid: fc.constantFrom(clusterUuid, clusterUuid, clusterUuid, uuidOf(7)),
    confId: fc.integer({ min: 1, max: 4 }),
    readOnly: fc.boolean(),
    incoming: fc.subarray(order.map((one) => `${addressOf(one)}:3306`)),
  })
  .map((parts) => primary(parts));

const reachedNode = (node: NodeName): fc.Arbitrary<Reached> =>
  fc
    .record({
      sql: fc.oneof(answers, fc.constantFrom(silent, { kind: 'silent', because: 'Too many connections' } as const)),
      runs: fc.boolean(),
      unit: fc.option(units, { nil: undefined, freq: 9 }),
      autofix: fc.option(units, { nil: undefined }),
      view: views(node),
      grastate: fc.option(
        fc.record({
          uuid: fc.constantFrom(clusterUuid, uuidOf(7), '00000000-0000-0000-0000-000000000000'),
          seqno: fc.integer({ min: -1, max: 50 }),
          safeToBootstrap: fc.boolean(),
        }),
        { nil: undefined },
      ),
      newClusterFlags: fc.constantFrom([], [], [], ['systemd’s environment']),
      maintenance: fc.nat({ max: 5 }).map((n) => n === 0),
      barrier: fc.constantFrom([], [], [], ['pf3'], ['pf1']),
      addresses: fc.subarray([addressOf(node), vip]),
    })
    .map(({ sql, runs, unit, autofix, view, grastate, newClusterFlags, maintenance, barrier, addresses }) => {
      // A server that answers has a process.
      const processes = runs || sql.kind === 'answers' ? [{ pid: 200, name: 'mariadbd', args: '' }] : [];
      const { mariadb: _, ...others } = nodeSeen(node).units;
      const whole = nodeSeen(node, {
        host: { addresses },
        database: { sql, processes, newClusterFlags, ...(view && { view }), ...(grastate && { grastate }) },
        flags: { maintenance, barrier },
      });
      return { ...whole, units: { ...others, ...(unit && { mariadb: unit }), ...(autofix && { autofix }) } };
    });

/** Anything that a look may show, whether it makes sense or not. */
export const looks: fc.Arbitrary<readonly NodeSeen[]> = fc.tuple(
  ...order.map((node) =>
    fc.oneof(
      { weight: 5, arbitrary: reachedNode(node) },
      { weight: 1, arbitrary: fc.constant({ node, reachable: false, because: 'no route to host' } as const) },
    ),
  ),
);

/** Looks at a cluster that is well but for one or two things. */
export const nearlyWell: fc.Arbitrary<readonly NodeSeen[]> = fc
  .tuple(looks, fc.subarray([...order], { maxLength: 1 }))
  .map(([seen, ill]) => seen.map((one) => (ill.includes(one.node) ? one : nodeSeen(one.node))));
