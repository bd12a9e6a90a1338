import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Condition, diagnose } from '../../cluster/diagnosis.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { wayOut } from '../../cluster/way-out.js';
import { wholeAgain } from '../../cluster/whole.js';
import { clusterUuid, order, uuidOf } from './generate.js';
import {
  addressOf,
  cluster,
  held,
  looks,
  nearlyWell,
  nodeSeen,
  off,
  primary,
  rewrittenView,
  silent,
  stoppedUnit,
  viewOf,
  vip,
  waiting,
  waitingUnit,
  well,
} from './nodes.js';

const look = (seen: readonly NodeSeen[], more: Partial<Parameters<typeof diagnose>[0]> = {}) =>
  diagnose({ cluster, seen, vips: [vip], ...more });
const crashed = { uuid: clusterUuid, seqno: -1, safeToBootstrap: false };
const down = (node: string, parts: Partial<Reached['database']> = {}) =>
  nodeSeen(node, {
    database: { sql: silent, processes: [], grastate: crashed, ...parts },
    units: { mariadb: stoppedUnit },
  });
const clean = (node: string, seqno: number, safeToBootstrap = false) =>
  down(node, { grastate: { uuid: clusterUuid, seqno, safeToBootstrap } });
const two = (node: string, parts: Parameters<typeof primary>[0] = {}) =>
  nodeSeen(node, { database: { sql: primary({ clusterSize: 2, incoming: ['pf1', 'pf2'].map(addressOf), ...parts }) } });
const adrift = (node: string) =>
  nodeSeen(node, { database: { sql: primary({ clusterStatus: 'non-Primary', state: 'Initialized', ready: false }) } });
const heldMember = (flags: Partial<Reached['flags']> = {}): Reached => {
  const seen = held('pf3', flags);
  return { ...seen, database: { ...seen.database, grastate: crashed } };
};
const leftHeld = heldMember({ owedGuards: { 'hq_a.holdDatabase.pf3.sh': 'Let MariaDB start again on pf3' } });
const recovery = 'pfrunbook start full-recovery hq';

test('of the side of a cut network that lost the quorum names every node, and what works there', () => {
  const { summary } = look([well[0], adrift('pf2'), adrift('pf3')].flatMap((one) => one ?? []));
  expect(summary).toBe(
    'pf1 is Primary. pf2 and pf3 run outside the cluster (non-Primary), read-only. There RADIUS answers with the roles that are stored, and keeps no new one; captive portal and DHCP listeners are off; the web interface changes the configuration only.',
  );
});

