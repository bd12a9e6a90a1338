import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judges } from '../../activities/judge.js';
import { nodeToKeep } from '../../cluster/election.js';
import { judgePairs } from '../../cluster/lineage.js';
import { positionFromRecovery } from '../../cluster/position.js';
import type { Kinship, Recovered } from '../../cluster/recovery.js';
import { clusterUuid, leadsTo, order, uuidOf, type World, worlds } from './generate.js';
import { at, pairs } from './read.js';

const elect = (
  { recovered, caches, seals }: Pick<World, 'recovered' | 'caches' | 'seals'>,
  absent: readonly string[] = [],
) => nodeToKeep({ order, recovered, caches, seals, absent, pairs: judgePairs({ order, recovered, caches }) });

const unread = (node: string): Recovered => ({
  ...at(node, 0),
  position: { node, kind: 'unknown', because: '--wsrep-recover ended with 1' },
});
const whole = order.map((node) => ({ node, broken: [], obstacles: [] }));
const bare = { node: 'pf3', namesNobody: true, join: 'pfrunbook start join-node hq --node pf3' };
const named = { ...bare, namesNobody: false };
const placed = (read: Partial<Recovered>) => [at('pf1', 10), at('pf2', 12), { ...at('pf3', 0), ...read }];
const known = (uuid: string, seqno: number) => ({ node: 'pf3', kind: 'known', uuid, seqno }) as const;
const choose = (
  recovered: readonly Recovered[],
  kinship: Kinship = 'SAME',
  seals: Parameters<typeof nodeToKeep>[0]['seals'] = whole,
) => nodeToKeep({ order, recovered, pairs: pairs(kinship), caches: [], seals, absent: [] });

