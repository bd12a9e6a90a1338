/**
 * Guide 3.5.1-3.5.3, for one node: it takes the configuration over from a living node, and then the data. It joins what
 * lives, and never starts a cluster: its data directory is empty when its server starts, or its history was judged.
 *
 * Its database is held all the while: a server of its own would take the SQL of every node whose proxy sees it, and
 * PacketFence's web services start it by themselves (reference/packetfence-run.md C17, D7).
 */
import {
  enableServices,
  generateMariadbConf,
  readAgain,
  reloadConfiguration,
  restartConfig,
  restartProxies,
  restartWebservices,
  setDefaultTarget,
  syncFrom,
} from '../cluster/commands/configuration.js';
import { setDataAside, startMember } from '../cluster/commands/database.js';
import { writeFile } from '../cluster/commands/files.js';
import { closeConfigurator } from '../cluster/commands/first-configuration.js';
import type { Inventory } from '../cluster/inventory.js';
import type { Login } from '../cluster/logins.js';
import type { Rejoin } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';
import { judgeReturn, liftBarrier } from './bring-back.js';
import * as guards from './guards.js';
import { judge, look } from './proxies.js';
import { catchUpLimit, copyLimit, copyMinutes, type Scene, untilSynced } from './rejoining.js';
import type { Guard } from './runbook.js';

const conf = '/usr/local/pf/conf';
/** Whoever lets a question wait overnight should know. */
const meanwhile = 'Until it is answered, PacketFence’s firewall and the cluster check are off on every node';
const nobody: Login = { user: '', password: '' }; // without a login nobody comes as far as this

/** What is known of the joiner before it is touched. */
export interface Joiner {
  readonly node: NodeName;
  /** The living node whose configuration it takes over. */
  readonly from: NodeName;
  /** The cluster's own cluster.conf does not name it yet. */
  readonly isNew?: boolean;
  /** The living nodes that keep it out. */
  readonly barredBy?: readonly NodeName[];
}

export interface Joined extends Rejoin {
  /** Where what it had stands now. */
  readonly aside?: string;
}

/**
 * From a server with PacketFence's packages to a Synced member whose services are enabled, not started. galera-autofix, the
 * cluster check, monit and the firewall of every node are the caller's to lower, and to put back.
 */
export async function join(scene: Scene, joiner: Joiner): Promise<Joined> {
  const { run, dialect, present } = scene;
  const { node, barredBy = [] } = joiner;
  const { name: cluster, nodes } = run.order.cluster;
  const before = present.filter((seen) => seen.node === node);
  const timers = guards.unitTimers([node], dialect);
  const hold = guards.hold(before, dialect, `Stop MariaDB on ${node}, and hold it`);
  const heldBefore = guards.heldBefore(before);
  run.keep(hold, heldBefore);
  await run.lower(timers, hold);
  const inventory = await run.read('Read our cluster.conf', look.inventory, { cluster });
  if (joiner.isNew) await nameIt(scene, joiner);
  run.keep(hold, `its configuration is the cluster’s: started by itself, ${node} would join with what it holds`);
  await takeOver(scene, joiner, inventory);
  if (joiner.isNew) await tellAll(scene, joiner, inventory);

  const returns = barredBy.length > 0 || heldBefore !== undefined;
  const { way, because, aside, asked } = await whatBecomesOfItsData(scene, joiner, hold, returns);
  await run.confirm('Confirm that the cluster lives, and that the joiner is held', judge.mayJoin, async () => ({
    node,
    ...(way === 'full copy' && !asked && { copies: joiner.from }),
    seen: await run.read('Look once more at every node', look.nodes, { cluster, nodes }),
  }));
  run.commit(`From here on ${node} takes what the cluster holds`);
  run.keep(hold, way === 'full copy' ? `the data of ${node} is to be set aside before it joins` : undefined);
  await letIn(scene, joiner, inventory);
  if (aside !== undefined) {
    const datadir = aside.slice(0, aside.lastIndexOf('.aside-'));
    await run.change(`Set the data of ${node} aside`, [setDataAside(node, dialect, run.order.run, datadir)]);
    run.standsAside(node, aside);
  }
  await run.change(`Start MariaDB on ${node} (${way})`, [startMember(node, dialect, way)]);
  await untilSynced(run, node, way === 'full copy' ? copyLimit : catchUpLimit);
  run.keep(hold, undefined);
  await run.putBack(hold, timers);
  await run.change(`Enable PacketFence’s services on ${node}`, [enableServices(node, dialect, run.order.run, 'first')]);
  return { node, way, because, ...(aside !== undefined && { aside }) };
}

