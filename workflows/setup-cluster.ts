/**
 * Guide 3.1-3.6: Cluster Setup; with zones, 7.1 and 7.2 up to their networks.
 *
 * The first server's database alone, secured; the configurator, a person's work; PacketFence's files; a new cluster on
 * the first server; then every other one joins it, one at a time, and the first becomes a member like any other.
 *
 * A run that was aborted is started again: what it did is found done. Where the first server is rebooted meanwhile, it
 * starts a new cluster again only as long as nobody has joined it: the guide's letter would split the brain.
 */
import type { Duration } from '@temporalio/common';
import {
  enableServices,
  readAgain,
  reloadConfiguration,
  restartConfig,
  setDefaultTarget,
} from '../cluster/commands/configuration.js';
import { restartAsMember, startMember, startNewCluster } from '../cluster/commands/database.js';
import { writeFile } from '../cluster/commands/files.js';
import { closeConfigurator, nameTheCluster } from '../cluster/commands/first-configuration.js';
import { addReplicationUser, noteSetUp, secureDatabase, startAlone } from '../cluster/commands/first-database.js';
import { recoverPosition, sealAgain } from '../cluster/commands/recover-position.js';
import { restartServices, startEnabled } from '../cluster/commands/services.js';
import type { Installed } from '../cluster/installed.js';
import type { Inventory } from '../cluster/inventory.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import type { SetUpOutset } from '../cluster/set-up.js';
import type { NodeName } from '../cluster/words.js';
import { skipped } from './conduct.js';
import * as guards from './guards.js';
import { type Joined, join, takeOver } from './joining.js';
import type { Order } from './messages.js';
import { judge, look, watch } from './proxies.js';
import { catchUpLimit, contentCheck, inService, type Scene, untilSynced, wholeAtTheEnd } from './rejoining.js';
import { type Guard, type Run, runbook } from './runbook.js';
import { applyVrrp, secretFor } from './secure-keepalived.js';

const conf = '/usr/local/pf/conf';
const serviceLimit: Duration = '5 minutes'; // keepalived waits 30 s before it takes an address

/** What every part of it needs to know. */
interface SetUp extends Scene, Pick<SetUpOutset, 'replication' | 'webservices' | 'formed'> {
  readonly first: NodeName;
  readonly inventory: Inventory;
  /** Our cluster.conf. */
  readonly clusterConf: string;
  /** An earlier run has written the first server's cluster.conf. */
  readonly configured: boolean;
  /** Of every server's database, until it joins. */
  readonly hold: Guard;
}

export const setupCluster = (order: Order) =>
  runbook('Set up a cluster', order, async (run) => {
    run.goesOnBy('setup-cluster');
    const { nodes } = order.cluster;
    const [first = '', ...others] = nodes;
    const setUp = await begin(run, first);
    const { dialect, present } = setUp;

    const lowered = [
      guards.monit(present, dialect),
      guards.clusterCheck(present, dialect),
      guards.iptables(present, dialect),
      guards.unitTimers(nodes, dialect),
    ];
    await run.lower(setUp.autofix, ...lowered);
    await run.change(`Note on ${first} that its cluster is being set up`, [noteSetUp(first, false)]);

    if (!setUp.formed) {
      if (!setUp.configured) {
        await firstDatabase(setUp);
        await configurator(setUp);
      }
      await configuration(setUp);
    }
    await firstInService(setUp);
    const rejoined: Joined[] = [];
    for (const [i, node] of others.entries()) {
      await clusterStands(setUp, others.slice(0, i));
      rejoined.push(...(await bringIn(setUp, node)));
    }
    await clusterStands(setUp, others);
    // It may be what one that was rebooted takes its copy from.
    for (const node of others) await untilSynced(run, node, catchUpLimit);
    await run.change(`Restart ${first} as an ordinary member`, [restartAsMember(first, dialect)]);
    await untilSynced(run, first, catchUpLimit);
    run.keep(setUp.hold, undefined);
    await inService(setUp, [setUp.hold, ...lowered]);
    const { tables, ...end } = await contentCheck(setUp, first, rejoined);
    await wholeAtTheEnd(end);
    await run.putBack(setUp.autofix);
    await run.change(
      'Start what was stopped meanwhile, on every server',
      nodes.flatMap((node) => [enableServices(node, dialect, order.run, 'last'), startEnabled(node, dialect)]),
    );
    // Every keepalived has begun with it, but where an earlier run had come further than to the first server's files.
    const { secret } = await applyVrrp(run, { secret: 'new' }, { begun: true });
    run.commit('From here on the cluster is set up');
    // Before the last question: a cluster that serves must not be taken for one that is still being made.
    await run.change(`Note on ${first} that the cluster is set up`, [noteSetUp(first, true)]);
    run.goesOnBy(undefined);
    const domains = await domainsJoined(run);
    return {
      kept: `what ${first} held`,
      rejoined,
      ...(tables && { tables }),
      notes: [
        `Keepalived’s shared key is a new one: ${secret}.`,
        ...(domains === 'none' ? ['No server was joined to an Active Directory domain.'] : []),
      ],
    };
  });

