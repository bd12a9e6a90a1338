import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgePairs, positionsToAsk } from '../../cluster/lineage.js';
import type { CacheSeen, Kinship, Recovered } from '../../cluster/recovery.js';
import { leadsTo, order, wellKeptWorlds, worlds } from './generate.js';

interface Scenario {
  readonly scenario: string;
  readonly order: readonly string[];
  readonly recovered: readonly Recovered[];
  readonly caches: readonly CacheSeen[];
  /** "lower higher" -> kinship */
  readonly expected: Readonly<Record<string, Kinship>>;
}

const folder = new URL('./lineage/', import.meta.url);
const scenarios = readdirSync(folder).map((file): Scenario => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

describe('judging whether two nodes share a history', () => {
  test.each(scenarios)('$scenario', ({ order: nodes, recovered, caches, expected }) => {
    const pairs = judgePairs({ order: nodes, recovered, caches });
    expect(Object.fromEntries(pairs.map(({ lower, higher, kinship }) => [`${lower} ${higher}`, kinship]))).toEqual(
      expected,
    );
  });

  test('SAME is only said where one history really leads to the other, and DIFFERENT only where it does not', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const { lower, higher, kinship } of judgePairs({ order, ...world })) {
          if (kinship === 'SAME') expect(leadsTo(world, lower, higher)).toBe(true);
          if (kinship === 'DIFFERENT') expect(leadsTo(world, lower, higher)).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('where no evidence is lost, every pair is decided', () => {
    fc.assert(
      fc.property(wellKeptWorlds, (world) => {
        for (const { lower, higher, kinship } of judgePairs({ order, ...world })) {
          expect(kinship).toBe(leadsTo(world, lower, higher) ? 'SAME' : 'DIFFERENT');
        }
      }),
    );
  });

  test('a node that was started without Galera is never SAME as another', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...order), (world, node) => {
        const recovered = world.recovered.map((one) =>
          one.node === node ? { ...one, touched: ['a standalone start'] } : one,
        );
        const pairs = judgePairs({ order, recovered, caches: world.caches });
        expect(
          pairs.filter(({ lower, higher, kinship }) => kinship === 'SAME' && [lower, higher].includes(node)),
        ).toEqual([]);
      }),
    );
  });

  test('the lower node is named first; at equal positions, the first in cluster.conf', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const at = (node: string) => world.histories.get(node)?.length ?? 0;
        for (const { lower, higher } of judgePairs({ order, ...world })) {
          expect(
            at(lower) < at(higher) || (at(lower) === at(higher) && order.indexOf(lower) < order.indexOf(higher)),
          ).toBe(true);
        }
      }),
    );
  });

  test('the caches are asked for every position and every last view', () => {
    fc.assert(
      fc.property(worlds, ({ recovered }) => {
        const { seqnos, from, to } = positionsToAsk(recovered);
        for (const { position, lastView } of recovered) {
          if (position.kind === 'known') expect(seqnos).toContain(position.seqno);
          if (lastView) expect(seqnos).toContain(lastView.viewSeqno);
        }
        expect([from, to]).toEqual([Math.min(...seqnos), Math.max(...seqnos)]);
      }),
    );
  });

  test('two events under one seqno are no evidence, not even against each other', () => {
    const at = (node: string): Recovered => ({
      node,
      position: { node, kind: 'known', uuid: 'b701ebf7-0000-4000-8000-000000000001', seqno: 9 },
      before: {},
      touched: [],
      seal: { bootId: node, stamps: {} },
    });
    const cache = (node: string, event: string): CacheSeen => ({ node, events: { 9: event }, views: [], ranges: [] });
    const kinship = (event: string) =>
      judgePairs({
        order: ['pf1', 'pf2'],
        recovered: ['pf1', 'pf2'].map(at),
        caches: [cache('pf1', '? ambiguous'), cache('pf2', event)],
      })[0]?.kinship;
    expect([kinship('? ambiguous'), kinship('T a/1/1/1')]).toEqual(['UNKNOWN', 'UNKNOWN']);
  });

  test('where no position is known, nothing is asked', () => {
    expect(positionsToAsk([])).toEqual({ seqnos: [], from: 0, to: 0 });
  });
});
