/** Our cluster.conf against each node's own: a stale inventory miscounts quorum, so a difference is a question. */
import { list, type Unhashed } from './finding.js';
import type { NodeName, Proposal } from './words.js';

export interface Inventory {
  /** Management address of each node of ours. */
  readonly addresses: Readonly<Record<NodeName, string>>;
  readonly vips: readonly string[];
  /** Of each node that could be asked: what its own file says otherwise, in words. */
  readonly differences: readonly { readonly node: NodeName; readonly differences: readonly string[] }[];
}

export interface InventoryVerdict extends Proposal {
  readonly same: boolean;
}

export function inventoryVerdict({ inventory }: { readonly inventory: Inventory }): Unhashed<InventoryVerdict> {
  const others = inventory.differences.filter(({ differences }) => differences.length > 0);
  return {
    same: others.length === 0,
    verdict:
      others.length === 0
        ? ['Every node that answers knows the same cluster as we do.']
        : others.map(({ node, differences }) => `${node}: ${list(differences)}.`),
    choices: { go: 'our cluster.conf is right, and the quorum is counted by it' },
  };
}