describe('a diagnosis names', () => {
  test.each<[Condition, string, readonly NodeSeen[], string | undefined]>([
    ['healthy', 'all is well', well, undefined],
    [
      'waiting for the whole view',
      'power cut, one node not back yet',
      [waiting('pf1'), waiting('pf2'), off('pf3')],
      undefined,
    ],
    ['waiting for the whole view', 'power cut, all back, forming now', order.map((node) => waiting(node)), undefined],
    [
      'waiting for the whole view',
      'power cut, all back, units stopped',
      order.map((node) => down(node, { view: viewOf(node) })),
      recovery,
    ],
    [
      'torn view',
      'power cut, one file emptied and rewritten',
      [waiting('pf1'), waiting('pf2'), waiting('pf3', { view: rewrittenView })],
      recovery,
    ],
    [
      'torn view',
      'power cut, one file emptied, its server not started',
      [waiting('pf1'), waiting('pf2'), down('pf3', { view: { bytes: 0, members: [] } })],
      recovery,
    ],
    ['torn view', 'power cut, one file gone', [waiting('pf1'), waiting('pf2'), down('pf3')], recovery],
    [
      'torn view',
      'one torn, one not back',
      [waiting('pf1'), off('pf2'), waiting('pf3', { view: rewrittenView })],
      recovery,
    ],
    [
      'all down gracefully',
      'stopped one after another',
      [clean('pf1', 100, true), clean('pf2', 99), clean('pf3', 98)],
      recovery,
    ],
    ['all down hard', 'no view left anywhere', order.map((node) => down(node)), recovery],
    [
      'all down hard',
      'the last one, alone, crashed',
      [
        clean('pf1', 90),
        clean('pf2', 95),
        down('pf3', { view: viewOf('pf3', { members: ['pf3'] }), grastate: { ...crashed, safeToBootstrap: true } }),
      ],
      recovery,
    ],
    ['quorum lost', 'one left, read-only', [adrift('pf1'), off('pf2'), off('pf3')], recovery],
    [
      'quorum lost',
      'clean, and the last one to stop is away',
      [clean('pf1', 90), clean('pf2', 95), off('pf3')],
      undefined,
    ],
    ['non-Primary but running', 'all run, none Primary', order.map(adrift), recovery],
    ['non-Primary but running', 'one cut off from the others', [two('pf1'), two('pf2'), adrift('pf3')], undefined],
    [
      'split brain',
      'two Primaries under one uuid',
      [
        two('pf1'),
        two('pf2'),
        nodeSeen('pf3', { database: { sql: primary({ clusterSize: 1, incoming: [addressOf('pf3')] }) } }),
      ],
      undefined,
    ],
    [
      'split brain',
      'each alone, no member lists',
      ['pf1', 'pf2', 'pf3'].map((node) =>
        nodeSeen(node, { database: { sql: primary({ clusterSize: 1, incoming: ['AUTO'] }) } }),
      ),
      undefined,
    ],
    [
      'split brain',
      'two uuids, all stopped',
      [
        clean('pf1', 9),
        clean('pf2', 9),
        down('pf3', { grastate: { uuid: uuidOf(7), seqno: 9, safeToBootstrap: false } }),
      ],
      undefined,
    ],
    [
      'max connections reached',
      'no login left',
      order.map((node) =>
        nodeSeen(node, { database: { sql: { kind: 'silent', because: 'ERROR 1040: Too many connections' } } }),
      ),
      undefined,
    ],
    [
      'unknown',
      'up, and silent',
      [nodeSeen('pf1', { database: { sql: silent } }), down('pf2'), down('pf3')],
      undefined,
    ],
    ['no node reachable', 'nothing answers', order.map(off), undefined],
    ['node down', 'one off', [two('pf1'), two('pf2'), off('pf3')], undefined],
    ['node down', 'one stopped', [two('pf1'), two('pf2'), clean('pf3', 5)], undefined],
    [
      'maintenance',
      'one in maintenance',
      [
        two('pf1'),
        two('pf2'),
        nodeSeen('pf3', {
          database: { sql: silent, processes: [] },
          units: { mariadb: stoppedUnit },
          flags: { maintenance: true, defaultTarget: 'multi-user.target' },
        }),
      ],
      undefined,
    ],
    [
      'node desynced',
      'one donor',
      [
        well[0] as NodeSeen,
        nodeSeen('pf2', { database: { sql: primary({ state: 'Donor/Desynced' }) } }),
        well[2] as NodeSeen,
      ],
      undefined,
    ],
    [
      'node detached',
      'one without Galera',
      [
        two('pf1'),
        two('pf2'),
        nodeSeen('pf3', {
          database: { sql: primary({ clusterStatus: 'standalone', stateUuid: '' }), grastate: crashed },
        }),
      ],
      undefined,
    ],
    [
      'stale bootstrap flag',
      'MARIADB_ARGS left',
      [nodeSeen('pf1', { database: { newClusterFlags: ['MARIADB_ARGS'] } }), ...well.slice(1)],
      undefined,
    ],
    [
      'guard owed',
      'autofix still masked',
      [
        nodeSeen('pf1', { flags: { owedGuards: { 'x.sh': 'Let galera-autofix work again on pf1' } } }),
        ...well.slice(1),
      ],
      undefined,
    ],
    [
      'barrier owed',
      'the absent one is still away',
      [
        ...['pf1', 'pf2'].map((node) => ({
          ...two(node),
          flags: nodeSeen(node, { flags: { barrier: ['pf3'] } }).flags,
        })),
        off('pf3'),
      ],
      undefined,
    ],
    [
      'barrier owed',
      'the absent one is back',
      [
        ...['pf1', 'pf2'].map((node) => ({
          ...two(node),
          flags: nodeSeen(node, { flags: { barrier: ['pf3'] } }).flags,
        })),
        down('pf3'),
      ],
      recovery,
    ],
    ['node down', 'a run left it held beside a living cluster', [two('pf1'), two('pf2'), leftHeld], recovery],
    [
      'stale bootstrap flag',
      'who began the cluster was never restarted',
      [nodeSeen('pf1', { database: { beginsCluster: true } }), ...well.slice(1)],
      recovery,
    ],
    [
      'node down',
      'who began the cluster is alone in it',
      [
        nodeSeen('pf1', { database: { beginsCluster: true, sql: primary({ clusterSize: 1, incoming: ['pf1'] }) } }),
        down('pf2'),
        down('pf3'),
      ],
      undefined,
    ],
    [
      'stale inventory',
      'a node calls itself otherwise',
      [nodeSeen('pf1', { host: { hostname: 'pf9' } }), ...well.slice(1)],
      undefined,
    ],
    [
      'VIP not served',
      'nobody holds it',
      [nodeSeen('pf1', { host: { addresses: [addressOf('pf1')] } }), ...well.slice(1)],
      undefined,
    ],
    [
      'service down',
      'an orphan serves beside its unit',
      [nodeSeen('pf1', { units: { mariadb: waitingUnit } }), ...well.slice(1)],
      undefined,
    ],
    [
      'clock differs',
      'an hour ahead',
      [...well.slice(0, 2), nodeSeen('pf3', { host: { clockAheadMs: 3_600_000 } })],
      undefined,
    ],
    [
      'little room',
      'no room for a copy',
      [
        ...well.slice(0, 2),
        nodeSeen('pf3', {
          database: { datadir: { path: '/var/lib/mysql', holdsData: true, usedBytes: 5e9, freeBytes: 1e9 } },
        }),
      ],
      undefined,
    ],
    [
      'wrong default target',
      'dead at the next boot',
      [...well.slice(0, 2), nodeSeen('pf3', { flags: { defaultTarget: 'multi-user.target' } })],
      undefined,
    ],
    [
      'mixed versions',
      'half upgraded',
      [...well.slice(0, 2), nodeSeen('pf3', { host: { version: '13.2.0' } })],
      undefined,
    ],
  ])('%s (%s)', (condition, _, seen, command) => {
    const found = look(seen);
    expect(found.condition).toBe(condition);
    expect(found.recommended?.command).toBe(command);
  });

  test('stale inventory where our cluster.conf and a node’s differ', () => {
    const flags = { clusterConf: { sha256: 'c0', differs: ['it does not name pf3'] } };
    expect(look([well[0], nodeSeen('pf2', { flags }), well[2]].flatMap((one) => one ?? [])).condition).toBe(
      'stale inventory',
    );
  });

  test('split brain where lineage was read and proves two histories', () => {
    const pairs = [
      { lower: 'pf1', higher: 'pf2', kinship: 'DIFFERENT', because: 'they hold different events at 9' } as const,
    ];
    expect(
      look(
        order.map((node) => down(node)),
        { pairs },
      ),
    ).toMatchObject({ condition: 'split brain' });
  });
});

