/**
 * PacketFence's galera-autofix on one node, once its waits are over (reference/packetfence.md 1.9): it looks only at a
 * database whose unit is started and that is not Synced. A peer is Primary: it wipes itself and starts. None is, all are
 * there, and each tells its number: the highest starts a new cluster, and this one wipes itself if it is another.
 * Numbers are compared, never histories.
 */
import type { ModelCluster } from './cluster.js';
import type { ModelNode } from './node.js';

export function autofixStrikes(cluster: ModelCluster, node: ModelNode): void {
  if (!node.started || node.synced || !isAwake(node)) return;
  if (!cluster.all.some((peer) => peer !== node && peer.primary)) {
    if (!cluster.all.every(isAwake)) return;
    const highest = cluster.all.reduce((most, one) => (one.seqno > most.seqno ? one : most));
    if (!highest.started) return;
    highest.stop(false);
    highest.start();
    cluster.startNewCluster(highest);
    if (highest === node) return;
  }
  cluster.destroyed.push(`${node.name}: wiped by galera-autofix`);
  node.stop(false);
  node.wipe();
  node.start();
}

const isAwake = ({ reachable, autofix }: ModelNode): boolean => reachable && autofix === 'active';
