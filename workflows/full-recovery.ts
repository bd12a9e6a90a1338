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
import {
  holdDatabase,
  restartAsMember,
  setDataAside,
  startMember,
  startNewCluster,
} from '../cluster/commands/database.js';
import { asideSuffix } from '../cluster/commands/folders.js';
import { recoverPosition } from '../cluster/commands/recover-position.js';
import { startServices } from '../cluster/commands/services.js';
import type { Dialect } from '../cluster/dialect.js';
import type { Inventory } from '../cluster/inventory.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import type { Rejoin, SealSeen } from '../cluster/recovery.js';
import type { WayOut } from '../cluster/way-out.js';
import type { NodeName } from '../cluster/words.js';
import * as guards from './guards.js';
import type { Order } from './messages.js';
import { judge, look, watch } from './proxies.js';
import { type Run, runbook } from './runbook.js';

const copyLimit: Duration = '12 hours'; // a full copy of 500 GB at 1 Gbit/s is about 70 minutes; ten times that on a bad day
const catchUpLimit: Duration = '30 minutes'; // a gcache is a few hundred MB
const healLimit: Duration = '10 minutes'; // seen: 9 s after the last node is back; crash recovery may take minutes
const serviceLimit: Duration = '5 minutes'; // keepalived waits 30 s before it takes a VIP back
const contentLimit = 900; // seconds: about 100 GB at the throttled rate; what it ends is "not compared"

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
    const wayOut = await run.confirm('Confirm that no node offers database service', judge.wayOut, async () => {
      seen = await run.read('Look at every node', look.nodes, all);
      return { cluster: order.cluster, seen };
    });
    const { dialect } = await run.confirm('See which PacketFence this is', judge.dialect, async () => ({ seen }));
    const inventory = await sameInventory(run, wayOut.present);
    const scene: Scene = { run, dialect, inventory, here: wayOut.present, resyncFromScratch };
    if (wayOut.mode === 'bring back') return bringBack(scene, wayOut, seen);
    if (wayOut.mode === 'heal') return startAll(scene);

    const { present: here, absent } = wayOut;
    const present = seen.filter((node): node is Reached => node.reachable);
    const asked = { cluster, nodes: here, run: order.run };
    if (absent.length > 0) await absentGate(run, absent);

    await run.lower(guards.autofix(run, present, dialect));
    await run.lower(guards.monit(present, dialect));
    await run.lower(guards.unitTimers(here, dialect));
    const hold = guards.hold(present, dialect);
    await run.lower(hold);
    await run.change(
      'Read what every node last committed, and seal it',
      here.map((node) => recoverPosition(node, dialect, order.run)),
    );
    const recovered = await run.read('Collect what was read', look.recovered, asked);
    const caches = await run.read('Read what their caches hold of it', look.caches, { ...asked, recovered });
    const pairs = await run.judge('Judge for every pair whether one history leads to the other', judge.pairs, {
      order: nodes,
      recovered,
      caches,
    });
    const release = await run.judge('See whether the nodes may be started by themselves', judge.mayRelease, { pairs });
    if (release.refusal) run.keep(hold, release.refusal);

    let seals: readonly SealSeen[] = [];
    const { choice: keep } = await run.gate('keep', {
      question: 'Which node’s data is kept? The others are resynchronised from it.',
      cost: 'there is no database service until it is done: a minute, or a full copy for each node that needs one; no way back after this',
      expires: '1 day',
      evidence: async () => {
        seals = await run.read('Check that no held node was touched', look.seals, asked);
        return run.judge('Find the node with the most recent data', judge.nodeToKeep, {
          order: nodes,
          absent,
          recovered,
          pairs,
          seals,
        });
      },
    });
    const rejoins = await run.judge('Find how each of the others can rejoin', judge.waysToRejoin, {
      order: nodes,
      keep,
      recovered,
      pairs,
      caches,
      seals,
      resyncFromScratch,
    });

    if (absent.length > 0) {
      await run.lower(
        guards.barrier(
          absent.map((node) => ({ node, address: inventory.addresses[node] ?? '' })),
          here,
        ),
      );
    }
    await run.confirm('Confirm that no node is Primary', judge.fence, async () => ({
      present: here,
      seen: await run.read('Look once more at every node', look.nodes, all),
    }));

    run.commit(`From here on the cluster is what ${keep} holds`);
    await run.change(`Start a new cluster on ${keep}`, [startNewCluster(keep, dialect, order.run)]);
    for (const one of rejoins) await rejoin(scene, one); // one at a time: no membership change during a transfer
    if (rejoins.length > 0) {
      // Alone it would lose Primary by a restart; and nobody would hold the cluster meanwhile.
      await run.change(`Restart ${keep} as an ordinary member`, [restartAsMember(keep, dialect)]);
      await untilSynced(run, keep, catchUpLimit);
    }
    await inService(scene);
    await contentCheck(scene, keep, rejoins);
    return { kept: keep, rejoined: rejoins.map((one) => ({ ...one, ...setAside(scene, one) })) };
  });

