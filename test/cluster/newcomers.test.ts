/** What a diagnosis says of servers that are in no cluster yet, or not wholly: a recovery is no way for them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../cluster/diagnosis.js';
import { joining } from '../../cluster/joining.js';
import type { Lock } from '../../cluster/lock.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { outset } from '../../cluster/outset.js';
import type { Pair } from '../../cluster/recovery.js';
import { wayOut } from '../../cluster/way-out.js';
import { resultInWords } from '../../workflows/result.js';
import { clusterUuid, order, uuidOf } from './generate.js';
import {
  addressOf,
  cluster,
  held,
  heldUnit,
  looks,
  nodeSeen,
  off,
  primary,
  silent,
  stoppedUnit,
  viewOf,
  vip,
  waiting,
  waitingUnit,
} from './nodes.js';

const look = (seen: readonly NodeSeen[]) => diagnose({ cluster, seen, vips: [vip] });
const said = (seen: readonly NodeSeen[]): string =>
  resultInWords(look(seen))
    .flatMap(({ lines }) => lines)
    .join('\n');

const nobody = {
  clusterConf: { sha256: 'package', differs: ['it does not name pf1, pf2 and pf3'], namesNobody: true },
  defaultTarget: 'multi-user.target',
} as const;
const zeros = { uuid: '00000000-0000-0000-0000-000000000000', seqno: -1, safeToBootstrap: false };
const of = (uuid: string) => ({ uuid, seqno: -1, safeToBootstrap: false });
const alone = primary({ clusterStatus: 'standalone', state: '', stateUuid: '', clusterSize: 0, incoming: [] });
/** With PacketFence's packages, and a database of its own. */
const installed = (node: string, parts: Parameters<typeof nodeSeen>[1] = {}): Reached =>
  nodeSeen(node, {
    host: { addresses: [addressOf(node)] },
    ...parts,
    database: { sql: alone, ...parts.database },
    flags: { ...nobody, ...parts.flags },
  });
const disconnected = (node: string) =>
  installed(node, {
    database: {
      sql: primary({
        clusterStatus: 'Disconnected',
        state: 'Initialized',
        clusterSize: 0,
        stateUuid: '',
        ready: false,
      }),
      grastate: zeros,
    },
  });
/** A cluster of pf1 and pf2. */
const living = (...nodes: string[]) =>
  nodes.map((node) =>
    nodeSeen(node, {
      database: {
        sql: primary({ clusterSize: nodes.length, incoming: nodes.map(addressOf) }),
        grastate: of(clusterUuid),
      },
    }),
  );
/** Its database held by a run, as its note says. */
const heldBy = (run: string, node: string, { database, flags }: Parameters<typeof nodeSeen>[1] = {}): Reached =>
  nodeSeen(node, {
    host: { addresses: [addressOf(node)] },
    units: { mariadb: heldUnit },
    database: { sql: silent, processes: [], ...database },
    flags: { owedGuards: { [`${run}.holdDatabase.${node}.sh`]: `Let MariaDB start again on ${node}` }, ...flags },
  });

const wrongWays = /full-recovery|full copy|guards|Bring the copy|sync --as-master|set-default|systemctl/;

describe('three servers that are just installed', () => {
  test.each<[string, readonly NodeSeen[]]>([
    ['databases that run without Galera', order.map((node) => installed(node))],
    ['databases that are connected to nobody', order.map(disconnected)],
    [
      'no cluster.conf, databases stopped',
      order.map((node) =>
        installed(node, {
          database: { sql: silent, processes: [] },
          units: { mariadb: stoppedUnit },
          flags: { clusterConf: { sha256: '', differs: ['it has no cluster.conf'], namesNobody: true } },
        }),
      ),
    ],
    [
      'a cluster.conf that names them, put there by hand',
      order.map((node) => installed(node, { flags: { clusterConf: { sha256: 'c0', differs: [] } } })),
    ],
  ])('are no cluster yet: prepare-nodes, then setup-cluster (%s)', (_, seen) => {
    expect(look(seen)).toMatchObject({
      condition: 'no cluster yet',
      findings: [],
      wouldChange: [],
      recommended: { command: 'pfrunbook start prepare-nodes hq', next: 'pfrunbook start setup-cluster hq' },
    });
    expect(said(seen)).toMatch(/^pfrunbook start prepare-nodes hq\nthen pfrunbook start setup-cluster hq$/m);
  });

  test('beside others that are away: a cluster may live there, and nothing is recommended', () => {
    const { condition, summary, recommended } = look([installed('pf1'), off('pf2'), off('pf3')]);
    expect({ condition, recommended }).toEqual({ condition: 'unknown', recommended: undefined });
    expect(summary).toContain('whether a cluster lives there cannot be seen');
  });

  test('are told apart from members whose databases are detached', () => {
    const members = order.map((node) => installed(node, { database: { grastate: of(clusterUuid) } }));
    expect(look(members).condition).not.toBe('no cluster yet');
  });
});

