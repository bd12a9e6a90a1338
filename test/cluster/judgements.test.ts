import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bringBack } from '../../cluster/bring-back.js';
import { fence, mayRelease } from '../../cluster/fence.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { dialectOf } from '../../cluster/running-version.js';
import { isPrimary } from '../../cluster/seen.js';
import { wayOut } from '../../cluster/way-out.js';
import { mayAutofixReturn, wholeAgain } from '../../cluster/whole.js';
import {
  addressOf,
  clusterUuid,
  heldUnit,
  looks,
  nearlyWell,
  nodeSeen,
  order,
  primary,
  rewrittenView,
  silent,
  stoppedUnit,
  uuidOf,
  viewOf,
  vip,
  waitingUnit,
} from './generate.js';

const cluster = { name: 'hq', nodes: order };
const off = (node: string): NodeSeen => ({ node, reachable: false, because: 'no route to host' });
const well = order.map((node) => nodeSeen(node));
/** After a power cut: up again, waiting for the others. */
const waiting = (node: string, parts: Partial<Reached['database']> = {}): Reached =>
  nodeSeen(node, {
    database: {
      sql: silent,
      view: viewOf(node),
      grastate: { uuid: clusterUuid, seqno: -1, safeToBootstrap: false },
      ...parts,
    },
    units: { mariadb: waitingUnit },
  });
const held = (node: string, flags: Partial<Reached['flags']> = {}): Reached =>
  nodeSeen(node, { database: { sql: silent, processes: [] }, units: { mariadb: heldUnit }, flags });
const with_ = (node: string, other: NodeSeen, all: readonly NodeSeen[] = well) =>
  all.map((one) => (one.node === node ? other : one));

