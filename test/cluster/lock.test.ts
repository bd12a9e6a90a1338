import { describe, expect, test } from 'vitest';
import { diagnose } from '../../cluster/diagnosis.js';
import { epochFor, heldLocks, isTooFew, type Lock, lockFromLine, overFromLine } from '../../cluster/lock.js';
import { nodeSeen } from './nodes.js';

const line = (words: string) => lockFromLine(words) as Lock;
const at = (run: string, epoch: number, state = 'held') =>
  line(`${epoch} ${run} anna ops1 2026-11-24T03:12:04.123Z ${state} .`);
const seen = (...locks: (Lock | undefined)[]) =>
  locks.map((lock, i) => ({ node: `pf${i + 1}`, ...(lock && { lock }) }));

describe('whose a node is', () => {
  test('is a line on it; none where no run ever was', () => {
    expect(at('hq/a', 5)).toEqual({
      ...{ run: 'hq/a', owner: 'anna', host: 'ops1', epoch: 5 },
      ...{ since: '2026-11-24T03:12:04.123Z', held: true },
    });
    expect(at('hq/a', 5, 'free').held).toBe(false);
    expect(lockFromLine('')).toBeUndefined();
  });

  test('another node tells where it was away at the end of its run, not where that run holds it anew', () => {
    const names = (...locks: Parameters<typeof seen>) => heldLocks(seen(...locks)).map(({ node }) => node);
    expect(names(at('hq/a', 5, 'free'), at('hq/a', 5, 'free'), at('hq/a', 5))).toEqual([]);
    expect(names(at('hq/a', 5, 'free'), at('hq/a', 6))).toEqual(['pf2']);
    expect(names(at('hq/b', 9, 'free'), at('hq/a', 5), undefined)).toEqual(['pf2']);
  });

  test('is remembered of a run that is over, also where the line of it went to a later one', () => {
    const over = (...ends: string[]) => ends.map(overFromLine);
    const later = { node: 'pf1', lock: at('hq/b', 6, 'free'), over: over('hq/z 4', 'hq/a 5') };
    const held = (lock: Lock) => heldLocks([later, { node: 'pf2', lock }]).map(({ node }) => node);
    expect(held(at('hq/a', 5))).toEqual([]);
    expect(held(at('hq/a', 7))).toEqual(['pf2']); // it took it once more
    expect(held(at('hq/y', 3))).toEqual(['pf2']); // nobody knows of its end
  });

  test('is asked for with an epoch above all that stand, or with ours once more', () => {
    expect(epochFor('hq/a', seen(undefined, undefined))).toBe(1);
    expect(epochFor('hq/a', seen(at('hq/b', 4, 'free'), at('hq/c', 7)))).toBe(8);
    expect(epochFor('hq/a', seen(at('hq/a', 8), at('hq/c', 7, 'free')))).toBe(8);
    expect(epochFor('hq/a', seen(at('hq/a', 8, 'free')))).toBe(9); // given back: never again under that one
    expect(epochFor('hq/a', seen(at('hq/a', 8), at('hq/b', 8)))).toBe(9);
  });

  test('half of them is not a majority; none at all is no question', () => {
    const cluster = { name: 'hq', nodes: ['pf1', 'pf2', 'pf3', 'pf4'] };
    expect([0, 1, 2, 3].map((n) => isTooFew(cluster, cluster.nodes.slice(0, n)))).toEqual([false, true, true, false]);
  });
});

test('diagnose names the open run, and recommends to follow it instead of a second start', () => {
  const nodes = ['pf1', 'pf2', 'pf3'];
  const flags = { lock: at('hq/a', 5), owedGuards: { 'hq_a.stopMonit.pf1.sh': 'Stop monit on pf1' } };
  const down = nodes.map((node) => ({
    ...nodeSeen(node, { flags: node === 'pf3' ? {} : flags }),
    database: { ...nodeSeen(node).database, processes: [], sql: { kind: 'silent', because: 'no socket' } as const },
  }));
  const { recommended, findings } = diagnose({ cluster: { name: 'hq', nodes }, seen: down, vips: [] });
  expect(recommended).toEqual({ command: 'pfrunbook watch hq/a' });
  const open = findings.find(({ condition }) => condition === 'run open');
  expect(open?.words).toBe('A run is open: hq/a (anna on ops1, since 2026-11-24 03:12:04 UTC), on pf1 and pf2.');
  expect(open?.remedy).toMatch(/gone for good: pfrunbook start full-recovery hq --take-over hq\/a --reason/);
  expect(findings.find(({ condition }) => condition === 'guard owed')?.remedy).toBe(
    'Leave that to hq/a, which holds pf1.',
  );
  const closed = down.map((one) => ({ ...one, flags: { ...one.flags, lock: at('hq/a', 5, 'free') } }));
  expect(diagnose({ cluster: { name: 'hq', nodes }, seen: closed, vips: [] }).recommended?.command).toBe(
    'pfrunbook start full-recovery hq',
  );
});