describe('a server that a look takes for a new one', () => {
  const zeros = positionFromRecovery('pf3', 'WSREP: Recovered position: 00000000-0000-0000-0000-000000000000:-1');
  const unreadable = unread('pf3').position;
  // What a server of MariaDB 10.11 prints whose configuration has no Galera: "WSREP: disabled, skipping position recovery".
  const silent = positionFromRecovery('pf3', '[Note] WSREP: disabled, skipping position recovery');
  const view = { clusterUuid, viewId: 3, viewSeqno: 9, members: [] };
  test.each<[string, typeof bare, Partial<Recovered>, boolean]>([
    ['never in a cluster, as its data says', named, { position: zeros }, true],
    ['its data unreadable, and it may have been thrown out', named, { position: unreadable }, false],
    ['in fact of the cluster: it was thrown out', named, { position: known(clusterUuid, 11) }, false],
    [
      'of another cluster, where nobody can tell whose data is the cluster’s',
      named,
      { position: known(uuidOf(7), 5) },
      false,
    ],
    ['no member by its cluster.conf, its data unreadable', bare, { position: unreadable }, true],
    ['no member by its cluster.conf, with no Galera in its own configuration', bare, { position: silent }, true],
    [
      'the same, and InnoDB keeps a view of the cluster: its cluster.conf was lost',
      bare,
      { position: silent, lastView: view },
      false,
    ],
    [
      'the same, and what is left of grastate.dat names the cluster',
      bare,
      { position: unreadable, grastateUuid: clusterUuid },
      false,
    ],
    ['thrown out, its database without Galera now', named, { position: silent, lastView: view }, false],
    ['no member by its cluster.conf, with a cluster of its own', bare, { position: known(uuidOf(7), 900) }, true],
    ['no member by its cluster.conf, with the data of the cluster', bare, { position: known(clusterUuid, 900) }, false],
  ])('%s', async (_, outsider, read, isOutside) => {
    const recovered = placed(read);
    const found = await judges.nodeToKeep({
      ...{ order, recovered, caches: [], seals: whole, absent: [], outside: [outsider] },
    });
    expect(found.outside).toEqual(isOutside ? [outsider] : undefined);
    expect(Object.keys(found.rejoins).includes('pf3')).toBe(!isOutside && read.position?.kind === 'known');
    expect(found.verdict.some((line) => line.includes('Incomplete'))).toBe(
      read.position?.kind === 'unknown' && !isOutside,
    );
    if (isOutside) {
      expect([found.refusal, Object.keys(found.choices)]).toEqual([undefined, ['pf1', 'pf2']]);
      expect(found.verdict).toContainEqual(expect.stringMatching(/^pf3: it holds nothing of the cluster.*--node pf3$/));
    }
  });

  test('in which Galera has written, and nobody can tell whose: the choice is incomplete, and it is no part of it', async () => {
    const before = { 'galera.cache': { mtime: 1, size: 1 } };
    const found = await judges.nodeToKeep({
      ...{ order: ['pf1', 'pf3'], recovered: [at('pf1', 10), { ...at('pf3', 0), position: unreadable, before }] },
      ...{ caches: [], seals: whole, absent: [], outside: [bare] },
    });
    expect([found.goOn, found.choices]).toEqual([
      undefined,
      { pf1: 'loses nothing that was read; what pf3 holds is not known' },
    ]);
    expect(found.verdict).toContainEqual(
      'pf3: it was in a cluster, and which is not known: --wsrep-recover ended with 1. Its cluster.conf names no server. When the cluster serves: pfrunbook start join-node hq --node pf3',
    );
  });

  test('is kept by name where it alone could be read, and the members say that they are of its cluster', async () => {
    const grastateUuid = clusterUuid;
    const recovered = [{ ...unread('pf1'), grastateUuid }, { ...unread('pf2'), lastView: view }, at('pf3', 900)];
    const { refusal, choices, goOn } = await judges.nodeToKeep({
      ...{ order, recovered, caches: [], seals: whole, absent: [], outside: [bare] },
    });
    expect([refusal, Object.keys(choices), goOn]).toEqual([undefined, ['pf3'], undefined]);
  });

  test('is none where another holds data of the same cluster: nothing is chosen against the two of them', async () => {
    const other = (node: string, seqno: number) => ({ ...at(node, 0), position: { ...known(uuidOf(7), seqno), node } });
    const { refusal, goOn } = await judges.nodeToKeep({
      ...{
        order,
        recovered: [at('pf1', 10), other('pf2', 900), other('pf3', 890)],
        caches: [],
        seals: whole,
        absent: [],
      },
      outside: [{ ...bare, node: 'pf2' }, bare],
    });
    expect([refusal, goOn]).toEqual([expect.stringContaining('The nodes belong to 2 clusters'), undefined]);
  });

  test('is not kept where no member could be read', async () => {
    const recovered = [unread('pf1'), unread('pf2'), { ...at('pf3', 0), position: known(uuidOf(7), 900) }];
    const { refusal, choices } = await judges.nodeToKeep({
      ...{ order, recovered, caches: [], seals: whole, absent: [], outside: [bare] },
    });
    expect([refusal, choices]).toEqual([expect.stringMatching(/^No node’s position could be read/), {}]);
  });
});

