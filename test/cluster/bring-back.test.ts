import { describe, expect, test } from 'vitest';
import { bringBack } from '../../cluster/bring-back.js';
import { clusterUuid } from './generate.js';
import { nodeSeen, primary } from './nodes.js';

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
