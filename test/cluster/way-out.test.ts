import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeSeen } from '../../cluster/observation.js';
import { isPrimary } from '../../cluster/seen.js';
import { wayOut } from '../../cluster/way-out.js';
import { clusterUuid, order } from './generate.js';
import {
  cluster,
  heldUnit,
  looks,
  nodeSeen,
  off,
  primary,
  replaced,
  rewrittenView,
  silent,
  stoppedUnit,
  viewOf,
  waiting,
} from './nodes.js';

const member = { uuid: clusterUuid, seqno: 90, safeToBootstrap: false };

describe('the way out of an outage', () => {
  test('is refused while a node is Primary, and says who and what instead', () => {
    const { refusal } = wayOut({
      cluster,
      seen: replaced(
        'pf3',
        nodeSeen('pf3', {
          database: { sql: silent, processes: [], grastate: member },
          units: { mariadb: stoppedUnit },
        }),
      ),
    });
    expect(refusal).toBe(
      'pf1 and pf2 offer database service: a full recovery would discard live data. Nothing was touched. To bring pf3 back, start packetfence-mariadb there; where it does not join by itself: pfrunbook start join-node hq --node pf3',
    );
  });

  test('does not depend on the words in which a node is away: they may be others at the second look', () => {
    const found = (because: string) => {
      const { shown, ...rest } = wayOut({
        cluster,
        seen: [waiting('pf1'), waiting('pf2'), { node: 'pf3', reachable: false, because }],
      });
      expect(shown).toEqual([`pf3: ${because}`]);
      return rest;
    };
    expect(found('no route to host')).toEqual(found('port 22 did not answer within 8 s'));
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
      replaced(
        'pf3',
        waiting('pf3', { view: rewrittenView }),
        order.map((node) => waiting(node)),
      ),
    ],
    ['one node is absent', [waiting('pf1'), waiting('pf2'), off('pf3')]],
    [
      'a bootstrap flag is set',
      replaced(
        'pf2',
        waiting('pf2', { newClusterFlags: ['MARIADB_ARGS'] }),
        order.map((node) => waiting(node)),
      ),
    ],
    [
      'one node is in maintenance and would not start',
      replaced(
        'pf2',
        { ...waiting('pf2'), flags: { ...waiting('pf2').flags, maintenance: true } },
        order.map((node) => waiting(node)),
      ),
    ],
    [
      'one node is held by an earlier run',
      replaced(
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

  test('so is one beside which an earlier run left nodes held; what somebody else stopped is theirs', () => {
    const stopped = (owedGuards: Record<string, string>) =>
      wayOut({
        cluster,
        seen: replaced(
          'pf3',
          nodeSeen('pf3', {
            database: { sql: silent, processes: [], grastate: member },
            units: { mariadb: heldUnit },
            flags: { owedGuards },
          }),
        ),
      });
    const found = stopped({ 'hq_a.holdDatabase.pf3.sh': 'Let MariaDB start again on pf3' });
    expect(found).toMatchObject({ mode: 'bring back', barred: ['pf3'] });
    expect(found.refusal).toBeUndefined();
    expect(found.verdict).toContain('Held by an earlier run, and not started again: pf3.');
    expect(stopped({ 'hq_a.stopMonit.pf3.sh': 'Start monit on pf3' }).refusal).toMatch(/^pf1 and pf2 offer/);
  });

  test('so is one whose beginner was never restarted, beside others of the same view', () => {
    const began = (parts: Parameters<typeof primary>[0] = {}) =>
      nodeSeen('pf1', { database: { beginsCluster: true, sql: primary(parts) } });
    const found = wayOut({ cluster, seen: replaced('pf1', began()) });
    expect(found).toMatchObject({ mode: 'bring back', barred: [] });
    expect([found.refusal, found.verdict]).toEqual([
      undefined,
      expect.arrayContaining(['Not yet restarted since it began the cluster: pf1.']),
    ]);
    for (const seen of [
      replaced('pf1', began({ confId: 99 })), // two clusters: which of them it would join is not known
      [began({ clusterSize: 1 }), off('pf2'), off('pf3')], // alone it would lose the cluster
    ])
      expect(wayOut({ cluster, seen }).refusal).toMatch(/a full recovery would discard live data/);
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
    const seen = replaced(
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