/** What every part of the procedure needs to know. */
interface Scene {
  readonly run: Run;
  readonly dialect: Dialect;
  readonly inventory: Inventory;
  /** The nodes that this run works on. */
  readonly here: readonly NodeName[];
  readonly resyncFromScratch: boolean;
}

async function sameInventory(run: Run, here: readonly NodeName[]): Promise<Inventory> {
  const asked = { cluster: run.order.cluster.name, nodes: here };
  const inventory = await run.read('Compare our cluster.conf with that of the nodes', look.inventory, asked);
  const { same } = await run.judge('See whether they name one cluster', judge.inventoryVerdict, { inventory });
  if (same) return inventory;
  await run.gate('inventory', {
    question: 'The nodes know another cluster than we do. Is ours right?',
    cost: 'a node that we do not know of is neither asked nor held, and could be Primary',
    expires: '4 hours',
    evidence: async () =>
      run.judge('Compare them again', judge.inventoryVerdict, {
        inventory: await run.read('Read the nodes’ cluster.conf again', look.inventory, asked),
      }),
  });
  return inventory;
}

async function absentGate(run: Run, absent: readonly NodeName[]): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  await run.gate('absent', {
    question: `Nobody can hold ${absent.join(', ')}. Is it switched off, or its cables pulled, and will it stay so?`,
    cost: 'where it lives on, two clusters live. The others refuse its Galera ports until it is held and judged',
    expires: '4 hours',
    evidence: async () =>
      run.judge('See who can be reached', judge.wayOut, {
        cluster: run.order.cluster,
        seen: await run.read('Look again', look.nodes, { cluster, nodes }),
      }),
  });
}

/** The way that discards nothing: all know their peers, and find each other. */
async function startAll(scene: Scene) {
  const { run, here, dialect } = scene;
  await run.change(
    'Start MariaDB on every node: all know their peers, nothing need be discarded',
    here.map((node) => startMember(node, dialect, 'with its own data')),
  );
  for (const node of here) await untilSynced(run, node, healLimit);
  await inService(scene);
  return { kept: 'every node', rejoined: [] };
}

async function rejoin({ run, dialect }: Scene, { node, way }: Rejoin): Promise<void> {
  if (way === 'full copy')
    await run.change(`Set the data of ${node} aside`, [setDataAside(node, dialect, run.order.run)]);
  await run.change(`Start MariaDB on ${node} (${way})`, [startMember(node, dialect, way)]);
  await untilSynced(run, node, way === 'full copy' ? copyLimit : catchUpLimit);
}

const setAside = ({ run }: Scene, { way }: Rejoin) =>
  way === 'full copy' ? { aside: `/var/lib/mysql${asideSuffix(run.order.run)}` } : {};

