/** Our cluster.conf against each node's own: a stale inventory miscounts quorum, so a difference is a question. */
import { list, type Unhashed } from './finding.js';
import type { Logins } from './logins.js';
import { outsiders } from './newcomers.js';
import type { NodeSeen } from './observation.js';
import { isReached } from './seen.js';
import type { NodeName, Proposal } from './words.js';

/** What our own says, and access.ini beside it. */
export interface Inventory {
  /** Management address of each node of ours: as the nodes know each other, however we reach them. */
  readonly addresses: Readonly<Record<NodeName, string>>;
  readonly vips: readonly string[];
  /** The virtual management address beside which a node's web services listen: of its zone. */
  readonly managementVips: Readonly<Record<NodeName, string>>;
  /** Who can serve which of them, the management address first. A flat cluster is one zone without a name. */
  readonly zones: readonly {
    readonly name: string;
    readonly nodes: readonly NodeName[];
    readonly vips: readonly string[];
  }[];
  /** As they stand beside access.ini; networks.conf may be empty. */
  readonly files: { readonly clusterConf: string; readonly networksConf: string };
  readonly logins: Logins;
}

export interface InventoryVerdict extends Proposal {
  readonly same: boolean;
}

/** One that has no cluster.conf yet, and no data of the cluster, tells nothing. What another names counts, also where its cluster threw it out. */
export function inventoryVerdict({ seen }: { readonly seen: readonly NodeSeen[] }): Unhashed<InventoryVerdict> {
  const reached = seen.filter(isReached);
  const blank = outsiders(reached).filter(({ flags }) => flags.clusterConf.namesNobody);
  const others = reached.filter((one) => !blank.includes(one) && one.flags.clusterConf.differs.length > 0);
  return {
    same: others.length === 0,
    verdict:
      others.length === 0
        ? ['Every node that answers knows the same cluster as we do.']
        : others.map(({ node, flags }) => `${node}: ${list(flags.clusterConf.differs)}.`),
    choices: { go: 'our cluster.conf is right, and the quorum is counted by it' },
  };
}
