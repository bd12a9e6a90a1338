/**
 * Guide 5.4: Full recovery.
 *
 * No node offers database service. One node's data is kept, a new cluster is started from it, and the others rejoin:
 * with their data where its history is proven to lead to the kept one, else by a full copy, what they had being set
 * aside first. What only a discarded node had committed is lost, so a person approves the choice.
 *
 * The guide starts the new cluster before the others are stopped: two clusters, if one of them lives. Here every node
 * is held first, and read while all are stopped: afterwards it is too late to tell one history from another.
 */
import type { Duration } from '@temporalio/common';
import { keepOut } from '../cluster/commands/barrier.js';
import { startMember, startNewCluster } from '../cluster/commands/database.js';
import { recoverPosition } from '../cluster/commands/recover-position.js';
import type { Outsider } from '../cluster/newcomers.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import type { Outset } from '../cluster/outset.js';
import type { Rejoin } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';
import { bringBack } from './bring-back.js';
import { skipped } from './conduct.js';
import * as guards from './guards.js';
import type { Order } from './messages.js';
import { judge, look } from './proxies.js';
import {
  addressesOf,
  asMember,
  contentCheck,
  copyMinutes,
  inService,
  leaveOut,
  raiseBarrier,
  rejoin,
  rejoined,
  type Scene,
  untilSynced,
  wholeAtTheEnd,
} from './rejoining.js';
import { type Run, runbook } from './runbook.js';

const healLimit: Duration = '10 minutes'; // seen: 9 s after the last node is back; crash recovery may take minutes

export interface FullRecoveryArgs {
  /** The guide's literal way: every other node takes a full copy, proven or not. */
  readonly resyncFromScratch?: boolean;
}

export const fullRecovery = (order: Order<FullRecoveryArgs>) =>
  runbook('Full recovery', order, async (run) => {
    const { name: cluster, nodes } = order.cluster;
    const all = { cluster, nodes };
    const resyncFromScratch = order.args.resyncFromScratch === true;

    let seen: readonly NodeSeen[] = [];
    const noService = () =>
      run.confirm('Confirm that no node offers database service', judge.outset, async () => {
        seen = await run.read('Look at every node', look.nodes, all);
        return { cluster: order.cluster, seen };
      });
    const sceneOf = ({ dialect }: Outset): Scene => {
      const present = seen.filter((node): node is Reached => node.reachable);
      return { run, dialect, present, resyncFromScratch, autofix: guards.autofix(run, present, dialect) };
    };
    let outset = await noService();
    let scene = sceneOf(outset);
    if (!outset.sameCluster) await inventoryGate(run);
    const heals = outset.mode === 'heal' && !resyncFromScratch;
    if (heals) {
      const healed = await startAll(scene);
      if (healed) return healed;
      outset = await noService(); // a part of them may have found each other meanwhile
      scene = { ...sceneOf(outset), autofix: scene.autofix };
    }
    const { outside = [] } = outset; // told from the others once more, by what is read of them
    const without = (all: readonly Reached[], those = outside): readonly Reached[] =>
      all.filter((one) => !those.some(({ node }) => node === one.node));
    if (outset.mode === 'bring back') return bringBack({ ...scene, present: without(scene.present) }, outset.barred);
    const { dialect, present } = scene;
    const { present: here, absent } = outset;
    if (absent.length > 0) await absentGate(run, absent);

    const lowered = [guards.monit(present, dialect), guards.unitTimers(here, dialect)];
    await run.lower(...(heals ? [] : [scene.autofix]), ...lowered);
    const hold = guards.hold(without(present), dialect);
    run.keep(hold, guards.heldBefore(without(present)));
    // Held like every other; beside a cluster that lives again it could join as it is, with nothing set aside.
    const apart = outside.map((one) => {
      const seenOf = present.filter(({ node }) => node === one.node);
      const guard = guards.hold(seenOf, dialect, `Stop MariaDB on ${one.node}, and hold it`);
      run.keep(guard, staysHeld(one));
      return { ...one, guard };
    });
    await run.change(
      'Stop MariaDB on every node, and hold it; read what each last committed, and seal it',
      here.map((node) => recoverPosition(node, dialect, order.run)),
      { lowering: [hold, ...apart.map(({ guard }) => guard)] },
    );
    const asked = { cluster, nodes: here, run: order.run };
    const { recovered, caches, seals } = await run.read(
      'Collect what was read, and what their caches hold of it',
      look.histories,
      asked,
    );

    const { choice: keep, evidence } = await run.gate('keep', {
      question: 'Which node’s data is kept? The others are resynchronised from it.',
      cost: 'there is no database service until the first node has started; then the others come back beside it',
      minutes: `about 2, ${copyMinutes}`,
      lastExit: 'this question. After it the cluster is what that node holds',
      irreversible: true,
      expires: '1 day',
      evidence: async (again) => {
        const choice = await run.judge(
          'Judge every pair of histories; find the node with the most recent data, and how the others can rejoin it',
          judge.nodeToKeep,
          {
            order: nodes,
            absent,
            recovered,
            caches,
            seals: again ? await run.read('Check that no held node was touched', look.seals, asked) : seals,
            resyncFromScratch,
            ...(outside.length > 0 && { outside }),
          },
        );
        run.keep(hold, choice.keepHeld);
        for (const { guard, ...one } of apart) {
          const isOutside = choice.outside?.some(({ node }) => node === one.node) ?? false;
          run.keep(guard, isOutside ? staysHeld(one) : (choice.keepHeld ?? wouldBeCopiedOver));
        }
        return choice;
      },
    });
    const rejoins = evidence.rejoins[keep] ?? [];
    const strangers = evidence.outside ?? [];
    const members = apart.filter(({ node }) => !strangers.some((one) => one.node === node)).map(({ guard }) => guard);
    for (const guard of members) run.keep(guard, evidence.keepHeld);
    scene = { ...scene, present: without(present, strangers) };

    await raiseBarrier(scene, absent);
    await run.confirm('Confirm that no node is Primary', judge.fence, async () => ({
      present: here,
      seen: await run.read('Look once more at every node', look.nodes, all),
    }));

    run.commit(`From here on the cluster is what ${keep} holds`);
    run.goesOnBy('full-recovery');
    // Started by itself, a node that is to be copied anew would be overwritten, or join on another history.
    if (rejoins.some(({ way }) => way === 'full copy'))
      for (const guard of [hold, ...members])
        run.keep(guard, 'the data of a held node is to be set aside before it rejoins');
    await liftBarriers(scene);
    await run.change(`Start a new cluster on ${keep}`, [startNewCluster(keep, dialect, order.run)]);
    const back: Rejoin[] = [];
    for (const one of rejoins) if (await rejoin(scene, one)) back.push(one); // one at a time: no membership change during a transfer
    const left = rejoins.map(({ node }) => node).filter((node) => !back.some((one) => one.node === node));
    const whole = await leaveOut(scene, left);
    for (const guard of [hold, ...members])
      run.keep(guard, left.length > 0 ? `${left.join(', ')} did not come back` : undefined);
    if (back.length > 0) await asMember(scene, keep);
    await inService(whole, [hold, ...members, ...lowered]);
    const { tables, ...end } = await contentCheck(whole, keep, back);
    await wholeAtTheEnd(end);
    return {
      kept: keep,
      rejoined: rejoined(whole, back),
      ...(tables && { tables }),
      ...(left.length > 0 && { leftOut: left }),
      ...(strangers.length > 0 && {
        notes: strangers.map((one) => `${one.node} stays held: ${staysHeld(one)}.`),
      }),
    };
  });

