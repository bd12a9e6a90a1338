/**
 * One script, played on the model and on real nodes through the same activities. What each step saw is told in words
 * that both can share (trace.ts): a difference is a mistake of the model, or of the lab's stand-ins.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { ChangeOrder } from '../../activities/contract.js';
import { judges } from '../../activities/judge.js';
import { maskAutofix } from '../../cluster/commands/automation.js';
import { keepOut } from '../../cluster/commands/barrier.js';
import {
  holdDatabase,
  releaseDatabase,
  restartAsMember,
  setDataAside,
  startMember,
  startNewCluster,
} from '../../cluster/commands/database.js';
import { recoverPosition } from '../../cluster/commands/recover-position.js';
import { newestDialect as dialect } from '../../cluster/dialect.js';
import type { NodeSeen } from '../../cluster/observation.js';
import { isReached, wsrepOf } from '../../cluster/seen.js';
import type { Change, NodeName } from '../../cluster/words.js';
import { choiceInWords, clusterInWords, historiesInWords, nodeInWords } from './trace.js';
import type { World } from './world.js';

const patience = 40; // times that the world is looked at before it counts as it is
const quiet = 2; // looks in a row that saw the same as the one before

/** Title of each step -> what was seen. */
export type Trace = Record<string, readonly string[]>;

type Stage = ReturnType<typeof stageOf>;

/** The script is a run itself: seen with its lock, an open run would be all that is diagnosed. */
function withoutLock(seen: NodeSeen): NodeSeen {
  if (!isReached(seen)) return seen;
  const { lock: _ours, ...flags } = seen.flags;
  return { ...seen, flags };
}

const holder = { owner: 'anna', host: 'ops1' };

/** What the acts below are written with. */
function stageOf(run: string, epoch: number, world: World, tell: (seen: string) => void) {
  const trace: Trace = {};
  const { activities, befall, nodes, cluster } = world;
  let ordinal = 0;

  /** Makes changes one after the other, each once more than once: the ledger answers the second time. */
  const make = async (...changes: readonly Change[]): Promise<string[]> => {
    const said: string[] = [];
    for (const change of changes) {
      ordinal += 1;
      const order = {
        cluster,
        change,
        key: { run, step: String(ordinal), generation: 1 },
        ordinal,
        epoch,
        holder,
      };
      said.push(`${change.verb} ${change.node}: ${await answer(order)}, again: ${await answer(order)}`);
    }
    return said;
  };
  const answer = async (order: ChangeOrder): Promise<string> => {
    try {
      return (await activities.change([order])).done;
    } catch (error) {
      if (error instanceof ApplicationFailure && error.type) return error.type;
      throw error;
    }
  };

  /** What is seen once the world is quiet, and this many nodes are Synced. */
  const look = async (synced: number): Promise<string[]> => {
    let last: string[] = [];
    for (let looks = 0, same = 0; looks < patience && same < quiet; looks++) {
      const seen = (await activities.nodes({ cluster, nodes })).map(withoutLock);
      const facts = { cluster: { name: cluster, nodes }, seen, vips: [] };
      const diagnosis = await judges.diagnosis(facts);
      const marks = await Promise.all(seen.map(({ node, reachable }) => reachable && befall.marked(node)));
      const now = [
        ...clusterInWords(seen, diagnosis, await judges.outset(facts)),
        ...seen.map((one, i) => nodeInWords(one, marks[i] ?? false, seen)),
      ];
      const there = seen.filter((one) => wsrepOf(one)?.state === 'Synced').length === synced;
      same = there && now.join() === last.join() ? same + 1 : 0;
      last = now;
      await world.passTime();
    }
    return last;
  };
  const step = async (title: string, synced: number, ...said: readonly string[]): Promise<void> => {
    const seen = [...said, ...(await look(synced))];
    trace[title] = seen;
    tell([title, ...seen].join('\n  '));
  };

  /** What every held node holds, and whom a recovery would keep. */
  const histories = async (reading: string): Promise<string[]> => {
    const asked = { cluster, nodes, run: reading };
    const { recovered, caches } = await activities.histories(asked);
    const pairs = await judges.pairs({ order: nodes, recovered, caches });
    const seals = await activities.seals(asked);
    const choice = await judges.nodeToKeep({ order: nodes, absent: [], recovered, caches, seals });
    const seen = await activities.nodes({ cluster, nodes });
    const { refusal } = await judges.fence({ present: nodes, seen });
    return [
      ...historiesInWords(recovered, pairs),
      ...choiceInWords(choice),
      `seals broken: ${seals.flatMap(({ broken }) => broken).length}; fence: ${refusal === undefined ? 'stands' : 'refused'}`,
    ];
  };
  const holdAll = async (reading: string): Promise<string[]> => [
    ...(await make(...nodes.map((node) => holdDatabase(node, dialect, true)))),
    ...(await make(...nodes.map((node) => recoverPosition(node, dialect, reading)))),
    ...(await histories(reading)),
  ];
  const rejoin = async (change: Change): Promise<string[]> => {
    const said = await make(change);
    await activities.untilSynced({ cluster, node: change.node });
    return [...said, `${change.node}: Synced`];
  };
  return { trace, activities, befall, nodes, cluster, make, step, holdAll, rejoin };
}

