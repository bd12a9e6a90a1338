import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess, SshAccess } from '../access.js';
import { Unreachable } from '../errors.js';

/** A node, or a jump host on the way to it. */
export interface Target extends Pick<SshAccess, 'user' | 'port' | 'identity' | 'knownHosts'> {
  /** On whose way it is: whatever fails, this node is not reached. */
  readonly node: NodeName;
  readonly address: string;
  /** What known_hosts, or a certificate, may call it. */
  readonly names: readonly string[];
  /** The jump host before it. */
  readonly via?: Target;
}

export function targetOf({ name, nodes, ssh }: ClusterAccess, node: NodeName): Target {
  const known = nodes.find((each) => each.node === node);
  if (!known)
    throw new Unreachable(
      node,
      `cluster ${name} has no such node (it has ${nodes.map((each) => each.node).join(', ')})`,
      'Only nodes of its cluster.conf are touched.',
      true,
    );
  const { identity, knownHosts } = ssh;
  const common = { node, knownHosts, ...(identity && { identity }) };
  let via: Target | undefined;
  for (const { user, host, port } of ssh.jump ?? [])
    via = { ...common, user, port, address: host, names: [host], ...(via && { via }) };
  const { user, port } = ssh;
  return { ...common, user, port, address: known.address, names: [known.address, node], ...(via && { via }) };
}

/** The whole way: two clusters, or two ways to one host, never share a connection by accident. */
export function wayTo({ user, address, port, knownHosts, identity, via }: Target): string {
  return `${via ? `${wayTo(via)} ` : ''}${user}@${address}:${port} ${knownHosts} ${identity ?? ''}`;
}
