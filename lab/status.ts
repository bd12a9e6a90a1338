/** What a lab looks like from outside, for people, for `up` to wait on, and for tests. */
import { address, type Lab, loadLab, vip, zoneOf } from './lab.js';
import { accepts, nodeExec, OFF } from './machine.js';
import { isParted } from './network.js';
import { until } from './shell.js';
import { CLIENT } from './sql.js';

export interface NodeStatus {
  readonly node: string;
  readonly address: string;
  readonly on: boolean;
  /** systemd's word for packetfence-mariadb: active, activating, inactive, failed; '-' while the node is off. */
  readonly unit: string;
  /** wsrep_cluster_status: Primary, non-Primary, Disconnected; '-' while no server answers. */
  readonly cluster: string;
  /** wsrep_local_state_comment: Synced, Joining, Donor/Desynced, Initialized... */
  readonly state: string;
  readonly size: number;
  /** Holds the virtual address of its zone. */
  readonly vip: boolean;
}

export interface LabStatus {
  readonly lab: string;
  readonly vip: string;
  readonly parted: boolean;
  readonly nodes: readonly NodeStatus[];
}

export async function labStatus(name: string): Promise<LabStatus> {
  const lab = await loadLab(name);
  const nodes = await Promise.all(lab.nodes.map((node) => nodeStatus(lab, node)));
  return { lab: name, vip: vip(lab), parted: await isParted(lab), nodes };
}

export async function nodeStatus(lab: Lab, node: string): Promise<NodeStatus> {
  const { code, stdout } = await nodeExec(lab, node, LOOK, { timeout: 8_000 });
  const value = new Map(stdout.split('\n').map((line) => [line.split('\t')[0], line.split('\t')[1]]));
  return {
    node,
    address: address(lab, node),
    on: code !== OFF,
    unit: value.get('unit') ?? '-',
    cluster: value.get('wsrep_cluster_status') ?? '-',
    state: value.get('wsrep_local_state_comment') ?? '-',
    size: Number(value.get('wsrep_cluster_size') ?? 0),
    vip: stdout.includes(` ${vip(lab, zoneOf(lab, node))}/`),
  };
}

/** One visit: a wait asks this again and again, on a busy machine. */
const LOOK = `
  printf 'unit\\t%s\\n' "$(systemctl is-active packetfence-mariadb)"
  ip -o -4 address
  timeout 4 ${CLIENT} -e "show global status where variable_name in ('wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_cluster_size')"
  :`;

export const healthy = (nodes: readonly NodeStatus[]): boolean =>
  nodes.every(({ cluster, state, size }) => cluster === 'Primary' && state === 'Synced' && size === nodes.length);

/** Until every node is Primary and Synced in one cluster, and the database answers on the VIP. */
export async function whole(lab: Lab, seconds: number): Promise<LabStatus> {
  let seen = '';
  return until(
    `lab ${lab.name} to be whole`,
    seconds,
    async () => {
      const status = await labStatus(lab.name);
      const served = await accepts(vip(lab), 3306);
      seen = `${statusWords(status)}\nVIP ${vip(lab)}:3306 ${served ? 'accepts connections' : 'accepts no connection'}`;
      return healthy(status.nodes) && served ? status : undefined;
    },
    () => `Last seen:\n${seen}`,
  );
}

export function statusWords({ lab, parted, nodes }: LabStatus): string {
  const lines = nodes.map((node) =>
    node.on
      ? `${node.node}  ${node.address}  on   database ${node.unit}, ${node.cluster}, ${node.state}, size ${node.size}${node.vip ? ', holds the VIP' : ''}`
      : `${node.node}  ${node.address}  off`,
  );
  return [`lab ${lab}${parted ? ' (network parted)' : ''}`, ...lines].join('\n');
}