describe('the way out of an outage', () => {
  test('is refused while a node is Primary, and says who and what instead', () => {
    const { refusal } = wayOut({
      cluster,
      seen: with_(
        'pf3',
        nodeSeen('pf3', { database: { sql: silent, processes: [] }, units: { mariadb: stoppedUnit } }),
      ),
    });
    expect(refusal).toBe(
      'pf1 and pf2 offer database service: a full recovery would discard live data. Nothing was touched. To bring pf3 back, use join-node.',
    );
  });

  test('discards nothing where every node is here and knows the same view', () => {
    expect(wayOut({ cluster, seen: order.map((node) => waiting(node)) })).toMatchObject({
      mode: 'heal',
      goOn: 'go',
      present: order,
      absent: [],
    });
  });

  test.each<[string, readonly NodeSeen[]]>([
    [
      'one view is torn',
      with_(
        'pf3',
        waiting('pf3', { view: rewrittenView }),
        order.map((node) => waiting(node)),
      ),
    ],
    ['one node is absent', [waiting('pf1'), waiting('pf2'), off('pf3')]],
    [
      'a bootstrap flag is set',
      with_(
        'pf2',
        waiting('pf2', { newClusterFlags: ['MARIADB_ARGS'] }),
        order.map((node) => waiting(node)),
      ),
    ],
    [
      'one node is in maintenance and would not start',
      with_(
        'pf2',
        { ...waiting('pf2'), flags: { ...waiting('pf2').flags, maintenance: true } },
        order.map((node) => waiting(node)),
      ),
    ],
    [
      'one node is held by an earlier run',
      with_(
        'pf2',
        { ...waiting('pf2'), units: { mariadb: heldUnit } },
        order.map((node) => waiting(node)),
      ),
    ],
    [
      'only the last one crashed, alone',
      [
        nodeSeen('pf1', {
          database: { sql: silent, processes: [], grastate: { uuid: clusterUuid, seqno: 90, safeToBootstrap: false } },
          units: { mariadb: stoppedUnit },
        }),
        nodeSeen('pf2', {
          database: { sql: silent, processes: [], grastate: { uuid: clusterUuid, seqno: 95, safeToBootstrap: false } },
          units: { mariadb: stoppedUnit },
        }),
        waiting('pf3', { view: viewOf('pf3', { members: ['pf3'] }) }),
      ],
    ],
  ])('is a recovery where %s', (_, seen) => {
    expect(wayOut({ cluster, seen })).toMatchObject({ mode: 'recover' });
    expect(wayOut({ cluster, seen }).refusal).toBeUndefined();
  });

  test('an absent node needs a person’s word; where half are absent, a named one', () => {
    expect(wayOut({ cluster, seen: [waiting('pf1'), waiting('pf2'), off('pf3')] })).toMatchObject({
      absent: ['pf3'],
      goOn: 'go',
      choices: { go: 'pf3 is off or cabled out, and will stay so: I made sure' },
    });
    expect(wayOut({ cluster, seen: [waiting('pf1'), off('pf2'), off('pf3')] }).goOn).toBeUndefined();
  });

  test('a living cluster that keeps a node out is finished: only that node comes back', () => {
    const survivors = ['pf1', 'pf2'].map((node) => nodeSeen(node, { flags: { barrier: ['pf3'] } }));
    const found = wayOut({
      cluster,
      seen: [
        ...survivors,
        nodeSeen('pf3', { database: { sql: silent, processes: [] }, units: { mariadb: stoppedUnit } }),
      ],
    });
    expect(found).toMatchObject({ mode: 'bring back', barred: ['pf3'] });
    expect(found.refusal).toBeUndefined();
    expect(wayOut({ cluster, seen: [...survivors, off('pf3')] }).refusal).toMatch(/^pf3 is still not reachable/);
    expect(wayOut({ cluster, seen: [...survivors, nodeSeen('pf3')] }).refusal).toMatch(
      /pf3 is Primary on the other side of the barrier/,
    );
  });

  // Design 7.5
  test('nobody is brought back while a copy is under way', () => {
    const survivors = ['pf1', 'pf2'].map((node) => nodeSeen(node, { flags: { barrier: ['pf3'] } }));
    const pf3 = nodeSeen('pf3', {
      database: { sql: silent, processes: [{ pid: 2, name: 'wsrep_sst_mariab', args: '' }] },
      units: { mariadb: stoppedUnit },
    });
    expect(wayOut({ cluster, seen: [...survivors, pf3] }).refusal).toMatch(/^pf3 is in the middle of a full copy/);
  });

  test('a server that came up and is silent now may be Primary: refused', () => {
    const seen = with_(
      'pf2',
      nodeSeen('pf2', { database: { sql: { kind: 'silent', because: 'Too many connections' } } }),
      order.map((node) => waiting(node)),
    );
    expect(wayOut({ cluster, seen }).refusal).toMatch(
      /^pf2 runs a server that came up and does not answer now \(Too many connections\): it may be Primary/,
    );
  });

  // Design 7.3a
  test('whatever is seen, no recovery is offered while a node is Primary', () => {
    fc.assert(
      fc.property(looks, (seen) => {
        const { mode, refusal } = wayOut({ cluster, seen });
        if (seen.some(isPrimary) && mode !== 'bring back') expect(refusal).toBeDefined();
      }),
    );
  });

  test('whatever is seen, healing by itself is only offered where every node holds the same view', () => {
    fc.assert(
      fc.property(looks, (seen) => {
        if (wayOut({ cluster, seen }).mode !== 'heal') return;
        expect(new Set(seen.map((one) => (one.reachable ? one.database.view?.viewId : 'away'))).size).toBe(1);
      }),
    );
  });
});

