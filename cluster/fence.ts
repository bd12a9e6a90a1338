/** What must hold right before a new cluster, and before a hold is taken back. */
import { refused, type Unhashed, verb } from './finding.js';
import type { NodeSeen } from './observation.js';
import type { Pair } from './recovery.js';
import { isPrimary, isReached, namesOf, notHeld } from './seen.js';
import type { Finding, NodeName } from './words.js';

/** Design 7.3b and c, 7.4, 7.7: the proof, right before a new cluster, that no Primary lives and nobody else can start one. */
export function fence({
  seen,
  present,
}: {
  readonly seen: readonly NodeSeen[];
  readonly present: readonly NodeName[];
}): Unhashed<Finding> {
  const reached = seen.filter(isReached);
  const reasons = [
    ...namesOf(seen.filter(isPrimary)).map((node) => `${node} is Primary.`),
    ...present
      .filter((node) => !reached.some((one) => one.node === node))
      .map((node) => `${node} was held and cannot be seen any more.`),
    ...reached
      .filter(({ node }) => present.includes(node))
      .flatMap((one) => notHeld(one).map((why) => `${one.node} is not held: ${why}.`)),
    ...namesOf(reached.filter(({ node }) => !present.includes(node))).map(
      (node) => `${node} was absent and answers now, not held and not read.`,
    ),
    ...reached.flatMap(({ node, database }) =>
      database.newClusterFlags.map((where) => `The bootstrap flag is set on ${node} (${where}).`),
    ),
    ...namesOf(reached.filter(({ units }) => units.autofix?.active.startsWith('activ'))).map(
      (node) => `galera-autofix works on ${node}.`,
    ),
  ];
  return {
    verdict: reasons.length > 0 ? reasons : [`${verb(present, 'is', 'are')} held, and no node is Primary.`],
    ...refused(
      reasons.length > 0
        ? [...reasons, 'No new cluster was started. Put that right, or start full-recovery again.']
        : [],
    ),
  };
}

/** Why a hold may not be taken back: started by themselves, nodes of two histories join by IST, silently. Undefined: one history is proven. */
export function whyKeepHeld(pairs: readonly Pair[]): string | undefined {
  const reasons = pairs
    .filter(({ kinship }) => kinship !== 'SAME')
    .map(({ lower, higher, kinship, because }) => `${lower} and ${higher}: ${kinship} history, ${because}.`);
  return reasons.length > 0
    ? [...reasons, 'Started by themselves they would join, silently. They stay held.'].join(' ')
    : undefined;
}