/** Of one that looked like a new server until it was read. */
const wouldBeCopiedOver = 'its data is of the cluster, and would be overwritten where it starts beside it';
const staysHeld = ({ join }: Outsider): string => `it holds nothing of the cluster; ${join} brings it in`;

/** What an earlier run left standing between nodes that this one holds and has judged. */
async function liftBarriers({ run, present }: Scene): Promise<void> {
  const here = present.map(({ node }) => node);
  const walls = present.flatMap(({ node, flags }) =>
    flags.barrier.filter((out) => here.includes(out)).map((out) => ({ node, out })),
  );
  if (walls.length === 0) return;
  const addresses = await addressesOf(run);
  await run.change(
    'Lift the barriers between the nodes that are held and judged',
    walls.map(({ node, out }) => keepOut(node, out, addresses[out] ?? '').inverse),
  );
}

async function inventoryGate(run: Run): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  await run.gate('inventory', {
    question: 'The nodes know another cluster than we do. Is ours right?',
    cost: 'a node that we do not know of is neither asked nor held, and could be Primary',
    minutes: 'none by itself',
    lastExit: 'the question which data is kept',
    expires: '4 hours',
    evidence: async () =>
      run.judge('See whether they name one cluster', judge.inventoryVerdict, {
        seen: await run.read('Look at the nodes’ cluster.conf', look.nodes, { cluster, nodes }),
      }),
  });
}

async function absentGate(run: Run, absent: readonly NodeName[]): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  await run.gate('absent', {
    question: `Nobody can hold ${absent.join(', ')}. Is it switched off, or its cables pulled, and will it stay so?`,
    cost: 'where it lives on, two clusters live. The others refuse its Galera ports until it is held and judged',
    minutes: 'none by itself',
    lastExit: 'the question which data is kept',
    irreversible: true, // nothing that a node says can make up for a wrong word
    expires: '4 hours',
    evidence: async () =>
      run.judge('See who can be reached', judge.wayOut, {
        cluster: run.order.cluster,
        seen: await run.read('Look again', look.nodes, { cluster, nodes }),
      }),
  });
}

/** The way that discards nothing: all know their peers, and find each other. Undefined: they do not, and a person chose to go on. */
async function startAll(scene: Scene) {
  const { run, present, dialect, autofix } = scene;
  const here = present.map(({ node }) => node);
  // A crash recovery that takes minutes looks to it like a node that needs wiping.
  await run.lower(autofix);
  const skip = { maySkip: 'every node is held and read then, and you are asked which data is kept' };
  const start = here.map((node) => startMember(node, dialect, 'with its own data'));
  if (!(await run.change('Start MariaDB on every node: all know their peers, nothing need be discarded', start, skip)))
    return undefined;
  for (const node of here) if ((await untilSynced(run, node, healLimit, skip)) === skipped) return undefined;
  await inService(scene);
  await wholeAtTheEnd(scene);
  return { kept: 'every node', rejoined: [] };
}