const autofix = (node: NodeName) => maskAutofix(node, dialect, true);

/** Each begins with a cluster that is well, and leaves one to the next; the last need not. */
const scenes = {
  'stopped and started': async ({ befall, step, make, holdAll, rejoin }: Stage) => {
    const run = 'script/1';
    await befall.gracefulStop();
    await step('stopped one after the other', 0);
    await befall.start('pf2');
    await step('the wrong one started first waits', 0);
    await befall.start('pf1');
    await befall.start('pf3');
    await step('the last one stopped starts the cluster, and the others find it', 3);

    await befall.gracefulStop({ crashLast: true });
    await step('the last one crashed', 0);
    await step('held, and read', 0, ...(await holdAll(run)));
    await step('a new cluster', 1, ...(await make(startNewCluster('pf1', dialect, run))));
    await step('joined by IST', 2, ...(await rejoin(startMember('pf2', dialect, 'IST'))));
    const aside = await make(setDataAside('pf3', dialect, run, '/var/lib/mysql'));
    await step('joined by a full copy', 3, ...aside, ...(await rejoin(startMember('pf3', dialect, 'full copy'))));
    await step('the first restarted as a member', 3, ...(await rejoin(restartAsMember('pf1', dialect))));

    await befall.maintain('pf3', true);
    await befall.stop('pf3');
    await befall.start('pf3');
    await step('a node in maintenance does not start', 2);
    await befall.maintain('pf3', false);
    await befall.start('pf3');
    await step('out of maintenance it does', 3);
  },

  'a node out and in': async ({ activities, befall, cluster, step, make }: Stage) => {
    await befall.lose('pf3');
    await befall.write(20);
    await step('one node lost', 2);
    await befall.boot('pf3');
    await step('it comes back with its data', 3);

    const { addresses } = await activities.inventory({ cluster });
    const walls = ['pf1', 'pf2'].map((node) => keepOut(node, 'pf3', addresses.pf3 ?? ''));
    const raised = await make(...walls);
    await befall.stop('pf3');
    await befall.start('pf3');
    await step('behind a barrier', 2, ...raised);
    await step('let in again', 3, ...(await make(...walls.map(({ inverse }) => inverse))));

    await befall.ruin('pf3');
    await step('a node that cannot start', 2);
    const awake = await make(autofix('pf3').inverse);
    await step('galera-autofix fights back', 3, ...awake);
  },

  'without power': async ({ befall, nodes, step, make, holdAll, rejoin }: Stage) => {
    await befall.powerCut({ stayOff: ['pf3'] });
    await step('a power cut, and one stays off', 0);
    await befall.boot('pf3');
    await step('whole views find each other', 3);
    await befall.powerCut({ tornView: 'pf2' });
    await step('a power cut that tears a view', 0);
    await step('held', 0, ...(await make(...nodes.map((node) => holdDatabase(node, dialect, true)))));
    const released = await make(...nodes.map((node) => releaseDatabase(node, dialect, true)));
    await step('let go again, they wait as before', 0, ...released);
    await step('held again, and read', 0, ...(await holdAll('script/2')));
    await make(startNewCluster('pf2', dialect, 'script/2'));
    for (const node of ['pf1', 'pf3']) await rejoin(startMember(node, dialect, 'IST'));
    await rejoin(restartAsMember('pf2', dialect));
  },

  'two histories': async ({ befall, step, holdAll }: Stage) => {
    await befall.splitBrain();
    await step('held, and read', 0, ...(await holdAll('script/3')));
  },
};
export type Act = keyof typeof scenes;
export const acts = Object.keys(scenes) as readonly Act[];

export async function play(act: Act, world: World, tell: (seen: string) => void = () => {}): Promise<Trace> {
  const at = acts.indexOf(act);
  const run = `script/act${at}`;
  const stage = stageOf(run, at + 1, world, tell);
  const { activities, befall, make, step, nodes, trace } = stage;
  try {
    await befall.mark();
    await befall.write(20);
    await make(...nodes.map(autofix));
    await step('well', 3);
    await scenes[act](stage);
    return trace;
  } finally {
    await activities.unlock({ cluster: { name: world.cluster, nodes }, holder: { run, ...holder } }); // or the next act is another run, and refused
  }
}
