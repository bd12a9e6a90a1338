import { compareClusterConf } from '../../cluster/cluster-conf.js';
import type { Inventory } from '../../cluster/inventory.js';
import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess } from '../access.js';
import { Unreachable } from '../errors.js';
import type { SshPool } from '../ssh/pool.js';

/** Nodes that cannot be reached are left out: a look at them says so. */
export async function readInventory(
  pool: SshPool,
  access: ClusterAccess,
  nodes: readonly NodeName[],
): Promise<Inventory> {
  const theirs = await Promise.all(nodes.map((node) => readConf(pool, access, node)));
  return {
    addresses: Object.fromEntries(access.nodes.map(({ node, address }) => [node, address])),
    vips: access.vips,
    differences: theirs.flatMap((text, i) => {
      const node = nodes[i];
      return node === undefined || text === undefined
        ? []
        : [
            {
              node,
              differences: text === '' ? ['it has no cluster.conf'] : compareClusterConf(access.clusterConf, text),
            },
          ];
    }),
  };
}

async function readConf(pool: SshPool, access: ClusterAccess, node: NodeName): Promise<string | undefined> {
  try {
    const remote = await pool.reach(access, node);
    return (await remote.sh('cat /usr/local/pf/conf/cluster.conf 2>/dev/null', { deadline: 10_000 })).stdout;
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}
