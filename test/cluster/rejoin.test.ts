import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgePairs } from '../../cluster/lineage.js';
import { waysToRejoin } from '../../cluster/rejoin.js';
import { leadsTo, order, type World, worlds } from './generate.js';
import { at, pairs } from './read.js';

describe('rejoining', () => {
  const rejoin = (
    world: Pick<World, 'recovered' | 'caches'>,
    keep: string,
    more: { resyncFromScratch?: boolean } = {},
  ) =>
    waysToRejoin({
      order,
      keep,
      recovered: world.recovered,
      caches: world.caches,
      pairs: judgePairs({ order, ...world }),
      ...more,
    });

  // Design 7.6
  test('IST is only for a history that leads to the kept one, and whose gap the kept cache holds', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...order), (world, keep) => {
        for (const { node, way } of rejoin(world, keep)) {
          if (way !== 'IST') continue;
          expect(leadsTo(world, node, keep)).toBe(true);
          const { ranges = [] } = world.caches.find((cache) => cache.node === keep) ?? {};
          const [from, to] = [(world.histories.get(node)?.length ?? 0) + 1, world.histories.get(keep)?.length ?? 0];
          for (let seqno = from; seqno <= to; seqno++)
            expect(ranges.some(([first, last]) => first <= seqno && seqno <= last)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('every node that was read comes back, in the order of cluster.conf, and the kept one is not among them', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...order), (world, keep) => {
        expect(rejoin(world, keep).map(({ node }) => node)).toEqual(order.filter((node) => node !== keep));
      }),
    );
  });

  test('asked for from scratch, every node takes a full copy', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...order), (world, keep) => {
        expect(rejoin(world, keep, { resyncFromScratch: true }).every(({ way }) => way === 'full copy')).toBe(true);
      }),
    );
  });

  const three = [at('pf1', 10), at('pf2', 12), at('pf3', 10)];
  const caches = (from: number) => [{ node: 'pf2', events: {}, views: [], ranges: [[from, 12]] as const }];
  const ways = (facts: Partial<Parameters<typeof waysToRejoin>[0]>) =>
    waysToRejoin({ order, keep: 'pf2', recovered: three, pairs: pairs('SAME'), caches: caches(11), ...facts }).map(
      ({ way }) => way,
    );

  test('proven, behind, and the cache holds the gap: IST', () => {
    expect(ways({})).toEqual(['IST', 'IST']);
  });

  test('the cache begins one event too late: full copy', () => {
    expect(ways({ caches: caches(12) })).toEqual(['full copy', 'full copy']);
  });

  test('ahead of the kept node: full copy, and it says by how much', () => {
    const [first] = waysToRejoin({ order, keep: 'pf1', recovered: three, pairs: pairs('SAME'), caches: [] });
    expect(first).toEqual({ node: 'pf2', way: 'full copy', because: 'it is ahead of pf1 by 2 events' });
  });

  test('not proven: full copy', () => {
    expect(ways({ pairs: pairs('UNKNOWN') })).toEqual(['full copy', 'full copy']);
  });

  test('touched after it was read: full copy; the kept one touched: full copies all', () => {
    expect(ways({ seals: [{ node: 'pf1', broken: ['ibdata1 was written'], obstacles: [] }] })).toEqual([
      'full copy',
      'IST',
    ]);
    expect(ways({ seals: [{ node: 'pf2', broken: ['ibdata1 was written'], obstacles: [] }] })).toEqual([
      'full copy',
      'full copy',
    ]);
  });

  test('an unfinished copy does not rejoin by IST', () => {
    expect(
      ways({
        recovered: three.map((one) =>
          one.node === 'pf3' ? { ...one, grastateUuid: '00000000-0000-0000-0000-000000000000' } : one,
        ),
      }),
    ).toEqual(['IST', 'full copy']);
  });
});
