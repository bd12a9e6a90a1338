/**
 * Guide 3.5: Integrating the two other nodes. For any one node, of a cluster that lives: a new server, a replaced or
 * reinstalled one, or one that comes back from behind a barrier.
 *
 * The two warnings of 3.5 are behaviour: a joiner that reboots stays held, and what was done to it is found done; the cluster
 * that it joins is looked for again just before its own data goes.
 */
import { enableServices } from '../cluster/commands/configuration.js';
import { startEnabled } from '../cluster/commands/services.js';
import type { HostKeySeen } from '../cluster/host-key.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import type { NodeName } from '../cluster/words.js';
import * as guards from './guards.js';
import { join, takeOver } from './joining.js';
import type { Order } from './messages.js';
import { act, judge, look } from './proxies.js';
import {
  asMember,
  catchUpLimit,
  contentCheck,
  inService,
  type Scene,
  untilSynced,
  wholeAtTheEnd,
} from './rejoining.js';
import { type Run, runbook } from './runbook.js';

export interface JoinNodeArgs {
  readonly node: NodeName;
  /** A cluster with an even number of nodes is wanted. */
  readonly even?: boolean;
}

export const joinNode = (order: Order<JoinNodeArgs>) =>
  runbook('Join a node', order, async (run) => {
    run.goesOnBy('join-node');
    const { name: cluster, nodes } = order.cluster;
    const { node, even = false } = order.args;
    const trusted = await trustHostKey(run, node);
    const inventory = await run.read('Read our cluster.conf', look.inventory, { cluster });
    let seen: readonly NodeSeen[] = [];
    const { mode, from, isNew, barredBy, members, setUpLeft, dialect } = await run.confirm(
      `Find the cluster that ${node} joins`,
      judge.joining,
      async () => {
        seen = await run.read('Look at every node', look.nodes, { cluster, nodes });
        const asked = seen.flatMap((one) => (one.node === node && one.reachable ? [node] : []));
        const [installed] = await run.read(`See whether ${node} is prepared`, look.installed, {
          cluster,
          nodes: asked,
        });
        const hasLogin = inventory.logins.webservices !== undefined;
        return {
          cluster: order.cluster,
          node,
          seen,
          hasLogin,
          even,
          ...(installed && { installed }),
          ...(trusted && { trusted }),
        };
      },
    );
    if (mode === 'in order')
      return {
        kept: 'the living cluster',
        rejoined: [],
        notes: [`${node} serves, and is in order: there was nothing to do.`, ...setUpLeft],
      };
    const reached = seen.filter((one): one is Reached => one.reachable);
    const present = reached.filter((one) => one.node === node || members.includes(one.node));
    const autofix = guards.autofix(run, reached, dialect);
    const scene: Scene = {
      run,
      dialect,
      present,
      autofix,
      resyncFromScratch: false,
      addresses: inventory.addresses,
      joined: node,
    };
    const joiner = { node, from, isNew, barredBy };

    const lowered = [
      guards.clusterCheck(reached, dialect),
      guards.monit(reached, dialect),
      guards.iptables(reached, dialect),
    ];
    await run.lower(autofix, ...lowered);
    const rejoined = mode === 'join' ? [await join(scene, joiner)] : [];
    if (mode === 'member') {
      // A run before this one may have ended when it had joined, and was not released yet.
      const hold = guards.holdServing([node], dialect, `A run before this one held ${node}`);
      await run.putBack(...guards.leftBehind(present, [hold, guards.unitTimers([node], dialect)]));
      await takeOver(scene, joiner, inventory);
      await run.change(`Enable PacketFence’s services on ${node}`, [enableServices(node, dialect, order.run, 'first')]);
    }
    // Alone it could not: it would have lost Primary.
    for (const { node: one, database } of present)
      if (one !== node && database.beginsCluster) {
        await untilSynced(run, node, catchUpLimit); // it may have been rebooted meanwhile
        await asMember(scene, one);
      }
    await inService(scene, lowered);
    const { tables, ...end } = await contentCheck(scene, from, rejoined);
    await wholeAtTheEnd(end);
    await run.putBack(autofix);
    // What was masked could not be enabled before, and on a fresh server it had never run.
    await run.change(`Enable and start what was masked meanwhile on ${node}`, [
      enableServices(node, dialect, order.run, 'last'),
      startEnabled(node, dialect),
    ]);
    return {
      kept: 'the living cluster',
      rejoined,
      ...(tables && { tables }),
      notes: [
        `Join ${node} to the Active Directory domains again: Configuration, Policies and Access Control, Domains (guide 3.5.4).`,
        ...setUpLeft,
      ],
    };
  });

/**
 * A reinstalled server shows another key than before, and so does a stranger in its place: only a named decision tells them apart.
 * True: there was one.
 */
async function trustHostKey(run: Run, node: NodeName): Promise<boolean> {
  const { name: cluster } = run.order.cluster;
  const ask = () => run.read(`See whether the host key of ${node} is the known one`, look.hostKey, { cluster, node });
  let seen: HostKeySeen = await ask();
  if (seen.verdict === 'known' || seen.because !== undefined) return false; // away: the look at every node says why
  await run.gate('host-key', {
    question: `${node} shows a host key that is not the known one. Is it the right server?`,
    cost: 'a stranger in its place would be given the cluster’s configuration, its passwords, and its data',
    minutes: 'none by itself',
    lastExit: 'any time before its data is set aside; the key stays pinned',
    irreversible: true,
    expires: '1 day',
    evidence: async () => {
      seen = await ask();
      return run.judge('See what is known of it, and what is shown', judge.hostKeyVerdict, { seen });
    },
  });
  await run.read(`Take the host key of ${node} for the known one`, act.pinHostKey, {
    cluster,
    node,
    shown: seen.shown,
  });
  return true;
}
