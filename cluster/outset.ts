/** Where a full recovery begins: the way out, whose PacketFence it is, and whether the nodes know the cluster that we know. */
import type { Dialect } from './dialect.js';
import type { Unhashed } from './finding.js';
import { inventoryVerdict } from './inventory.js';
import type { NodeSeen } from './observation.js';
import { dialectOf } from './running-version.js';
import { type WayOut, wayOut } from './way-out.js';
import type { Cluster } from './words.js';

export interface Outset extends WayOut {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
  /** False: a node's cluster.conf names another cluster than ours. */
  readonly sameCluster: boolean;
}

export function outset({
  cluster,
  seen,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
}): Unhashed<Outset> {
  const way = wayOut({ cluster, seen });
  const version = dialectOf({ seen });
  const inventory = inventoryVerdict({ seen });
  const refusal = way.refusal ?? version.refusal;
  return {
    ...way,
    dialect: version.dialect,
    sameCluster: inventory.same,
    verdict: [...way.verdict, ...version.verdict, ...inventory.verdict],
    ...(refusal !== undefined && { refusal }),
  };
}