/** Guide 3.5.2: Sync the nodes. Also for a node whose database has joined already. */
export async function takeOver({ run, dialect, present }: Scene, { node, from }: Joiner, inventory: Inventory) {
  const { name: cluster } = run.order.cluster;
  const asked = { cluster, run: run.order.run, configVersion: dialect.configVersion };
  const { addresses, managementVips, logins } = inventory;
  const { seen } = await run.read(`See how ${from} is configured`, look.configuration, { ...asked, nodes: [from] });
  const login = logins.webservices ?? nobody;
  const extra = seen.flatMap(({ extraFiles }) => (extraFiles === '' ? [] : [extraFiles]));
  await run.change(`Sync ${node} with ${from}`, [
    // The list itself is not synced: without it, what it names would not come.
    ...extra.map((text) => writeFile(node, run.order.run, `${conf}/cluster-files.txt`, text)),
    syncFrom(node, dialect, run.order.run, { address: addresses[from] ?? '', login }),
  ]);
  await run.confirm(`Compare what came with what ${from} holds`, judge.sameConfiguration, async () => ({
    ...{ node, from },
    ...(await run.read('Take checksums on both', look.configuration, { ...asked, nodes: [node, from], took: node })),
  }));
  const at = { own: addresses[node] ?? '', virtual: managementVips[node] ?? '' };
  await run.change(`Reload the configuration of ${node} and start its web services`, [
    restartConfig(node, dialect, run.order.run),
    reloadConfiguration(node, dialect, { sameVersion: true }),
    restartProxies(node, dialect, run.order.run),
    restartWebservices(node, dialect, run.order.run, at),
  ]);
  const joiner = present.find((one) => one.node === node);
  await run.change(`Let ${node} know every node, and boot as one of them`, [
    restartConfig(node, dialect, run.order.run), // rebooted meanwhile, a new server boots without it
    generateMariadbConf(node, dialect, Object.values(addresses)),
    setDefaultTarget(node, dialect.defaultTarget, joiner?.flags.defaultTarget || 'multi-user.target'),
    ...closeConfigurator(node, dialect, run.order.run, joiner?.host.version ?? ''),
  ]);
}

/** The node that gives its configuration learns of the new server first: its own programs on the joiner need to find themselves in it. */
async function nameIt({ run, dialect }: Scene, { node, from }: Joiner): Promise<void> {
  const { name: cluster } = run.order.cluster;
  const asked = { cluster, nodes: [from], run: run.order.run, configVersion: dialect.configVersion };
  let ours = '';
  await run.gate('cluster-conf', {
    question: `Add ${node} to the cluster.conf of the running cluster?`,
    cost: `none by itself; the proxies of the other nodes are restarted one after the other. ${meanwhile}`,
    minutes: 'about 5',
    lastExit: 'the point where every node is told; until then abort puts the file back',
    evidence: async () => {
      const read = await run.read(`See the cluster.conf of ${from}`, look.configuration, asked);
      ours = read.ours;
      return run.judge('See what ours would change', judge.newClusterConf, { from, ...read });
    },
  });
  await run.change(`Name ${node} in the cluster.conf of ${from}, and reload it`, [
    readAgain(
      writeFile(from, run.order.run, `${conf}/cluster.conf`, ours),
      reloadConfiguration(from, dialect, { sameVersion: true }),
    ),
    reloadConfiguration(from, dialect),
  ]);
}

/** Each takes it over: who gives it to all would also give it to a server that is named, and has not joined yet, and fail. */
async function tellAll(
  { run, dialect, present }: Scene,
  { node, from }: Joiner,
  { addresses, logins }: Inventory,
): Promise<void> {
  run.commit(`From here on every node knows ${node}`);
  const giver = { address: addresses[from] ?? '', login: logins.webservices ?? nobody };
  const others = present.filter((one) => ![node, from].includes(one.node));
  if (others.length > 0)
    await run.change(
      `Sync every node with ${from}`,
      others.map((one) => syncFrom(one.node, dialect, run.order.run, giver)),
    );
  for (const { node: one } of present)
    if (one !== node)
      await run.change(`Reload the configuration of ${one}, and restart its proxies`, [
        reloadConfiguration(one, dialect, { sameVersion: true }),
        restartProxies(one, dialect, run.order.run),
      ]);
}

/** Guide 3.5.3 flushes it. Here it is judged where it may lead to the cluster's, else set aside, after a question where somebody may miss it. */
async function whatBecomesOfItsData(
  scene: Scene,
  { node, from, barredBy = [] }: Joiner,
  hold: Guard,
  returns: boolean,
): Promise<Pick<Joined, 'way' | 'because' | 'aside'> & { readonly asked?: true }> {
  const { run, present } = scene;
  const { name: cluster } = run.order.cluster;
  const judged = async (asking: boolean) => {
    const [data] = await run.read(`See what the data directory of ${node} holds`, look.data, {
      cluster,
      nodes: [node],
    });
    if (!data) throw new Error(`no answer for ${node}`);
    const room = asking && {
      from,
      seen: await run.read(`See whether a full copy fits on ${node}`, look.nodes, { cluster, nodes: [node, from] }),
    };
    return run.judge('See whether anybody may miss it', judge.joinersData, {
      data,
      run: run.order.run,
      ...(room && { room }),
    });
  };
  const { ofValue, to } = await judged(false);
  if (!ofValue) return { way: 'full copy', because: 'it held no table of anybody’s own', aside: to };
  if (returns) {
    const living = present.map((one) => one.node).filter((one) => one !== node);
    const { way, because } = await judgeReturn(scene, node, hold, barredBy.length > 0 ? barredBy : living, true);
    return { way, because, ...(way === 'full copy' && { aside: to }) };
  }
  await run.gate('data', {
    question: `${node} holds data of its own. Set it aside, and copy all from the cluster?`,
    cost: `the cluster goes on serving meanwhile. ${meanwhile}`,
    minutes: `about 1, ${copyMinutes}`,
    lastExit: `this question. After it ${node} takes what the cluster holds`,
    irreversible: true,
    evidence: () => judged(true),
  });
  return { way: 'full copy', because: 'it joins with nothing of its own', aside: to, asked: true };
}

/** It keeps out whom the others still keep out, also where nobody kept itself out: they would join through it. */
async function letIn(scene: Scene, { node, barredBy = [] }: Joiner, { addresses }: Inventory): Promise<void> {
  const { run, present } = scene;
  const still = new Set(present.flatMap(({ flags }) => flags.barrier).filter((out) => out !== node));
  if (still.size > 0) await run.lower(guards.barrier([...still], [node], addresses));
  if (barredBy.length > 0) await liftBarrier(scene, node, barredBy, addresses);
}
