/**
 * Guide 3.1 (Install the database replication tools), 3.3 (The others Servers configuration), 9.2 and 9.3.
 *
 * What a run can give a server it gives, on all at once, and other names for its interfaces one server at a time; what only a person
 * can mend it tells, before anything is touched. A server that is prepared already is not touched at all.
 */
import { emptyClusterConf, installCopyTools, setSysctl } from '../cluster/commands/prepare.js';
import type { NodeSeen } from '../cluster/observation.js';
import type { ServerSeen } from '../cluster/prepare.js';
import type { NodeName } from '../cluster/words.js';
import type { Order } from './messages.js';
import { judge, look } from './proxies.js';
import { rebootOne, rebootRenamed, renameOne } from './renaming.js';
import { runbook } from './runbook.js';

export interface PrepareNodesArgs {
  readonly disableIpv6?: boolean;
}

export const prepareNodes = (order: Order<PrepareNodesArgs>) =>
  runbook('Prepare nodes', order, async (run) => {
    const { name: cluster, nodes } = order.cluster;
    const disableIpv6 = order.args.disableIpv6 === true;
    const { addresses, files } = await run.read('Read our cluster.conf', look.inventory, { cluster });
    let seen: readonly NodeSeen[] = [];
    let servers: readonly ServerSeen[] = [];
    const left: NodeName[] = []; // their interfaces, to a person
    const facts = async () => {
      seen = await run.read('Look at every server', look.nodes, { cluster, nodes });
      const here = seen.filter(({ reachable }) => reachable).map(({ node }) => node);
      servers = await run.read('See what they are like, and whether they reach each other', look.servers, {
        ...{ cluster, nodes: here, addresses },
      });
      return { cluster: order.cluster, clusterConf: files.clusterConf, seen, servers, disableIpv6, left: [...left] };
    };
    const { dialect, lacks, renamings, unbooted } = await run.confirm(
      'Confirm that these servers can become a cluster',
      judge.preparation,
      facts,
    );
    const changed = nodes.filter(
      (node) =>
        Object.values(lacks).some((lacking) => lacking.includes(node)) ||
        [...renamings, ...unbooted].some((one) => one.node === node),
    );
    if (changed.length === 0) return { changed: 'nothing: every server was prepared already' };

    const first = servers; // as they were before
    const sysctl = (node: NodeName, key: string, what: 'nonlocalBind' | 'ipv6Off') =>
      setSysctl(node, order.run, key, '1', first.find((one) => one.node === node)?.[what].now ? '1' : '0');
    if (lacks.tools.length > 0)
      await run.change(
        'Install the database replication tools',
        lacks.tools.map((node) => installCopyTools(node, dialect)),
      );
    if (lacks.clusterConf.length > 0)
      await run.change(
        'Comment out all the configuration in cluster.conf',
        lacks.clusterConf.map((node) => emptyClusterConf(node, dialect, order.run)),
      );
    if (lacks.nonlocalBind.length > 0)
      await run.change(
        'Let services bind addresses that the server does not hold',
        lacks.nonlocalBind.map((node) => sysctl(node, 'net.ipv4.ip_nonlocal_bind', 'nonlocalBind')),
      );
    if (lacks.ipv6Off.length > 0)
      await run.change(
        'Disable IPv6',
        lacks.ipv6Off.map((node) => sysctl(node, 'net.ipv6.conf.all.disable_ipv6', 'ipv6Off')),
      );
    const rebooted: NodeName[] = [];
    const asked: NodeName[] = []; // to be rebooted: one boot is enough for both
    const renamed: NodeName[] = [];
    const named = { cluster: order.cluster, clusterConf: files.clusterConf, addresses, dialect };
    for (const one of unbooted) {
      const { node } = one;
      const before = first.find((server) => server.node === node);
      if (!before) continue; // nobody is unbooted who was not seen
      if (await rebootRenamed(run, before, one, named)) {
        renamed.push(node);
        rebooted.push(node);
      } else left.push(node);
      asked.push(node);
    }
    for (const { node } of renamings) {
      const became = await renameOne(run, node, named);
      if (became === 'renamed') {
        renamed.push(node);
        rebooted.push(node);
      } else left.push(node);
      asked.push(...(became === 'left' ? [] : [node]));
    }
    const why = 'IPv6 is off already; what was started before still listens on it.';
    for (const node of lacks.ipv6Off) {
      const bootId = first.find((one) => one.node === node)?.bootId;
      if (asked.includes(node) || bootId === undefined) continue;
      if (await rebootOne(run, { node, bootId }, why)) rebooted.push(node);
    }
    await run.confirm('Check that every server is prepared', judge.preparedNow, facts);
    return {
      changed,
      ...(renamed.length > 0 && { renamed }),
      ...(rebooted.length > 0 && { rebooted }),
      ...(left.length > 0 && { left: `a person renames the interfaces of ${left.join(', ')}, or reboots it` }),
    };
  });