describe('a set-up that was aborted', () => {
  const first = (sql = alone, grastate = zeros) =>
    nodeSeen('pf1', {
      database: { sql, grastate, ...(sql.clusterStatus === 'Primary' && { beginsCluster: true }) },
      flags: {
        setUpBegun: true,
        owedGuards: { 'hq_1.maskAutofix.pf1.sh': 'Let galera-autofix work again on pf1' },
      },
    });
  const begins = first(primary({ clusterSize: 1, incoming: ['pf1'] }), of(clusterUuid));
  const others = ['pf2', 'pf3'].map((node) =>
    heldBy('hq_1', node, { flags: { ...nobody, owedGuards: { 'hq_1.holdDatabase.x.sh': 'Let MariaDB start again' } } }),
  );
  const setUp = 'pfrunbook start setup-cluster hq';

  test.each<[string, readonly NodeSeen[]]>([
    ['before its new cluster', [first(), installed('pf2'), installed('pf3')]],
    ['after it', [begins, ...others]],
    [
      'after it, and the first was rebooted',
      [
        {
          ...first(alone, of(clusterUuid)),
          database: { ...first(alone, of(clusterUuid)).database, sql: silent, processes: [] },
          units: { mariadb: waitingUnit },
        },
        ...others,
      ],
    ],
    [
      'when one other had joined',
      [
        ...living('pf1', 'pf2').map((one) => (one.node === 'pf1' ? { ...one, flags: begins.flags } : one)),
        ...others.slice(1),
      ],
    ],
  ])('is gone on with %s, and never recovered', (_, seen) => {
    expect(look(seen)).toMatchObject({ condition: 'being set up', recommended: { command: setUp } });
    expect(said(seen)).not.toMatch(wrongWays);
    expect(wayOut({ cluster, seen }).refusal).toContain(`${setUp} goes on from there`);
  });

  test('and is seen to be done but for its end is told of, and hides nothing', () => {
    const [one, ...rest] = living('pf1', 'pf2', 'pf3');
    const noted = { ...(one as Reached), flags: { ...(one as Reached).flags, setUpBegun: true } };
    expect(look([noted, ...rest])).toMatchObject({
      condition: 'being set up',
      recommended: { command: setUp },
      wouldChange: [expect.stringMatching(`^${setUp} does what is left of it, such as to start on every server`)],
    });
    const less = look([noted, ...rest.slice(0, 1), off('pf3')]);
    expect([less.condition, less.recommended]).toEqual(['node down', undefined]);
    expect(less.findings).toContainEqual(expect.objectContaining({ remedy: `When every server serves: ${setUp}` }));
    const left = { ...noted, database: { ...noted.database, sql: primary({ clusterStatus: 'non-Primary' }) } };
    const lost = [left, off('pf2'), off('pf3')];
    expect(look(lost)).toMatchObject({ condition: 'quorum lost', recommended: { runbook: 'full-recovery' } });
    expect(wayOut({ cluster, seen: lost }).refusal).toBeUndefined();
  });

  test('that another run goes on with is left to it', () => {
    const lock = { run: 'hq/7', owner: 'a', host: 'h', epoch: 7, since: '2026-11-24T03:12:04.000Z', held: true };
    const seen = [begins, ...others].map((each) => ({ ...each, flags: { ...each.flags, lock } }));
    expect(look(seen)).toMatchObject({ condition: 'being set up', recommended: { command: 'pfrunbook watch hq/7' } });
    expect(said(seen)).not.toMatch(/Started again|full-recovery/);
    expect(said(seen)).toContain('gone for good: pfrunbook start setup-cluster hq --take-over hq/7');
  });

  test('needs every server', () => {
    const { condition, recommended, wouldChange } = look([begins, off('pf2'), ...others.slice(1)]);
    expect({ condition, recommended }).toEqual({ condition: 'being set up', recommended: undefined });
    expect(wouldChange).toEqual([`It needs every server: bring pf2 back, then ${setUp}`]);
  });

  test('in which others had joined, and nobody is Primary, is an outage like any other: the first alone may lack something', () => {
    const down = order.map((node) =>
      nodeSeen(node, {
        database: { sql: silent, processes: [], grastate: of(clusterUuid) },
        units: { mariadb: stoppedUnit },
        flags: { setUpBegun: node === 'pf1' },
      }),
    );
    expect(look(down).recommended?.command).toBe('pfrunbook start full-recovery hq');
    expect(wayOut({ cluster, seen: down }).refusal).toBeUndefined();
  });
});