describe('the fence', () => {
  test('stands where every present node is held', () => {
    const found = fence({ seen: [held('pf1'), held('pf2'), off('pf3')], present: ['pf1', 'pf2'] });
    expect(found.refusal).toBeUndefined();
    expect(found.verdict).toEqual(['pf1 and pf2 are held, and no node is Primary.']);
  });

  test.each<[RegExp, readonly NodeSeen[]]>([
    [/pf2 is Primary/, [held('pf1'), nodeSeen('pf2'), off('pf3')]],
    [
      /pf2 is not held: mariadbd \(process 200\) runs/,
      [held('pf1'), nodeSeen('pf2', { database: { sql: silent }, units: { mariadb: heldUnit } }), off('pf3')],
    ],
    [
      /pf2 is not held: its database unit is masked-runtime, not masked/,
      [
        held('pf1'),
        nodeSeen('pf2', {
          database: { sql: silent, processes: [] },
          units: { mariadb: { ...heldUnit, enabled: 'masked-runtime' } },
        }),
        off('pf3'),
      ],
    ],
    [/pf2 was held and cannot be seen any more/, [held('pf1'), off('pf2'), off('pf3')]],
    [/pf3 was absent and answers now/, [held('pf1'), held('pf2'), held('pf3')]],
    [
      /bootstrap flag is set on pf2 \(MARIADB_ARGS\)/,
      [
        held('pf1'),
        { ...held('pf2'), database: { ...held('pf2').database, newClusterFlags: ['MARIADB_ARGS'] } },
        off('pf3'),
      ],
    ],
    [
      /galera-autofix works on pf1/,
      [{ ...held('pf1'), units: { ...held('pf1').units, autofix: waitingUnit } }, held('pf2'), off('pf3')],
    ],
  ])('does not stand: %s', (words, seen) => {
    expect(fence({ seen, present: ['pf1', 'pf2'] }).refusal).toMatch(words);
  });

  // Design 7.3b and c
  test('whatever is seen, where it stands no node is Primary, every present one is held, and nobody else can begin', () => {
    fc.assert(
      fc.property(looks, fc.subarray([...order], { minLength: 1 }), (seen, present) => {
        if (fence({ seen, present }).refusal) return;
        expect(seen.some(isPrimary)).toBe(false);
        for (const one of seen) {
          expect(one.reachable).toBe(present.includes(one.node));
          if (!one.reachable) continue;
          expect([one.units.mariadb?.enabled, one.database.processes, one.database.newClusterFlags]).toEqual([
            'masked',
            [],
            [],
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the cluster whole again', () => {
  const check = (seen: readonly NodeSeen[], expectNodes: readonly string[] = order) =>
    wholeAgain({ order, seen, expect: expectNodes, vips: [vip] }).refusal;

  test('is every node Primary, Synced, of one view, and the VIP served once', () => {
    expect(check(well)).toBeUndefined();
  });

  test.each<[RegExp, NodeSeen]>([
    [/^pf2 cannot be seen: no route to host\.$/, off('pf2')],
    [/^pf2: Donor\/Desynced\.$/, nodeSeen('pf2', { database: { sql: primary({ state: 'Donor/Desynced' }) } })],
    [/^pf2: in a cluster of 1, not 3\./, nodeSeen('pf2', { database: { sql: primary({ clusterSize: 1 }) } })],
    [/^pf2: read-only\.$/, nodeSeen('pf2', { database: { sql: primary({ readOnly: true }) } })],
    [/2 clusters/, nodeSeen('pf2', { database: { sql: primary({ stateUuid: uuidOf(7) }) } })],
    [/not hold the same view/, nodeSeen('pf2', { database: { sql: primary({ confId: 9 }) } })],
    [/^pf2: its database unit is activating\.$/, nodeSeen('pf2', { units: { mariadb: waitingUnit } })],
    [/pf1 and pf2 serve 192.0.2.10 at once/, nodeSeen('pf2', { host: { addresses: [addressOf('pf2'), vip] } })],
  ])('is not: %s', (words, pf2) => {
    expect(check(with_('pf2', pf2))).toMatch(words);
  });

  test('leaves out the node that was absent', () => {
    const two = primary({ clusterSize: 2 });
    expect(
      check(
        [nodeSeen('pf1', { database: { sql: two } }), nodeSeen('pf2', { database: { sql: two } }), off('pf3')],
        ['pf1', 'pf2'],
      ),
    ).toBeUndefined();
  });

  // Design 4, guards: it wipes a node whose peers are Primary.
  test('galera-autofix returns only where every node of the cluster is well and nobody is kept out', () => {
    fc.assert(
      fc.property(nearlyWell, (seen) => {
        if (mayAutofixReturn({ order, seen }).refusal) return;
        for (const one of seen) expect(isPrimary(one) && one.reachable && one.flags.barrier.length === 0).toBe(true);
      }),
    );
    expect(mayAutofixReturn({ order, seen: well }).refusal).toBeUndefined();
    expect(
      mayAutofixReturn({ order, seen: with_('pf1', nodeSeen('pf1', { flags: { barrier: ['pf3'] } })) }).refusal,
    ).toMatch(/pf1 keeps a node out/);
  });
});

describe('a node that comes back to a living cluster', () => {
  const pf3 = {
    node: 'pf3',
    position: { node: 'pf3', kind: 'known', uuid: clusterUuid, seqno: 50 },
    before: {},
    touched: [],
    seal: { bootId: 'b', stamps: {} },
  } as const;
  const living = nodeSeen('pf1', { database: { sql: primary({ lastCommitted: 100, cachedDownTo: 40 }) } });
  const caches = (theirs: string) => [
    { node: 'pf3', events: { 50: 'T a/1/1/1' }, views: [], ranges: [] },
    { node: 'pf1', events: { 50: theirs }, views: [], ranges: [] },
  ];

  test('by IST where it holds the same event and the cache reaches back', () => {
    expect(bringBack({ node: pf3, living, caches: caches('T a/1/1/1') })).toMatchObject({ way: 'IST', goOn: 'rejoin' });
  });

  test('by a full copy, still by approval, where only the cache is too short: all that it holds is here', () => {
    const short = nodeSeen('pf1', { database: { sql: primary({ lastCommitted: 100, cachedDownTo: 52 }) } });
    expect(bringBack({ node: pf3, living: short, caches: caches('T a/1/1/1') })).toMatchObject({
      way: 'full copy',
      goOn: 'rejoin',
    });
  });

  test.each([
    ['T b/1/1/1', 'DIFFERENT'],
    ['? ambiguous', 'UNKNOWN'],
  ])('by a named decision where the histories are not one (%s)', (theirs, kinship) => {
    const found = bringBack({ node: pf3, living, caches: caches(theirs) });
    expect(found.way).toBe('full copy');
    expect(found.goOn).toBeUndefined();
    expect(found.verdict[1]).toContain(kinship);
  });

  test('ahead of the cluster, it holds something that the cluster does not', () => {
    const ahead = { ...pf3, position: { ...pf3.position, seqno: 120 } };
    const found = bringBack({
      node: ahead,
      living,
      caches: [
        { node: 'pf3', events: { 100: 'T a/1/1/1' }, views: [], ranges: [] },
        { node: 'pf1', events: { 100: 'T a/1/1/1' }, views: [], ranges: [] },
      ],
    });
    expect(found.way).toBe('full copy');
    expect(found.goOn).toBeUndefined();
  });
});

test('a hold is only taken back while no pair is DIFFERENT or UNKNOWN', () => {
  const pair = { lower: 'pf1', higher: 'pf2', because: 'of the test' };
  expect(mayRelease({ pairs: [{ ...pair, kinship: 'SAME' }] }).refusal).toBeUndefined();
  expect(mayRelease({ pairs: [] }).refusal).toBeUndefined();
  expect(mayRelease({ pairs: [{ ...pair, kinship: 'UNKNOWN' }] }).refusal).toMatch(/They stay held/);
  expect(mayRelease({ pairs: [{ ...pair, kinship: 'DIFFERENT' }] }).refusal).toMatch(/They stay held/);
});

describe('the dialect', () => {
  const versions = (...all: string[]) =>
    dialectOf({ seen: order.map((node, i) => nodeSeen(node, { host: { version: all[i] ?? all[0] ?? '' } })) });

  test('is that of the one version on all reachable nodes', () => {
    expect(versions('14.0.0')).toMatchObject({
      dialect: { name: '14.0', proof: 'proved', units: { mariadb: 'packetfence-mariadb' } },
    });
    expect(versions('14.0.0').refusal).toBeUndefined();
  });

  test.each([
    [['14.0.0', '13.2.0'], /do not run one version: pf1 14.0.0 \(debian\), pf2 13.2.0/],
    [['15.0.0'], /15.0.0 on debian is not known/],
    [[''], /no PacketFence on debian is not known/],
  ])('is refused for %s', (all, words) => {
    expect(versions(...all).refusal).toMatch(words);
  });
});