/** Guide 3.1-3.3's conditions. */
async function begin(run: Run, first: NodeName): Promise<SetUp> {
  const { name: cluster, nodes } = run.order.cluster;
  const inventory = await run.read('Read our cluster.conf and access.ini', look.inventory, { cluster });
  const { addresses, logins } = inventory;
  const secrets = await run.read('See whether the passwords can be carried', look.secrets, { cluster });
  let seen: readonly NodeSeen[] = [];
  let installed: readonly Installed[] = [];
  const outset = await run.confirm(
    'Confirm that every server is just installed, and prepared',
    judge.setUpOutset,
    async () => {
      seen = await run.read('Look at every server', look.nodes, { cluster, nodes });
      const reached = seen.filter((one) => one.reachable).map(({ node }) => node);
      installed = await lookAtInstalled(run, reached);
      const data = await run.read('See what their data directories hold', look.data, { cluster, nodes: reached });
      return { cluster: run.order.cluster, seen, installed, data, logins, secrets };
    },
  );
  const { ours } = await run.read('Read our cluster.conf', look.configuration, {
    ...{ cluster, nodes: [], run: run.order.run },
    configVersion: outset.dialect.configVersion,
  });
  const present = seen.filter((one): one is Reached => one.reachable);
  const hold = guards.hold(present, outset.dialect, 'Stop MariaDB on every server, and hold it');
  const configured = installed.some(({ node, servers }) => node === first && servers.length > 0);
  const known = { inventory, addresses, clusterConf: ours, configured };
  const autofix = guards.autofix(run, present, outset.dialect);
  return { run, first, present, ...outset, ...known, hold, autofix, resyncFromScratch: false };
}

const lookAtInstalled = (run: Run, nodes: readonly NodeName[]) =>
  run.read('Look at what is installed there', look.installed, { cluster: run.order.cluster.name, nodes });

/** Guide 3.2. */
async function firstDatabase({ run, first, dialect, replication }: SetUp): Promise<void> {
  await run.change(`Start MariaDB on ${first}, alone`, [startAlone(first, dialect)]);
  await run.change('Secure it, and create the user for the replication', [
    startAlone(first, dialect), // rebooted meanwhile, it does not start by itself
    secureDatabase(first),
    addReplicationUser(first, replication),
  ]);
}

/** Guide 3.3.1: a person's work. The question comes only where something is left to do. */
async function configurator({ run, first, clusterConf }: SetUp): Promise<void> {
  const { name: cluster, nodes } = run.order.cluster;
  for (;;) {
    const installed = await lookAtInstalled(run, nodes);
    const data = await run.read(`See what the data directory of ${first} holds`, look.data, {
      cluster,
      nodes: [first],
    });
    const task = () =>
      run.judge('See whether every server is configured as cluster.conf says', judge.configurator, {
        ...{ clusterConf, installed, data },
      });
    if ((await task()).shown.length === 0) return;
    await run.gate('configurator', {
      question: 'Is the configurator done, on every server as told here?',
      cost: 'none: nothing serves yet',
      minutes: 'none by itself; the work takes about a quarter of an hour',
      lastExit: 'until the new cluster is started',
      evidence: task,
    });
  }
}

