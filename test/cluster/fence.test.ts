import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fence, whyKeepHeld } from '../../cluster/fence.js';
import type { NodeSeen } from '../../cluster/observation.js';
import { isPrimary } from '../../cluster/seen.js';
import { order } from './generate.js';
import { held, heldUnit, looks, nodeSeen, off, silent, waitingUnit } from './nodes.js';

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

test('a hold is only taken back while no pair is DIFFERENT or UNKNOWN', () => {
  const pair = { lower: 'pf1', higher: 'pf2', because: 'of the test' };
  expect(whyKeepHeld([{ ...pair, kinship: 'SAME' }])).toBeUndefined();
  expect(whyKeepHeld([])).toBeUndefined();
  expect(whyKeepHeld([{ ...pair, kinship: 'UNKNOWN' }])).toMatch(/They stay held/);
  expect(whyKeepHeld([{ ...pair, kinship: 'DIFFERENT' }])).toMatch(/They stay held/);
});
