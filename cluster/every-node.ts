/** What a change of the whole cluster's settings asks first: who is left out would come back with the old ones. */
import type { Dialect } from './dialect.js';
import { list, verb } from './finding.js';
import { inventoryVerdict } from './inventory.js';
import type { NodeSeen } from './observation.js';
import { dialectOf } from './running-version.js';
import { isReached, namesOf } from './seen.js';
import { wholeAgain } from './whole.js';
import type { Cluster } from './words.js';

/** Every node is here, of one version and one cluster, out of maintenance, and serves. `besides`: what else is against it, told before the last. */
export function everyNode({
  cluster: { nodes },
  seen,
  comesBack,
  besides,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  /** What of a node that cannot be reached: "would come back with ...". */
  readonly comesBack: string;
  readonly besides: (sameCluster: boolean) => readonly string[];
}): {
  readonly dialect: Dialect;
  readonly reasons: readonly string[];
  readonly version: readonly string[];
  readonly whole: readonly string[];
} {
  const away = namesOf(seen.filter((one) => !one.reachable));
  const kept = namesOf(seen.filter(isReached).filter(({ flags }) => flags.maintenance));
  const version = dialectOf({ seen });
  const inventory = inventoryVerdict({ seen });
  const whole = wholeAgain({ order: nodes, seen, expect: nodes });
  return {
    dialect: version.dialect,
    reasons: [
      ...(away.length > 0 ? [`${list(away)} cannot be reached, and ${comesBack}.`] : []),
      ...(version.refusal === undefined ? [] : [version.refusal]),
      ...(inventory.same ? [] : inventory.verdict),
      ...(kept.length > 0 ? [`${verb(kept, 'is', 'are')} in maintenance: end it first.`] : []),
      ...besides(inventory.same),
      ...(whole.refusal === undefined || away.length > 0 ? [] : [whole.refusal]),
    ],
    version: version.verdict,
    whole: whole.verdict,
  };
}
