/** Plays the person in front of PacketFence's configurator on one node (guide 3.3.1). */
import { INTERFACES } from './cluster-conf.js';
import { address, address2, type Lab, netmask } from './lab.js';
import { nodeExec, nodeRun } from './machine.js';
import { WRITER_TABLE } from './seed.js';
import { until } from './shell.js';
import { runSql } from './sql.js';
import { LAB_USERS } from './users.js';

export interface Configure {
  /** The network step alone, as on the servers that will join. */
  readonly onlyNetwork?: boolean;
}

export async function configure(lab: Lab, node: string, { onlyNetwork = false }: Configure = {}): Promise<void> {
  const mask = netmask(lab);
  const answers = {
    interfaces: [
      { name: INTERFACES[0], ip: address(lab, node), mask, type: 'management,high-availability' },
      { name: INTERFACES[1], ip: address2(lab, node), mask, type: 'vlan-registration' },
    ],
    hostname: node,
    root_password: LAB_USERS.ROOT_PASSWORD,
    user: LAB_USERS.DB_USER,
    password: LAB_USERS.DB_PASSWORD,
    only_network: onlyNetwork,
  };
  // Before, its pages only say that there is no configuration: a person waits, and loads them again.
  await until(`packetfence-config of ${node} to listen`, 60, async () =>
    (await nodeExec(lab, node, 'ss -ltn | grep -q :44444')).code === 0 ? true : undefined,
  );
  await nodeRun(lab, node, '/usr/local/lib/pfrunbook-lab/configurator', { input: JSON.stringify(answers) });
  if (!onlyNetwork) await runSql(lab, node, WRITER_TABLE);
}

/** What guide 3.3 has an administrator type on each server. */
export async function allowNonlocalBind(lab: Lab, nodes: readonly string[] = lab.nodes): Promise<void> {
  for (const node of nodes)
    await nodeRun(lab, node, 'echo net.ipv4.ip_nonlocal_bind = 1 >>/etc/sysctl.conf; sysctl -qp');
}
