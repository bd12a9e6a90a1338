/**
 * Guide 7.2: Servers network configuration, client network configuration, and wrapping up.
 *
 * The guide edits one server, reloads, and syncs. Until the sync is over, the cluster check may find two configurations and
 * revert the edit (from 12 on, a reload alone makes a new version). Here the same keys are set on every node first, so that
 * whichever node is taken for right holds them; PacketFence is then restarted on one node at a time.
 */
import type { Duration } from '@temporalio/common';
import { reloadConfiguration, syncAsMaster } from '../cluster/commands/configuration.js';
import { setNetworks } from '../cluster/commands/networks.js';
import { restartServices } from '../cluster/commands/services.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import * as guards from './guards.js';
import type { Order } from './messages.js';
import { judge, look, watch } from './proxies.js';
import { runbook } from './runbook.js';

const servedLimit: Duration = '10 minutes'; // keepalived waits 30 s before it takes an address back

export const applyNetworks = (order: Order) =>
  runbook('Apply networks', order, async (run) => {
    const { name: cluster, nodes } = order.cluster;
    const [first = ''] = nodes;
    const { vips, files } = await run.read('Read our cluster.conf and networks.conf', look.inventory, { cluster });
    let seen: readonly NodeSeen[] = [];
    const { dialect, clusterConf, networksConf, routes } = await run.confirm(
      'Confirm that the networks are well formed, and that every node is here',
      judge.mayApplyNetworks,
      async () => {
        seen = await run.read('Look at every node', look.nodes, { cluster, nodes });
        return { cluster: order.cluster, seen, files };
      },
    );
    const present = seen.filter((one): one is Reached => one.reachable);
    const quiet = [guards.monit(present, dialect), guards.clusterCheck(present, dialect)];
    const set = nodes.flatMap((node) => setNetworks(node, dialect, order.run, { clusterConf, networksConf }));
    const restart = nodes.map((node) => restartServices(node, dialect));
    const missing = await run.unmet('See where they are not set yet, or not in force', [...set, ...restart]);
    const there = () =>
      run.confirm('Check that every server has a route to the remote networks', judge.routesTaken, async () => ({
        seen: await run.read('See which way each server takes', look.routes, { cluster, routes }),
      }));
    if (missing.length === 0) {
      await run.putBack(...guards.leftBehind(present, quiet));
      await there();
      return { restarted: 'nobody: the networks were in force already' };
    }

    await run.gate('equipment', {
      question: 'Is the network equipment told what it needs for these networks?',
      cost: 'clients of a network whose relays, routes or access lists are missing get no address, or no portal',
      minutes: `about ${3 * nodes.length + 4}`,
      lastExit: 'the restart of the first node',
      expires: '1 day',
      evidence: () => run.judge('Fill in what network equipment needs', judge.equipmentTold, { files }),
    });

    await run.lower(...quiet);
    await run.change('Set the networks on every node', set);
    const reload = () =>
      run.change(
        'Reload the configuration',
        nodes.map((node) => reloadConfiguration(node, dialect, { sameVersion: true })),
      );
    const sync = () => run.change('Sync the cluster', [syncAsMaster(first, order.run)]);
    if (dialect.reloadMakesVersion) {
      await sync();
      await reload();
    } else {
      await reload();
      await sync();
    }

    await run.confirm('Check what PacketFence’s own checkup says', judge.checkupVerdict, async () => ({
      announces: dialect.checkupAnnounces,
      seen: await run.read('Run the checkup on every node', look.checkup, { cluster, nodes }),
    }));
    run.commit('From here on the nodes go by the new networks, one after the other');
    // Who serves an address goes last: the addresses move once each way.
    const serves = (node: string) =>
      present.some((one) => one.node === node && one.host.addresses.some((address) => vips.includes(address)));
    const inOrder = restart.toSorted((a, b) => Number(serves(a.node)) - Number(serves(b.node)));
    for (const change of inOrder) {
      await run.change(`Restart PacketFence on ${change.node}`, [change]);
      await run.until(
        'Wait until the virtual addresses are served and can be written through',
        watch.untilServed,
        { cluster, nodes },
        servedLimit,
      );
    }
    await there();
    await run.putBack(...quiet);
    return { restarted: inOrder.map(({ node }) => node) };
  });