/** A run before this one kept a node out, and the cluster lives: the node is held, judged against a living one, and let in. */
async function bringBack(scene: Scene, { barred, present }: WayOut, seen: readonly NodeSeen[]) {
  const { run, dialect, inventory, resyncFromScratch } = scene;
  const { name: cluster, nodes } = run.order.cluster;
  const all = { cluster, nodes };
  const reached = seen.filter((node): node is Reached => node.reachable);
  const rejoined: Rejoin[] = [];
  await run.lower(guards.autofix(run, reached, dialect));
  for (const node of barred) {
    const asked = { cluster, nodes: [node], run: run.order.run };
    const survivors = reached.filter(({ flags }) => flags.barrier.includes(node)).map((one) => one.node);
    await run.lower(guards.unitTimers([node], dialect));
    await run.change(
      `Stop MariaDB on ${node}, and hold it`,
      reached.filter((one) => one.node === node).map(() => holdDatabase(node, dialect, false)),
    );
    await run.change(`Read what ${node} last committed, and seal it`, [recoverPosition(node, dialect, run.order.run)]);
    const recovered = await run.read(`Collect what was read of ${node}`, look.recovered, asked);
    const caches = await run.read('Read what the caches hold of it', look.caches, {
      cluster,
      nodes: [node, ...survivors.slice(0, 1)],
      recovered,
    });
    const decision = await run.gate('return', {
      question: `Let ${node} in again?`,
      cost: 'the cluster goes on serving meanwhile',
      evidence: async () =>
        run.judge(`Judge the history of ${node} against the living cluster`, judge.bringBack, {
          recovered,
          seen: await run.read('Look at every node', look.nodes, all),
          caches,
          resyncFromScratch,
        }),
    });
    run.commit(`From here on ${node} takes what the cluster holds`);
    const { way, because } = decision.evidence;
    if (way === 'full copy')
      await run.change(`Set the data of ${node} aside`, [setDataAside(node, dialect, run.order.run)]);
    await run.change(
      `Lift the barrier against ${node}`,
      survivors.map((survivor) => keepOut(survivor, node, inventory.addresses[node] ?? '').inverse),
    );
    await run.change(`Start MariaDB on ${node} (${way})`, [startMember(node, dialect, way)]);
    await untilSynced(run, node, way === 'full copy' ? copyLimit : catchUpLimit);
    rejoined.push({ node, way, because });
  }
  await inService({ ...scene, here: present });
  const [reference] = present.filter((node) => !barred.includes(node));
  if (reference) await contentCheck(scene, reference, rejoined);
  return { kept: 'the living cluster', rejoined: rejoined.map((one) => ({ ...one, ...setAside(scene, one) })) };
}

/** Guide 5.4's end, and more than Synced: the services run, and the VIP is served and can be written through. */
async function inService({ run, here, dialect }: Scene): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  await run.change(
    'Start PacketFence’s services',
    here.map((node) => startServices(node, dialect)),
  );
  await run.until(
    'Wait until the virtual addresses are served and can be written through',
    watch.untilServed,
    { cluster, nodes: here },
    serviceLimit,
  );
  await run.confirm('Check the MariaDB sync on every node', judge.wholeAgain, async () => ({
    order: nodes,
    expect: here,
    seen: await run.read('Look at every node, at the end', look.nodes, { cluster, nodes }),
  }));
}

/** Synced is not proof: after an IST the tables are compared. What differs is a question, what took too long is said. */
async function contentCheck(scene: Scene, keep: NodeName, rejoins: readonly Rejoin[]): Promise<void> {
  const { run, dialect } = scene;
  const compared = rejoins.filter(({ way }) => way === 'IST').map(({ node }) => node);
  if (compared.length === 0) return;
  const content = await run.until(
    'Compare the tables of the nodes that kept their data',
    watch.compareContent,
    { cluster: run.order.cluster.name, nodes: [keep, ...compared], limitSeconds: contentLimit },
    `${contentLimit * 2} seconds`,
  );
  const verdict = await run.judge('See whether the nodes hold the same', judge.content, { content });
  if (verdict.differing.length === 0) return;
  const { choice } = await run.gate('content', {
    question: `The tables of ${verdict.differing.join(', ')} differ from those of ${keep}, although all are Synced. Copy them anew?`,
    cost: 'one node at a time leaves the cluster for the length of a full copy',
    evidence: async () => run.judge('See again whether the nodes hold the same', judge.content, { content }),
  });
  if (choice !== 'full-copy') return;
  for (const node of verdict.differing) {
    await run.change(`Stop MariaDB on ${node}, and hold it`, [holdDatabase(node, dialect, true)]);
    await rejoin(scene, { node, way: 'full copy', because: `its tables differed from those of ${keep}` });
  }
  await inService(scene);
}

const untilSynced = (run: Run, node: NodeName, limit: Duration) =>
  run.until(`Wait until ${node} is Synced`, watch.untilSynced, { cluster: run.order.cluster.name, node }, limit);
