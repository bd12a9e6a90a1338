import { describe, expect, test } from 'vitest';
import { performChange } from '../../activities/perform.js';
import { maskAutofix } from '../../cluster/commands/automation.js';
import { holdDatabase, setDataAside, startMember, startNewCluster } from '../../cluster/commands/database.js';
import { recoverPosition } from '../../cluster/commands/recover-position.js';
import { judgePairs, positionsToAsk } from '../../cluster/lineage.js';
import type { Change, NodeName } from '../../cluster/words.js';
import { portOf } from '../../model/activities.js';
import { ModelCluster } from '../../model/cluster.js';
import { dialect } from '../workflows/dialect.js';

const run = 'hq/1';
const names = ['pf1', 'pf2', 'pf3'];

/** Makes changes one after the other, each once. */
async function make(cluster: ModelCluster, ...changes: readonly Change[]): Promise<void> {
  for (const [step, change] of changes.entries()) {
    const order = {
      cluster: 'hq',
      change,
      key: { run, step: String(step + cluster.acts.length), generation: 1 },
      ordinal: step,
      epoch: 1,
      holder: { owner: 'anna', host: 'ops1' },
    };
    await performChange(portOf(cluster, cluster.node(change.node)), order);
  }
}
const holdAll = (cluster: ModelCluster) =>
  make(
    cluster,
    ...names.map((node) => maskAutofix(node, dialect, true)),
    ...names.map((node) => holdDatabase(node, dialect, true)),
    ...names.map((node) => recoverPosition(node, dialect, run)),
  );
const serves = (cluster: ModelCluster) => cluster.all.filter(({ primary }) => primary).map(({ name }) => name);

function kinships(cluster: ModelCluster) {
  const recovered = cluster.all.map((node) => node.recover());
  const { seqnos, from, to } = positionsToAsk(recovered);
  const caches = cluster.all.map((node) => node.cache(seqnos, from, to));
  return judgePairs({ order: names, recovered, caches }).map(({ kinship }) => kinship);
}

describe('after a power cut', () => {
  test('the cluster heals by itself where every view is whole', () => {
    const cluster = new ModelCluster(names).powerCut({ last: { pf1: 100 } });
    expect(serves(cluster)).toEqual(names);
    expect(cluster.destroyed).toEqual([]);
  });

  test('it never does where one view is torn, or a member stays off', () => {
    expect(serves(new ModelCluster(names).powerCut({ torn: ['pf2'] }))).toEqual([]);
    expect(serves(new ModelCluster(names).powerCut({ off: ['pf3'] }))).toEqual([]);
  });
});

describe('a node that joins', () => {
  test('with a history that leads to the donor’s loses nothing', async () => {
    const cluster = new ModelCluster(names).powerCut({ last: { pf1: 100 }, torn: ['pf2'] });
    await holdAll(cluster);
    expect(kinships(cluster)).toEqual(['SAME', 'SAME', 'SAME']);
    await make(cluster, startNewCluster('pf2', dialect, run), startMember('pf1', dialect, 'IST'));
    expect(cluster.node('pf1').cameBy).toBe('IST');
    expect(cluster.destroyed).toEqual([]);
  });

  test('with another history of the same uuid is let in by Galera, and the model tells', async () => {
    const cluster = new ModelCluster(names).powerCut({ torn: ['pf2'] }).fork('pf1', 90, 5);
    await holdAll(cluster);
    expect(kinships(cluster)).toContain('DIFFERENT');
    await make(cluster, startNewCluster('pf2', dialect, run), startMember('pf1', dialect, 'IST'));
    expect(cluster.destroyed).toEqual(['pf1: joined by IST with another history']);
  });

  test('with nothing takes a full copy, and what was set aside is still there', async () => {
    const cluster = new ModelCluster(names).powerCut({ torn: ['pf2'] }).fork('pf1', 90, 5);
    await holdAll(cluster);
    await make(
      cluster,
      startNewCluster('pf2', dialect, run),
      setDataAside('pf1', dialect, run, '/var/lib/mysql'),
      startMember('pf1', dialect, 'full copy'),
    );
    expect(cluster.node('pf1').cameBy).toBe('full copy');
    expect(Object.values(cluster.node('pf1').aside)).toHaveLength(1);
    expect(cluster.destroyed).toEqual([]);
  });

  test('without evidence is judged UNKNOWN', async () => {
    const cluster = new ModelCluster(names).powerCut({ last: { pf1: 100 }, torn: ['pf2'] });
    for (const node of cluster.all) node.evidence = false;
    expect(new Set(kinships(cluster))).toEqual(new Set(['UNKNOWN']));
  });
});

describe('galera-autofix, left awake', () => {
  test('wipes a node whose database waits while a peer is Primary, and leaves a held one alone', async () => {
    const cluster = new ModelCluster(names);
    await make(cluster, holdDatabase('pf3', dialect, true));
    cluster.timePasses();
    expect(cluster.destroyed).toEqual([]);
    cluster.node('pf2').ruined = true;
    cluster.stop(cluster.node('pf2'));
    cluster.start(cluster.node('pf2'));
    cluster.timePasses();
    expect(cluster.destroyed).toEqual(['pf2: wiped by galera-autofix']);
    expect(cluster.node('pf2').cameBy).toBe('full copy');
  });

  test('ends a deadlock by numbers alone: another history is wiped, whatever it held', () => {
    const cluster = new ModelCluster(names).powerCut({ torn: ['pf2'] }).fork('pf1', 90, 5);
    cluster.timePasses();
    expect(cluster.destroyed).toEqual(['pf1: wiped by galera-autofix', 'pf3: wiped by galera-autofix']);
    expect(serves(cluster)).toEqual(names);
  });
});

describe('of a cluster that stops', () => {
  test('the last node forms it again by itself, and the others find it', () => {
    const cluster = new ModelCluster(names).gracefulStop(['pf3', 'pf2', 'pf1']);
    cluster.start(cluster.node('pf2'));
    expect(serves(cluster)).toEqual([]);
    cluster.start(cluster.node('pf1'));
    cluster.start(cluster.node('pf3'));
    expect(serves(cluster)).toEqual(names);
    expect(cluster.destroyed).toEqual([]);
  });

  test('one node is not missed, and two that die are', () => {
    const cluster = new ModelCluster(names).lose('pf3');
    expect(serves(cluster)).toEqual(['pf1', 'pf2']);
    expect(serves(cluster.lose('pf2'))).toEqual([]);
  });
});

test('a second cluster beside a living one is told', async () => {
  const cluster = new ModelCluster(names);
  const node: NodeName = 'pf3';
  await make(
    cluster,
    maskAutofix(node, dialect, true),
    holdDatabase(node, dialect, true),
    recoverPosition(node, dialect, run),
    startNewCluster(node, dialect, run),
  );
  expect(cluster.destroyed).toEqual(['pf3: a second cluster beside pf1, pf2']);
});

test('a verb that the model does not know is an error, not a success', async () => {
  const change: Change = { verb: 'paint', node: 'pf1', title: 'Paint pf1', script: ':', wanted: 'false' };
  await expect(make(new ModelCluster(names), change)).rejects.toThrow('does not know the verb paint');
});
