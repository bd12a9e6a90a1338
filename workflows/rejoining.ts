/** What every recovery ends with: a node rejoins, the services run, and what kept its data is compared by content. */
import type { Duration } from '@temporalio/common';
import { restartAsMember, setDataAside, startMember } from '../cluster/commands/database.js';
import { asideOf } from '../cluster/commands/folders.js';
import { startServices } from '../cluster/commands/services.js';
import type { ContentSeen } from '../cluster/content.js';
import type { Dialect } from '../cluster/dialect.js';
import type { Inventory } from '../cluster/inventory.js';
import type { Reached } from '../cluster/observation.js';
import type { Rejoin } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';
import { skipped } from './conduct.js';
import * as guards from './guards.js';
import { judge, look, watch } from './proxies.js';
import type { Guard, Run } from './runbook.js';

export const copyLimit: Duration = '12 hours'; // a full copy of 500 GB at 1 Gbit/s is about 70 minutes; ten times that on a bad day
/** As an operator is told: the same rate, and half a minute to start. */
export const copyMinutes = 'and for each full copy 1 or 2 more per 10 GB of data (at 1 Gbit/s)';
export const catchUpLimit: Duration = '30 minutes'; // a gcache is a few hundred MB
const serviceLimit: Duration = '5 minutes'; // keepalived waits 30 s before it takes a VIP back
const contentLimit = 900; // seconds: about 100 GB at the throttled rate; what it ends is "not compared"

/** What every part of a recovery needs to know. */
export interface Scene {
  readonly run: Run;
  readonly dialect: Dialect;
  /** The nodes that this run works on. */
  readonly present: readonly Reached[];
  readonly resyncFromScratch: boolean;
  readonly autofix: guards.Autofix;
  /** Set: at the end every member must list exactly these. */
  readonly addresses?: Inventory['addresses'];
  /** Who joined just now: where it reboots meanwhile, it comes back by itself, and is waited for. */
  readonly joined?: NodeName;
  /** Set by the content check, where it could not compare them all. */
  readonly tables?: ContentSeen;
}

/** False: it did not come back, and a person chose to go on without it; then `leaveOut` is due. */
export async function rejoin({ run, dialect, ...scene }: Scene, { node, way }: Rejoin): Promise<boolean> {
  const skip = { maySkip: `${node} stays out, behind a barrier, until full-recovery is run again` };
  const aside = async () => {
    const datadir = datadirOf(scene, node);
    const made = await run.change(
      `Set the data of ${node} aside`,
      [setDataAside(node, dialect, run.order.run, datadir)],
      skip,
    );
    if (made) run.standsAside(node, asideOf(datadir, run.order.run));
    return made;
  };
  if (way === 'full copy' && !(await aside())) return false;
  if (!(await run.change(`Start MariaDB on ${node} (${way})`, [startMember(node, dialect, way)], skip))) return false;
  const limit = way === 'full copy' ? copyLimit : catchUpLimit;
  return (await untilSynced(run, node, limit, skip)) !== skipped;
}

/** Who did not come back stays out until a later run has held and judged it. The scene without it. */
export async function leaveOut(scene: Scene, left: readonly NodeName[]): Promise<Scene> {
  const present = scene.present.filter(({ node }) => !left.includes(node));
  await raiseBarrier({ ...scene, present }, left);
  return { ...scene, present };
}

/** Every node of the scene keeps these out. */
export async function raiseBarrier({ run, present }: Scene, out: readonly NodeName[]): Promise<void> {
  if (out.length === 0) return;
  const survivors = present.map(({ node }) => node);
  await run.lower(guards.barrier(out, survivors, await addressesOf(run)));
}

export const addressesOf = async (run: Run): Promise<Inventory['addresses']> =>
  (await run.read('Read our cluster.conf', look.inventory, { cluster: run.order.cluster.name })).addresses;

/** Out of the bootstrap, while others hold the cluster: alone it would lose Primary. */
export async function asMember({ run, dialect }: Pick<Scene, 'run' | 'dialect'>, node: NodeName): Promise<void> {
  await run.change(`Restart ${node} as an ordinary member`, [restartAsMember(node, dialect)]);
  await untilSynced(run, node, catchUpLimit);
}

