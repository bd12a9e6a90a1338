/**
 * The judgements of cluster/, as activities: so that the facts and the answer stand in the history, and a release that
 * judges otherwise cannot act on evidence that was approved for another answer. Pure but for the hash.
 */
import { createHash } from 'node:crypto';
import { equipmentTold, mayApplyNetworks, routesTaken } from '../cluster/apply-networks.js';
import { bringBack } from '../cluster/bring-back.js';
import { splitBrainByHand } from '../cluster/by-hand.js';
import { checkupVerdict } from '../cluster/checkup.js';
import { newClusterConf, sameConfiguration } from '../cluster/configuration.js';
import { configurator } from '../cluster/configurator.js';
import { contentVerdict } from '../cluster/content.js';
import { diagnose } from '../cluster/diagnosis.js';
import { type Choice, nodeToKeep, stillOutside } from '../cluster/election.js';
import { fence, whyKeepHeld } from '../cluster/fence.js';
import type { Unhashed } from '../cluster/finding.js';
import { hostKeyVerdict } from '../cluster/host-key.js';
import { inventoryVerdict } from '../cluster/inventory.js';
import { joinersData, joining, mayJoin } from '../cluster/joining.js';
import { mayRestartKeepalived, restartOrder, secretUsable } from '../cluster/keepalived.js';
import { judgePairs } from '../cluster/lineage.js';
import type { NodeSeen } from '../cluster/observation.js';
import { outset } from '../cluster/outset.js';
import { preparation, preparedNow, rebootNow } from '../cluster/prepare.js';
import type { Recovered } from '../cluster/recovery.js';
import { renamedNow, renameNow } from '../cluster/renaming.js';
import { isPrimary, isReached, wsrepOf } from '../cluster/seen.js';
import { domainsTask, setUpOutset, standing } from '../cluster/set-up.js';
import { wayOut } from '../cluster/way-out.js';
import { mayAutofixReturn, wholeAgain } from '../cluster/whole.js';
import type { Finding, NodeName } from '../cluster/words.js';

export const judges = {
  inventoryVerdict: hashed(inventoryVerdict),
  wayOut: hashed(wayOut),
  outset: hashed(outset),
  pairs: plain(judgePairs),
  nodeToKeep: hashed(chosen),
  bringBack: hashed(bringBackOne),
  fence: hashed(fence),
  wholeAgain: hashed(wholeAtTheEnd),
  content: hashed(contentVerdict),
  mayAutofixReturn: hashed(mayAutofixReturn),
  mayRestartKeepalived: hashed(mayRestartKeepalived),
  secretUsable: hashed(secretUsable),
  restartOrder: hashed(restartOrder),
  mayApplyNetworks: hashed(mayApplyNetworks),
  equipmentTold: hashed(equipmentTold),
  routesTaken: hashed(routesTaken),
  preparation: hashed(preparation),
  preparedNow: hashed(preparedNow),
  rebootNow: hashed(rebootNow),
  renameNow: hashed(renameNow),
  renamedNow: hashed(renamedNow),
  diagnosis: hashed(diagnose),
  setUpOutset: hashed(setUpOutset),
  configurator: hashed(configurator),
  standing: hashed(standing),
  domainsTask: hashed(domainsTask),
  checkupVerdict: hashed(checkupVerdict),
  hostKeyVerdict: hashed(hostKeyVerdict),
  joining: hashed(joining),
  mayJoin: hashed(mayJoin),
  joinersData: hashed(joinersData),
  sameConfiguration: hashed(sameConfiguration),
  newClusterConf: hashed(newClusterConf),
};
export type Judges = typeof judges;

/** Every pair of histories, what keeps the nodes from being started by themselves, and whom to keep. Who is outside has no history of the cluster. */
function chosen(
  all: Omit<Parameters<typeof nodeToKeep>[0], 'pairs'>,
): Unhashed<Choice & { readonly keepHeld?: string }> {
  const outside = stillOutside(all.outside ?? [], all.order, all.recovered);
  const inside = (node: NodeName) => !outside.some((one) => one.node === node);
  const facts = {
    ...all,
    outside,
    order: all.order.filter(inside),
    recovered: all.recovered.filter(({ node }) => inside(node)),
  };
  const pairs = judgePairs(facts);
  const keepHeld = whyKeepHeld(pairs);
  return { ...nodeToKeep({ ...facts, pairs }), ...(keepHeld !== undefined && { keepHeld }) };
}

/** And whether galera-autofix may work again in it. */
function wholeAtTheEnd(
  facts: Parameters<typeof wholeAgain>[0],
): Unhashed<Finding & { readonly autofix: Pick<Finding, 'refusal'> }> {
  const { refusal } = mayAutofixReturn(facts);
  return { ...wholeAgain(facts), autofix: { ...(refusal !== undefined && { refusal }) } };
}

/** The node that comes back, against the first living one that is Primary and Synced. */
function bringBackOne({
  recovered,
  seen,
  ...rest
}: Omit<Parameters<typeof bringBack>[0], 'node' | 'living'> & {
  readonly recovered: readonly Recovered[];
  readonly seen: readonly NodeSeen[];
}): ReturnType<typeof bringBack> {
  const [node] = recovered;
  const living = seen
    .filter(isReached)
    .find((one) => one.node !== node?.node && isPrimary(one) && wsrepOf(one)?.state === 'Synced');
  const alone = node && seen.some((one) => one.node === node.node && isPrimary(one));
  if (node && living && !alone) return bringBack({ node, living, ...rest });
  const refusal = alone
    ? `${node.node} was held, and is Primary now on its side of the barrier: two clusters live. The barrier stays. ${splitBrainByHand}`
    : 'No living node is Primary and Synced: there is nothing to come back to. Nothing was started. Look at the cluster again (pfrunbook diagnose).';
  return { node: node?.node ?? '', way: 'full copy', because: refusal, verdict: [refusal], choices: {}, refusal };
}

function plain<A, T>(rule: (facts: A) => T): (facts: A) => Promise<T> {
  return async (facts) => rule(facts);
}

/** The hash says on what a decision was made: everything but what is only shown, and may move meanwhile. */
function hashed<A, F extends Finding>(
  rule: (facts: A) => Unhashed<F>,
): (facts: A) => Promise<Unhashed<F> & { readonly hash: string }> {
  return async (facts) => {
    const finding = rule(facts);
    const shown = new Set(['shown', 'table']);
    const stable = JSON.stringify(finding, (key, value: unknown) => (shown.has(key) ? undefined : value));
    return { ...finding, hash: createHash('sha256').update(stable).digest('hex') };
  };
}
