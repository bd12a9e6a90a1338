/** Looks at nodes: well, waiting, held, or in any condition. */
import fc from 'fast-check';
import type { NodeSeen, Reached, SqlSeen, UnitSeen, ViewSeen } from '../../cluster/observation.js';
import type { NodeName } from '../../cluster/words.js';
import { clusterUuid, order, uuidOf } from './generate.js';

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
      clusterConf: { sha256: 'c0', differs: [] },
      owedGuards: {},
      owedStopped: [],
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
      beginsCluster: fc.boolean(),
      maintenance: fc.nat({ max: 5 }).map((n) => n === 0),
      barrier: fc.constantFrom([], [], [], ['pf3'], ['pf1']),
      namesNobody: fc.nat({ max: 5 }).map((n) => n === 0),
      setUpBegun: fc.nat({ max: 5 }).map((n) => n === 0),
      addresses: fc.subarray([addressOf(node), vip]),
    })
    .map(
      ({
        sql,
        runs,
        unit,
        autofix,
        view,
        grastate,
        newClusterFlags,
        beginsCluster,
        maintenance,
        barrier,
        namesNobody,
        setUpBegun,
        addresses,
      }) => {
        // A server that answers has a process.
        const processes = runs || sql.kind === 'answers' ? [{ pid: 200, name: 'mariadbd', args: '' }] : [];
        const { mariadb: _, ...others } = nodeSeen(node).units;
        const whole = nodeSeen(node, {
          host: { addresses },
          database: {
            sql,
            processes,
            newClusterFlags,
            beginsCluster,
            ...(view && { view }),
            ...(grastate && { grastate }),
          },
          flags: {
            maintenance,
            barrier,
            ...(namesNobody && { clusterConf: { sha256: '', differs: ['it has no cluster.conf'], namesNobody } }),
            ...(setUpBegun && { setUpBegun }),
          },
        });
        return { ...whole, units: { ...others, ...(unit && { mariadb: unit }), ...(autofix && { autofix }) } };
      },
    );

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

export const cluster = { name: 'hq', nodes: order };
export const off = (node: string): NodeSeen => ({ node, reachable: false, because: 'no route to host' });
export const well = order.map((node) => nodeSeen(node));
/** After a power cut: up again, waiting for the others. */
export const waiting = (node: string, parts: Partial<Reached['database']> = {}): Reached =>
  nodeSeen(node, {
    database: {
      sql: silent,
      view: viewOf(node),
      grastate: { uuid: clusterUuid, seqno: -1, safeToBootstrap: false },
      ...parts,
    },
    units: { mariadb: waitingUnit },
  });
export const held = (node: string, flags: Partial<Reached['flags']> = {}): Reached =>
  nodeSeen(node, { database: { sql: silent, processes: [] }, units: { mariadb: heldUnit }, flags });
export const replaced = (node: string, other: NodeSeen, all: readonly NodeSeen[] = well) =>
  all.map((one) => (one.node === node ? other : one));