/** As the report names it. */
export const rejoined = ({ run, ...scene }: Scene, rejoins: readonly Rejoin[]) =>
  rejoins.map((one) => ({
    ...one,
    ...(one.way === 'full copy' && { aside: asideOf(datadirOf(scene, one.node), run.order.run) }),
  }));

const datadirOf = ({ present }: Pick<Scene, 'present'>, node: NodeName): string =>
  present.find((one) => one.node === node)?.database.datadir.path || '/var/lib/mysql';

export const untilSynced = (run: Run, node: NodeName, limit: Duration, skip: { readonly maySkip?: string } = {}) =>
  run.until(`Wait until ${node} is Synced`, watch.untilSynced, { cluster: run.order.cluster.name, node }, limit, skip);

/** More than Synced: the services run, and the VIP is served and can be written through. */
export async function inService({ run, present, dialect }: Scene, lowered: readonly Guard[] = []): Promise<void> {
  const { name: cluster } = run.order.cluster;
  const here = present.map(({ node }) => node);
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
  await run.putBack(...lowered);
}

/** Guide 5.4's end, after everything else. */
export async function wholeAtTheEnd({ run, present, autofix, addresses, joined }: Scene): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  if (joined !== undefined) await untilSynced(run, joined, catchUpLimit);
  const found = await run.confirm('Check the MariaDB sync on every node', judge.wholeAgain, async () => ({
    order: nodes,
    expect: present.map(({ node }) => node),
    ...(addresses && { addresses }),
    seen: await run.read('Look at every node, at the end', look.nodes, { cluster, nodes }),
  }));
  autofix.judged = found.autofix;
}

/** Synced is not proof: after an IST the tables are compared. What differs is a question, what took too long is said. The scene without what does not come back. */
export async function contentCheck(scene: Scene, reference: NodeName, rejoins: readonly Rejoin[]): Promise<Scene> {
  const { run, dialect, present } = scene;
  const compared = rejoins.filter(({ way }) => way === 'IST').map(({ node }) => node);
  if (compared.length === 0) return scene;
  const content = await run.until(
    'Compare the tables of the nodes that kept their data',
    watch.compareContent,
    { cluster: run.order.cluster.name, nodes: [reference, ...compared], limitSeconds: contentLimit },
    `${contentLimit * 2} seconds`,
  );
  const differs = content.others.filter(({ result }) => result === 'differs').map(({ node }) => node);
  const seen = content.others.some(({ result }) => result === 'not compared') ? { ...scene, tables: content } : scene;
  if (differs.length === 0) return seen;
  const names = differs.join(', ');
  const { choice } = await run.gate('content', {
    question: `The tables of ${names} differ from those of ${reference}, although all are Synced. Copy them anew?`,
    cost: 'one node at a time leaves the cluster for the length of a full copy; what it alone holds is set aside',
    minutes: `about 1 for each node, ${copyMinutes}`,
    lastExit: 'this question. Left as they are, the nodes go on serving what each holds',
    irreversible: true,
    evidence: async () => run.judge('See whether the nodes hold the same', judge.content, { content }),
  });
  if (choice !== 'full-copy') return seen;
  const differing = present.filter(({ node }) => differs.includes(node));
  const lowered = [guards.monit(differing, dialect), guards.unitTimers(differs, dialect)];
  await run.lower(...lowered);
  const left: NodeName[] = [];
  for (const node of differs) {
    const because = `its tables differed from those of ${reference}`;
    const hold = guards.holdServing([node], dialect, `Stop MariaDB on ${node}, and hold it`);
    run.keep(hold, because); // started by itself it would serve them again
    await run.lower(hold);
    if (await rejoin(scene, { node, way: 'full copy', because })) {
      run.keep(hold, undefined);
      await run.putBack(hold);
    } else left.push(node);
  }
  const whole = await leaveOut(scene, left);
  await inService(whole, lowered);
  return whole;
}
