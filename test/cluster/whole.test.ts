import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeSeen } from '../../cluster/observation.js';
import { isPrimary } from '../../cluster/seen.js';
import { mayAutofixReturn, wholeAgain } from '../../cluster/whole.js';
import { order, uuidOf } from './generate.js';
import { addressOf, nearlyWell, nodeSeen, off, primary, replaced, vip, waitingUnit, well } from './nodes.js';

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
    expect(check(replaced('pf2', pf2))).toMatch(words);
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
      mayAutofixReturn({ order, seen: replaced('pf1', nodeSeen('pf1', { flags: { barrier: ['pf3'] } })) }).refusal,
    ).toMatch(/pf1 keeps a node out/);
  });
});