describe('choosing the node to keep', () => {
  test('the highest position of one proven history goes on by approval, and loses nothing', () => {
    const found = choose([at('pf1', 10), at('pf2', 12), at('pf3', 11)]);
    expect(found.goOn).toBe('pf2');
    expect(found.choices).toEqual({
      pf1: 'loses the last 2 events at most, which pf2 holds; pf3 holds the first 1 of them',
      pf2: 'loses nothing that was read',
      pf3: 'loses the last 1 event at most, which pf2 holds',
    });
    expect(found.verdict).toContain(`pf2: ${clusterUuid}:12`);
  });

  test('equal positions go to the first node in cluster.conf', () => {
    expect(choose([at('pf3', 10), at('pf2', 10), at('pf1', 9)]).goOn).toBe('pf2');
  });

  test('an unproven history is proposed by its position, and only a named decision goes on', () => {
    const found = choose([at('pf1', 10), at('pf2', 12), at('pf3', 11)], 'UNKNOWN');
    expect(found.goOn).toBeUndefined();
    expect(found.refusal).toBeUndefined();
    expect(found.verdict.at(-1)).toMatch(
      /^pf2 is proposed by its position, but not proven to hold what pf1 and pf3 hold/,
    );
    expect(Object.values(found.choices).every((words) => words.startsWith('loss not known'))).toBe(true);
  });

  test('two histories under one uuid are refused, and point to the guide', () => {
    const found = choose([at('pf1', 10), at('pf2', 12), at('pf3', 11)], 'DIFFERENT');
    expect(found.refusal).toMatch(/different histories under one uuid.*By hand \(guide 5\.3\)/);
    expect(found.choices).toEqual({});
    expect(found.goOn).toBeUndefined();
  });

  test('two uuids are refused even where no pair was judged', () => {
    const other = at('pf3', 99, { position: { node: 'pf3', kind: 'known', uuid: uuidOf(7), seqno: 99 } });
    expect(
      nodeToKeep({
        order,
        recovered: [at('pf1', 1), at('pf2', 1), other],
        pairs: [],
        caches: [],
        seals: whole,
        absent: [],
      }).refusal,
    ).toMatch(/2 clusters.*By hand \(guide 5\.3\)/);
  });

  test('a position that could not be read makes the election incomplete, and that node no choice', () => {
    const found = choose([at('pf1', 10), unread('pf2'), at('pf3', 11)]);
    expect(found.goOn).toBeUndefined();
    expect(Object.keys(found.choices)).toEqual(['pf1', 'pf3']);
    expect(found.verdict).toContain('Incomplete: what pf2 holds is not known.');
    expect(found.choices.pf3).toBe('loses nothing that was read; what pf2 holds is not known');
  });

  test('an absent node makes the election incomplete too', () => {
    const found = nodeToKeep({
      order,
      recovered: [at('pf1', 10), at('pf2', 10)],
      pairs: pairs('SAME'),
      caches: [],
      seals: whole,
      absent: ['pf3'],
    });
    expect(found.goOn).toBeUndefined();
    expect(found.verdict).toContain('pf3: absent, its position was not read');
  });

  test('where no position is known there is nothing to choose', () => {
    expect(choose(order.map(unread)).refusal).toMatch(/^No node’s position could be read/);
  });

  test('a node with an all-zero grastate.dat is not proposed, whatever InnoDB says', () => {
    const found = choose([
      at('pf1', 10),
      at('pf2', 99, { grastateUuid: '00000000-0000-0000-0000-000000000000' }),
      at('pf3', 11),
    ]);
    expect(found.goOn).toBeUndefined();
    expect(found.verdict.at(-1)).toMatch(/^pf3 is proposed/);
    expect(found.choices.pf2).toMatch(/^loss not known/);
  });

  test('what would stop a node only after the choice is said before it: who cannot start is not proposed', () => {
    const seals = (node: string, to: 'start' | 'full copy') =>
      whole.map((seal) => (seal.node === node ? { ...seal, obstacles: [{ to, because: 'it burns' }] } : seal));
    const still = choose([at('pf1', 10), at('pf2', 12), at('pf3', 12)], 'SAME', seals('pf2', 'start'));
    expect(still.goOn).toBe('pf3');
    expect(still.verdict).toContain('pf2 cannot be started yet: it burns.');
    expect(still.choices).toMatchObject({
      pf2: 'cannot be started yet; loses nothing that was read',
      pf3: 'loses nothing that was read; pf2 cannot come back yet',
    });

    const only = choose([at('pf1', 10), at('pf2', 12), at('pf3', 11)], 'SAME', seals('pf2', 'start'));
    expect(only.goOn).toBeUndefined();

    const full = choose([at('pf1', 10), at('pf2', 12), at('pf3', 12)], 'SAME', seals('pf1', 'full copy'));
    expect(full.goOn).toBe('pf2');
    expect(full.verdict).toContain('pf1 cannot come back yet by full copy: it burns.');
    const kept = choose([at('pf1', 12), at('pf2', 12), at('pf3', 12)], 'SAME', seals('pf1', 'full copy'));
    expect(kept.verdict.join()).not.toContain('it burns'); // nobody would copy it
  });

  test('a broken seal is named, and takes the approval away', () => {
    const seals = whole.map((seal) => (seal.node === 'pf3' ? { ...seal, broken: ['ibdata1 was written'] } : seal));
    const found = choose(
      order.map((node) => at(node, 10)),
      'SAME',
      seals,
    );
    expect(found.goOn).toBeUndefined();
    expect(found.verdict).toContain('pf3 is no longer as it was read: ibdata1 was written.');
  });

  test('a seal that nobody looked at does not hold', () => {
    expect(
      choose(
        order.map((node) => at(node, 10)),
        'SAME',
        whole.slice(1),
      ).goOn,
    ).toBeUndefined();
  });

  // Design 7.1
  test('approval never discards what another node alone holds', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { goOn } = elect(world);
        if (goOn) for (const node of order) expect(leadsTo(world, node, goOn)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('approval is possible at all where nothing is lost and nobody forked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 3, maxLength: 3 }), (seqnos) => {
        const found = choose(order.map((node, i) => at(node, seqnos[i] ?? 0)));
        expect(found.goOn).toBe(order[seqnos.indexOf(Math.max(...seqnos))]);
      }),
    );
  });

  test('hiding a node or its evidence never lets another, lower one go on', () => {
    const hide = fc.constantFrom('node', 'position', 'cache', 'view', 'seal');
    fc.assert(
      fc.property(worlds, fc.constantFrom(...order), hide, (world, node, what) => {
        const before = elect(world).goOn;
        const but = <T extends { readonly node: string }>(all: readonly T[], change: (one: T) => T[]) =>
          all.flatMap((one) => (one.node === node ? change(one) : [one]));
        const { lastView: _, ...viewless } = world.recovered.find((one) => one.node === node) ?? at(node, 0);
        const after = elect({
          recovered: but(world.recovered, (one) =>
            what === 'node' ? [] : what === 'position' ? [unread(node)] : what === 'view' ? [viewless] : [one],
          ),
          caches: but(world.caches, (one) =>
            what === 'cache' ? [{ ...one, events: {}, views: [], ranges: [], unreadable: 'gone' }] : [one],
          ),
          seals: but(world.seals, (one) => (what === 'seal' ? [] : [one])),
        }).goOn;
        if (what === 'node' || what === 'position' || what === 'seal') expect(after).toBeUndefined();
        else expect([undefined, before]).toContain(after);
      }),
      { numRuns: 200 },
    );
  });

  test('a node that was touched, unread or unfinished is never approved', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.constantFrom(...order),
        fc.constantFrom<Partial<Recovered>>(
          { touched: ['alone'] },
          { grastateUuid: '00000000-0000-0000-0000-000000000000' },
          { position: unread('').position },
        ),
        (world, node, flaw) => {
          const recovered = world.recovered.map((one) => (one.node === node ? { ...one, ...flaw } : one));
          expect(elect({ ...world, recovered }).goOn).not.toBe(node);
        },
      ),
    );
  });

  test('the order in which the nodes were read makes no difference', () => {
    fc.assert(
      fc.property(worlds, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (world, places) => {
        const shuffled = <T>(all: readonly T[]) => places.flatMap((i) => all[i] ?? []);
        expect(
          elect({ recovered: shuffled(world.recovered), caches: shuffled(world.caches), seals: shuffled(world.seals) }),
        ).toEqual(elect(world));
      }),
    );
  });
});

test('the choice tells for each node how the others would rejoin it', () => {
  const cache = { node: 'pf2', events: {}, views: [], ranges: [[11, 12]] as const };
  const found = nodeToKeep({
    order,
    recovered: [at('pf1', 10), at('pf2', 12), at('pf3', 9)],
    pairs: pairs('SAME'),
    caches: [cache],
    seals: whole,
    absent: [],
  });
  expect(found.rejoins.pf2?.map(({ node, way }) => [node, way])).toEqual([
    ['pf1', 'IST'],
    ['pf3', 'full copy'],
  ]);
  expect(found.table?.[2]?.slice(3)).toEqual(['pf1: IST, pf3: full copy', 'proposed']);
  expect(found.shown).toContainEqual(expect.stringMatching(/^If pf2 is kept, pf3 takes a full copy: \w.*\.$/));
});