/** Guide 3.4.1 and 3.4.2, up to checkup. All that is said of the database is expected: it is not there yet. */
async function configuration({
  run,
  first,
  present,
  dialect,
  clusterConf,
  replication,
  webservices,
}: SetUp): Promise<void> {
  const { run: name, cluster } = run.order;
  const sharedKey = await secretFor(run, 'new', true);
  const [pfConf, ...others] = nameTheCluster(first, dialect, name, { replication, webservices, sharedKey });
  const reload = reloadConfiguration(first, dialect, { sameVersion: true });
  await run.change(
    'Write how the cluster’s database is reached, with which logins, and keepalived’s shared key',
    // The first change is the last that is taken back.
    [readAgain(pfConf, restartConfig(first, dialect, name), reload), ...others],
  );
  await run.change('Let PacketFence read it', [
    restartConfig(first, dialect, name),
    reloadConfiguration(first, dialect),
  ]);
  await run.change(`Write cluster.conf on ${first}, and let PacketFence read it`, [
    writeFile(first, name, `${conf}/cluster.conf`, clusterConf),
    reloadConfiguration(first, dialect),
  ]);
  await run.confirm('Confirm that checkup has no complaint but of the database', judge.checkupVerdict, async () => ({
    ...{ databaseMayBeAway: true, announces: dialect.checkupAnnounces },
    seen: await run.read(`Run checkup on ${first}`, look.checkup, { cluster: cluster.name, nodes: [first] }),
  }));
  const { flags, host } = present.find(({ node }) => node === first) ?? {};
  await run.change(`Boot ${first} to PacketFence’s cluster`, [
    setDefaultTarget(first, dialect.defaultTarget, flags?.defaultTarget ?? ''),
    ...closeConfigurator(first, dialect, name, host?.version ?? ''),
  ]);
}

/** Guide 3.4.2's new cluster, and the second warning of 3.5. */
async function clusterStands(setUp: SetUp, joined: readonly NodeName[]): Promise<void> {
  const { run, first, dialect, hold, present } = setUp;
  const { name: cluster, nodes } = run.order.cluster;
  const all = { cluster, nodes };
  const { standing } = await run.confirm('See who holds the cluster', judge.standing, async () => ({
    first,
    joined,
    seen: await run.read('Look at every server', look.nodes, all),
  }));
  if (standing === 'first') return;
  if (standing === 'others') {
    await run.change(`Start MariaDB on ${first}: it joins`, [startMember(first, dialect, 'IST')]);
    await untilSynced(run, first, catchUpLimit);
    return;
  }
  run.keep(hold, guards.heldBefore(present));
  await run.lower(hold);
  await run.change(`Read what ${first} holds, and seal it`, [recoverPosition(first, dialect, run.order.run)]);
  await run.confirm('Confirm that no node is Primary', judge.fence, async () => ({
    present: nodes,
    seen: await run.read('Look once more at every server', look.nodes, all),
  }));
  run.commit(`From here on the cluster is what ${first} holds`);
  run.keep(hold, 'the data of a server is to be set aside before it joins');
  await run.change(`Start a new cluster on ${first}`, [
    // Rebooted since it was read, it is held still, and its data is what it was: else this could only be tried again in vain.
    sealAgain(first, dialect, run.order.run),
    startNewCluster(first, dialect, run.order.run),
  ]);
}

/** Guide 3.4.2's end: the cluster is there, PacketFence runs on the first server, and serves its virtual addresses. */
async function firstInService(setUp: SetUp): Promise<void> {
  const { run, first, dialect } = setUp;
  const { name: cluster } = run.order.cluster;
  const maySkip = 'who holds the cluster is looked at again, and what is missing is started';
  for (let served: unknown = skipped; served === skipped; ) {
    await clusterStands(setUp, []);
    await run.change(`Start PacketFence on ${first}`, [
      enableServices(first, dialect, run.order.run, 'first'),
      restartServices(first, dialect),
    ]);
    served = await run.until(
      'Wait until the virtual addresses are served, and can be written through',
      watch.untilServed,
      { cluster, nodes: [first] },
      serviceLimit,
      { maySkip },
    );
  }
}

/** Guide 3.5, for one server: whatever of it is done already is found done. */
async function bringIn(setUp: SetUp, node: NodeName): Promise<readonly Joined[]> {
  const { run, dialect } = setUp;
  const { name: cluster, nodes } = run.order.cluster;
  const { mode, from, barredBy } = await run.confirm(
    `Find the cluster that ${node} joins`,
    judge.joining,
    async () => ({
      ...{ cluster: run.order.cluster, node, hasLogin: true, even: true, begun: true },
      seen: await run.read('Look at every server', look.nodes, { cluster, nodes }),
    }),
  );
  if (mode === 'join') return [await join(setUp, { node, from, barredBy })];
  await takeOver(setUp, { node, from }, setUp.inventory);
  await run.change(`Enable PacketFence’s services on ${node}`, [enableServices(node, dialect, run.order.run, 'first')]);
  return [];
}

/** Guide 3.5.4. */
async function domainsJoined(run: Run): Promise<string> {
  const { choice } = await run.gate('domains', {
    question: 'Has every server joined its domains?',
    cost: 'none: the cluster serves',
    minutes: 'none by itself',
    lastExit: 'past: the cluster is set up, and nothing is taken back',
    evidence: async () => run.judge('See which servers are meant', judge.domainsTask, { cluster: run.order.cluster }),
  });
  return choice;
}