describe('a diagnosis', () => {
  test('tells for whom a cluster waits that heals by itself', () => {
    expect(look([waiting('pf1'), waiting('pf2'), off('pf3')]).summary).toBe(
      'No node is Primary: pf1 and pf2 wait for 1 more member of the last view (not reachable: pf3). When all are up, the cluster forms by itself within seconds.',
    );
  });

  test('does not wait for a node that had been stopped cleanly before the others lost power', () => {
    const pair = ['pf1', 'pf2'];
    expect(
      look([waiting('pf1', { view: viewOf('pf1', { members: pair }) }), off('pf2'), clean('pf3', 50)]),
    ).toMatchObject({
      condition: 'waiting for the whole view',
      summary: expect.stringContaining('pf1 waits for 1 more member'),
    });
  });

  test('names the node whose view is lost, though its file was rewritten', () => {
    expect(look([waiting('pf1'), waiting('pf2'), waiting('pf3', { view: rewrittenView })]).summary).toMatch(
      /will never form again by itself: pf3 has lost the last view/,
    );
  });

  test.each([
    [
      'is awake on pf1, pf2 and pf3: about 10 minutes after the boot',
      'active',
      waiting('pf3', { view: rewrittenView }),
    ],
    ['is awake on pf1 and pf2: once pf3 answers again, and about 10 minutes', 'active', off('pf3')],
    [undefined, 'inactive', waiting('pf3', { view: rewrittenView })],
  ])('says until when galera-autofix lets a torn view be: %s', (words, active, pf3) => {
    const autofix = { active, enabled: 'enabled', mainPid: 0 };
    const torn = [waiting('pf1'), waiting('pf2', { view: rewrittenView }), pf3].map((one) =>
      one.reachable ? { ...one, units: { ...one.units, autofix } } : one,
    );
    const { condition, summary, wouldChange } = look(torn);
    expect(condition).toBe('torn view');
    if (words) expect(summary).toContain(words);
    else
      expect([summary, wouldChange[0]]).toEqual([
        expect.not.stringContaining('autofix'),
        expect.stringMatching(/^Nothing/),
      ]);
  });

  test('leaves the position of a node that stopped hard unknown, and to full-recovery', () => {
    expect(look(order.map((node) => down(node))).verdict).toContain(
      'pf1: stopped, position unknown, it stopped hard: only --wsrep-recover can tell, full-recovery will read it',
    );
  });

  test('says exactly where a cleanly stopped node stands', () => {
    expect(look([clean('pf1', 100, true), clean('pf2', 99), clean('pf3', 98)]).verdict).toContain(
      `pf2: stopped, position ${clusterUuid}:99`,
    );
  });

  test('says nothing in its verdict of numbers that move', () => {
    const later = well.map((one) => ({ ...one, database: { ...one.database, sql: primary({ lastCommitted: 999 }) } }));
    expect(look(later).verdict).toEqual(look(well).verdict);
  });

  test('takes two views of one cluster, read a moment apart, for one cluster', () => {
    const joining = [
      nodeSeen('pf1', {
        database: { sql: primary({ clusterSize: 2, confId: 2, incoming: ['pf1', 'pf2'].map(addressOf) }) },
      }),
      ...well.slice(1),
    ];
    expect(look(joining).condition).toBe('node desynced');
  });

  test.each([
    [leftHeld, `${recovery} judges it, and brings it back.`],
    [heldMember(), expect.stringContaining('somebody else masked its unit')],
  ])('names a node that is held, and who brings it back: case %#', (pf3, remedy) => {
    const [first] = look([two('pf1'), two('pf2'), pf3]).findings;
    expect(first).toMatchObject({ node: 'pf3', words: expect.stringContaining('is held'), remedy });
  });

  test('has a row for every node, as wide as the heading', () => {
    fc.assert(
      fc.property(looks, (seen) => {
        const { table } = look(seen);
        expect(table.map((row) => row.length)).toEqual([5, 5, 5, 5]);
        expect(table.slice(1).map(([node]) => node)).toEqual(order);
      }),
    );
  });

  test('recommends full-recovery only where full-recovery would not refuse', () => {
    fc.assert(
      fc.property(looks, (seen) => {
        if (look(seen).recommended?.runbook === 'full-recovery')
          expect(wayOut({ cluster, seen }).refusal).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('says healthy only where the cluster is whole', () => {
    fc.assert(
      fc.property(nearlyWell, (seen) => {
        if (look(seen).condition === 'healthy')
          expect(wholeAgain({ order, seen, expect: order, vips: [vip] }).refusal).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