describe('beside a living cluster', () => {
  const two = living('pf1', 'pf2');
  const join = 'pfrunbook start join-node hq --node pf3';
  const key = 'its host key has changed: known is ssh-ed25519 SHA256:a, shown is ssh-ed25519 SHA256:b';
  const empty = { path: '/d', holdsData: false, usedBytes: 0, freeBytes: 1e10 };
  const half = { clusterConf: { sha256: 'c0', differs: [] } };

  test.each<[string, NodeSeen]>([
    ['was installed anew', installed('pf3')],
    [
      'was installed anew, its database stopped',
      installed('pf3', { database: { sql: silent, processes: [] }, units: { mariadb: stoppedUnit } }),
    ],
    ['shows another host key', { node: 'pf3', reachable: false, because: key }],
    [
      'is held by a join that had brought cluster.conf only',
      heldBy('hq_2', 'pf3', { flags: { ...half, ...{ defaultTarget: 'multi-user.target' } } }),
    ],
    [
      'is held by a join that had set its data aside',
      heldBy('hq_2', 'pf3', { database: { datadir: empty }, flags: { heldByJoin: true } }),
    ],
  ])('a node that %s is joined', (_, pf3) => {
    const seen = [...two, pf3];
    const { condition, recommended, summary } = look(seen);
    expect(condition).toBe('not joined');
    expect(recommended).toEqual({ runbook: 'join-node', args: { node: 'pf3' }, command: join });
    expect(summary).toContain('pf3');
    expect(said(seen)).not.toMatch(/full-recovery|Bring the copy|sync --as-master|set-default|systemctl/);
  });

  test('a member that an earlier recovery left held, or kept out, is brought back by the next one', () => {
    const member = heldBy('hq_2', 'pf3', { database: { grastate: of(clusterUuid) } });
    expect(look([...two, member]).recommended?.command).toBe('pfrunbook start full-recovery hq');
    const emptied = heldBy('hq_2', 'pf3', { database: { datadir: empty } });
    expect(look([...two, emptied]).recommended?.command).toBe('pfrunbook start full-recovery hq');
    const walled = two.map((one) => ({ ...one, flags: { ...one.flags, barrier: ['pf3'] } }));
    expect(look([...walled, heldBy('hq_2', 'pf3')]).recommended?.command).toBe('pfrunbook start full-recovery hq');
  });

  test('a server that was installed anew behind a barrier is joined: nobody else gives it its configuration', () => {
    const walled = two.map((one) => ({ ...one, flags: { ...one.flags, barrier: ['pf3'] } }));
    for (const pf3 of [installed('pf3'), { node: 'pf3', reachable: false, because: key } as const]) {
      expect(look([...walled, pf3])).toMatchObject({ condition: 'barrier owed', recommended: { command: join } });
      expect(said([...walled, pf3])).not.toContain('full-recovery');
    }
  });

  test('another host key of a node that the cluster still counts is no reason to join it', () => {
    const three = living('pf1', 'pf2', 'pf3').slice(0, 2);
    const found = look([...three, { node: 'pf3', reachable: false, because: key }]);
    expect(found).toMatchObject({
      condition: 'node down',
      wouldChange: [expect.stringMatching(/still counts pf3.*look again in half a minute/)],
    });
    expect(found.recommended).toBeUndefined();
  });

  test('what join-node would refuse is told first, and it is not recommended', () => {
    const { recommended, wouldChange } = look([...two, installed('pf3', { host: { hostname: 'localhost' } })]);
    expect(recommended).toBeUndefined();
    expect(wouldChange[0]).toMatch(/^pf3 calls itself localhost/);
  });

  test('join-node is recommended only where it would not refuse', () => {
    fc.assert(
      fc.property(looks, (seen) => {
        const { runbook, args: { node = '' } = {} } = look(seen).recommended ?? {};
        if (runbook === 'join-node')
          expect(joining({ cluster, node, seen, hasLogin: true, even: true }).refusal).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('data of another cluster, beside one that lives', () => {
  const two = living('pf1', 'pf2');
  const another = of(uuidOf(7));
  const join = 'pfrunbook start join-node hq --node pf3';
  const named = { clusterConf: { sha256: 'c0', differs: [] }, defaultTarget: 'packetfence-cluster.target' };
  const stopped = { sql: silent, processes: [], grastate: another } as const;

  test.each<[string, Reached]>([
    ['on a server that is just installed', installed('pf3', { database: { grastate: another } })],
    [
      'on one that is just installed, and stopped',
      installed('pf3', { database: stopped, units: { mariadb: stoppedUnit } }),
    ],
    ['on one that a run left held', heldBy('hq_2', 'pf3', { database: { grastate: another } })],
    [
      'on one that somebody else holds',
      nodeSeen('pf3', { database: stopped, units: { mariadb: heldUnit }, flags: named }),
    ],
    ['on one that is stopped', nodeSeen('pf3', { database: stopped, units: { mariadb: stoppedUnit }, flags: named })],
    ['on one that runs without Galera', installed('pf3', { database: { grastate: another }, flags: named })],
  ])('is no split brain %s: join-node asks before that is set aside', (_, pf3) => {
    const found = look([...two, pf3]);
    expect(found.condition).toBe('not joined');
    expect(found.recommended).toEqual({ runbook: 'join-node', args: { node: 'pf3' }, command: join });
    const whose = pf3.flags.clusterConf.namesNobody ? 'a cluster of its own' : 'another cluster';
    expect(found.summary).toContain(`of ${whose} (${uuidOf(7)})`);
    expect(said([...two, pf3])).not.toMatch(/split brain|full-recovery|systemctl|joins? (again|the cluster that runs)/);
  });

  test('is one where it serves on its own, or could: a server that waits for its own peers', () => {
    const alive = primary({ stateUuid: uuidOf(7), clusterSize: 1, incoming: [addressOf('pf3')] });
    for (const sql of [alive, { ...alive, clusterStatus: 'non-Primary' }, silent]) {
      const pf3 = nodeSeen('pf3', { database: { sql, grastate: another }, units: { mariadb: waitingUnit } });
      expect(look([...two, pf3])).toMatchObject({ condition: 'split brain' });
    }
  });

  test.each<[string, readonly string[], Partial<Reached['flags']>]>([
    ['by mistake', ['pf2', 'pf3'], {}],
    ['just installed', ['pf2', 'pf3'], nobody],
    ['by mistake, and one other is seen', ['pf2'], {}],
  ])(
    'is one where one server alone began a cluster (%s): what the others hold may be all there is',
    (_, others, flags) => {
      const sql = primary({ stateUuid: uuidOf(7), clusterSize: 1, incoming: [addressOf('pf1')] });
      const seen = [
        nodeSeen('pf1', { database: { sql, grastate: another }, flags }),
        ...others.map((node) =>
          nodeSeen(node, { database: { ...stopped, grastate: of(clusterUuid) }, units: { mariadb: stoppedUnit } }),
        ),
      ];
      const found = look(seen);
      expect([found.condition, found.recommended]).toEqual(['split brain', undefined]);
      expect(found.summary).toContain('start no database');
      const { refusal } = wayOut({ cluster, seen });
      expect(refusal).toContain(
        `${others.length > 1 ? 'pf2 and pf3 hold' : 'pf2 holds'} the data of another cluster: start no database there.`,
      );
      for (const node of others) expect(refusal).not.toContain(`--node ${node}`); // nor to be started: it would be overwritten
    },
  );

  test('several that are missing are told apart from the commands for them', () => {
    const seen = [...living('pf1'), installed('pf2'), installed('pf3')];
    expect(wayOut({ cluster, seen }).refusal).toContain('join-node hq --node pf2; pf3 is not in the cluster');
  });

  test('behind a barrier is judged by the recovery, and joined where the server has no configuration', () => {
    const walled = two.map((one) => ({ ...one, flags: { ...one.flags, barrier: ['pf3'] } }));
    const member = heldBy('hq_2', 'pf3', { database: { grastate: another } });
    expect(look([...walled, member]).recommended?.command).toBe('pfrunbook start full-recovery hq');
    const bare = installed('pf3', { database: { grastate: another } });
    expect(look([...walled, bare]).recommended?.command).toBe(join);
  });
});

describe('in an outage', () => {
  const crashed = (node: string, database: Partial<Reached['database']> = {}) =>
    nodeSeen(node, {
      database: { sql: silent, processes: [], grastate: of(clusterUuid), ...database },
      units: { mariadb: stoppedUnit },
    });
  const another = { database: { sql: silent, processes: [], grastate: { ...of(uuidOf(7)), seqno: 4 } } };
  const recovery = 'pfrunbook start full-recovery hq';
  const join = 'pfrunbook start join-node hq --node pf3';

  test.each<[string, Reached]>([
    ['with nothing', installed('pf3')],
    ['with a cluster of its own', installed('pf3', { ...another, units: { mariadb: stoppedUnit } })],
  ])('a server that is just installed, %s, is joined afterwards, and no second history', (_, pf3) => {
    const seen = [crashed('pf1'), crashed('pf2'), pf3];
    expect(look(seen)).toMatchObject({
      condition: 'all down hard',
      recommended: { command: recovery, next: join },
    });
    const pairs = ['pf1', 'pf2'].map((higher) => ({
      ...{ lower: 'pf3', higher, kinship: 'DIFFERENT', because: 'two clusters' },
    })) as readonly Pair[];
    expect(diagnose({ cluster, seen, vips: [vip], pairs }).condition).toBe('all down hard');
    const way = wayOut({ cluster, seen });
    expect([way.mode, way.refusal, way.outside]).toEqual([
      'recover',
      undefined,
      [{ node: 'pf3', namesNobody: true, join }],
    ]);
    expect(outset({ cluster, seen }).sameCluster).toBe(true);
  });

  test('one whose cluster.conf names the cluster has a say: nobody can tell whose data is the cluster’s', () => {
    const seen = [crashed('pf1'), crashed('pf2'), crashed('pf3', { grastate: of(uuidOf(7)) })];
    expect(look(seen).condition).toBe('split brain');
  });

  test('two that hold data of one cluster are none of their own, wherever their cluster.conf went', () => {
    const seen = [crashed('pf1'), ...['pf2', 'pf3'].map((node) => installed(node, another))];
    expect(look(seen).condition).toBe('split brain');
    expect(wayOut({ cluster, seen }).outside).toBeUndefined();
  });

  test('what one names that its cluster had thrown out is asked about: a node that we do not know could be Primary', () => {
    const thrown = installed('pf3', {
      database: { grastate: zeros },
      flags: { clusterConf: { sha256: 'c1', differs: ['pf4 is only in the node’s'] } },
    });
    const { sameCluster, verdict } = outset({ cluster, seen: [crashed('pf1'), crashed('pf2'), thrown] });
    expect([sameCluster, verdict.at(-1)]).toEqual([false, 'pf3: pf4 is only in the node’s.']);
  });

  test('one that knows the last view with the others is started with nobody: its cluster.conf is lost, and its data is read', () => {
    const knows = (node: string, parts: Parameters<typeof nodeSeen>[1] = {}) =>
      nodeSeen(node, {
        database: { sql: silent, processes: [], view: viewOf(node), ...parts.database },
        units: { mariadb: stoppedUnit },
        ...(parts.flags && { flags: parts.flags }),
      });
    expect(wayOut({ cluster, seen: order.map((node) => knows(node)) }).mode).toBe('heal');
    const seen = [knows('pf1'), knows('pf2'), knows('pf3', { flags: nobody })];
    expect(wayOut({ cluster, seen })).toMatchObject({ mode: 'recover', outside: [{ node: 'pf3' }] });
  });

  test('who was destroyed is not waited for', () => {
    const back = ['pf1', 'pf2'].map((node) => waiting(node));
    expect(look([...back, off('pf3')]).recommended).toBeUndefined();
    expect(look([...back, installed('pf3')])).toMatchObject({
      condition: 'torn view',
      summary: expect.stringContaining('pf3 holds nothing of the cluster any more'),
      recommended: { command: recovery, next: join },
    });
    const [one] = back;
    expect(look([one as Reached, off('pf2'), installed('pf3')]).condition).toBe('torn view');
    const pair = waiting('pf1', { view: viewOf('pf1', { members: ['pf1', 'pf2'] }) });
    expect(look([pair, off('pf2'), installed('pf3')]).condition).toBe('waiting for the whole view');
  });

  test('half of those that were members away: only a named decision goes on', () => {
    expect(wayOut({ cluster, seen: [crashed('pf1'), off('pf2'), installed('pf3')] }).goOn).toBeUndefined();
  });

  test('where only new servers are seen, a recovery has nothing to do, and holds none of them', () => {
    const fresh = order.map((node) => installed(node));
    expect(wayOut({ cluster, seen: fresh }).refusal).toBe(
      'pf1, pf2 and pf3 were never in a cluster: there is nothing to recover. Nothing was touched. To make a cluster of them: pfrunbook start prepare-nodes hq, then pfrunbook start setup-cluster hq',
    );
    expect(wayOut({ cluster, seen: [installed('pf1'), off('pf2'), off('pf3')] }).refusal).toContain(
      'Bring pf2 and pf3 back first',
    );
    const named = { clusterConf: { sha256: 'c0', differs: [] } };
    const thrownOut = installed('pf1', { database: { grastate: zeros }, flags: named }); // or never in it: its data tells
    expect(wayOut({ cluster, seen: [thrownOut, off('pf2'), off('pf3')] }).refusal).toBeUndefined();
  });
});

test('a recovery beside a living cluster leaves to join-node what it could not give its configuration, and says so', () => {
  const seen = [...living('pf1', 'pf2'), heldBy('hq_2', 'pf3', { flags: nobody })];
  expect(wayOut({ cluster, seen }).refusal).toBe(
    'pf1 and pf2 offer database service: a full recovery would discard live data. Nothing was touched. pf3 is not in the cluster: pfrunbook start join-node hq --node pf3',
  );
});

test('a new server has no say in how the cluster went down', () => {
  const down = ['pf1', 'pf2'].map((node) =>
    nodeSeen(node, {
      database: { sql: silent, processes: [], grastate: of(clusterUuid) },
      units: { mariadb: stoppedUnit },
    }),
  );
  const { condition, summary, findings } = look([...down, installed('pf3')]);
  expect(condition).toBe('all down hard');
  expect(summary).not.toContain('pf3');
  expect(findings).toContainEqual({
    condition: 'not joined',
    node: 'pf3',
    words: 'pf3 is just installed: its cluster.conf names no server.',
    remedy: 'When the cluster serves again: pfrunbook start join-node hq --node pf3',
  });
});

describe('while a run is open', () => {
  const lock: Lock = {
    run: 'hq/7',
    owner: 'anna',
    host: 'ops1',
    epoch: 7,
    since: '2026-11-24T03:12:04.000Z',
    held: true,
  };
  const locked = (one: Reached, flags: Partial<Reached['flags']> = {}): Reached => ({
    ...one,
    flags: { ...one.flags, lock, ...flags },
  });
  const barred = (file: (node: string) => string) =>
    living('pf1', 'pf2').map((one) =>
      locked(one, {
        barrier: ['pf3'],
        owedGuards: { [file(one.node)]: 'Let pf3 in again', [`hq_7.stopMonit.${one.node}.sh`]: 'Start monit' },
      }),
    );

  test('no other is to be started, and its own barrier is its own', () => {
    const seen = [...barred((node) => `hq_7.keepOut-pf3.${node}.sh`), off('pf3')];
    const { recommended, wouldChange, findings, condition } = look(seen);
    expect(condition).toBe('run open');
    expect(recommended).toEqual({ command: 'pfrunbook watch hq/7' });
    expect(wouldChange).toEqual(['What hq/7 does: look again when it has ended.']);
    expect(findings[0]?.words).toBe('pf1 and pf2 keep pf3 out: hq/7, which is open, goes on without it.');
    // A recovery beside two that serve would only be refused.
    expect(said(seen)).toMatch(/gone for good: start the same runbook again, with --take-over hq\/7 --reason/);
    expect(said(seen).replace(/^.*gone for good:.*$/m, '')).not.toMatch(/pfrunbook (start|guards)/);
  });

  test('a barrier of an earlier one is told as that', () => {
    const { findings } = look([...barred((node) => `hq_3.keepOut-pf3.${node}.sh`), off('pf3')]);
    expect(findings[0]).toEqual({
      condition: 'barrier owed',
      node: 'pf3',
      words: 'pf1 and pf2 keep pf3 out: an earlier recovery went on without it.',
    });
  });

  test('an outage names no other run either', () => {
    const seen = order.map((node) =>
      locked(held(node, { owedGuards: { [`hq_7.holdDatabase.${node}.sh`]: 'Let MariaDB start again' } })),
    );
    expect(said(seen).replace(/^.*gone for good:.*$/m, '')).not.toMatch(/pfrunbook (start|guards)/);
  });
});

test('each sentence is said once', () => {
  fc.assert(
    fc.property(looks, (seen) => {
      const lines = resultInWords(look(seen)).flatMap((section) => section.lines);
      expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
