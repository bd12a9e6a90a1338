/** Whether a cluster is whole again, and what may return only then. */
import { list, refused, type Unhashed, verb } from './finding.js';
import type { NodeSeen } from './observation.js';
import { isReached, namesOf, wsrepOf } from './seen.js';
import type { Finding, NodeName } from './words.js';

/** Guide 3.5.3, on every node, and more than Synced: a member that is Synced alone is no cluster. */
export function wholeAgain({
  order,
  seen,
  expect,
  vips = [],
  addresses,
}: {
  readonly order: readonly NodeName[];
  readonly seen: readonly NodeSeen[];
  readonly expect: readonly NodeName[];
  readonly vips?: readonly string[];
  /** Set: every member must list those of all that are expected, and no other. */
  readonly addresses?: Readonly<Record<NodeName, string>>;
}): Unhashed<Finding> {
  const expected = order.filter((node) => expect.includes(node));
  const members = expected.flatMap((node) => seen.find((one) => one.node === node) ?? []);
  const uuids = new Set(members.flatMap((one) => wsrepOf(one)?.stateUuid ?? []));
  const views = new Set(members.flatMap((one) => wsrepOf(one)?.confId ?? []));
  const reasons = [
    ...expected.flatMap((node) =>
      notWell(
        node,
        seen.find((one) => one.node === node),
        expected.length,
      ),
    ),
    ...(uuids.size > 1 ? [`The nodes are of ${uuids.size} clusters: ${list([...uuids])}.`] : []),
    ...(uuids.size === 1 && views.size > 1
      ? ['The nodes do not hold the same view: the membership is moving, or there are two clusters under one uuid.']
      : []),
    ...(addresses ? members.flatMap((one) => notListed(one, expected, addresses)) : []),
    ...vips.flatMap((vip) => vipWell(vip, seen)),
  ];
  return {
    verdict:
      reasons.length > 0
        ? reasons
        : [`${verb(expected, 'is', 'are')} Primary and Synced, of one cluster of ${expected.length}.`],
    ...refused(reasons),
  };
}

function notWell(node: NodeName, seen: NodeSeen | undefined, size: number): readonly string[] {
  if (!seen?.reachable) return [`${node} cannot be seen: ${seen?.because ?? 'nobody looked'}.`];
  const wsrep = wsrepOf(seen);
  if (!wsrep) return [`${node} does not answer SQL.`];
  const { mariadb } = seen.units;
  const ills = [
    ...(wsrep.clusterStatus === 'Primary' ? [] : [wsrep.clusterStatus]),
    ...(wsrep.state === 'Synced' ? [] : [wsrep.state]),
    ...(wsrep.ready ? [] : ['not ready']),
    ...(wsrep.connected ? [] : ['not connected']),
    ...(wsrep.readOnly ? ['read-only'] : []),
    ...(wsrep.clusterSize === size ? [] : [`in a cluster of ${wsrep.clusterSize}, not ${size}`]),
    ...(mariadb?.active === 'active' ? [] : [`its database unit is ${mariadb?.active ?? 'missing'}`]),
  ];
  return ills.length > 0 ? [`${node}: ${list(ills)}.`] : [];
}

/** wsrep_incoming_addresses: order is free, a port may follow, and a server that was told nothing says AUTO. */
function notListed(
  seen: NodeSeen,
  expected: readonly NodeName[],
  addresses: Readonly<Record<NodeName, string>>,
): readonly string[] {
  const incoming = (wsrepOf(seen)?.incoming ?? []).map((one) => one.replace(/:\d+$/, ''));
  if (incoming.length === 0 || incoming.includes('AUTO')) return [];
  const nameOf = (address: string) => expected.find((node) => addresses[node] === address) ?? address;
  const same = incoming.map(nameOf).toSorted().join() === expected.toSorted().join();
  return same ? [] : [`${seen.node} lists the members ${list(incoming)}, not those of ${list(expected)}.`];
}

function vipWell(vip: string, seen: readonly NodeSeen[]): readonly string[] {
  const holders = namesOf(seen.filter(isReached).filter(({ host }) => host.addresses.includes(vip)));
  if (holders.length === 1) return [];
  return [holders.length === 0 ? `No node serves ${vip}.` : `${list(holders)} serve ${vip} at once.`];
}

/** galera-autofix wipes a node whose peers are Primary: it works again only where nothing is left to wipe. */
export function mayAutofixReturn({
  order,
  seen,
}: {
  readonly order: readonly NodeName[];
  readonly seen: readonly NodeSeen[];
}): Unhashed<Finding> {
  const whole = wholeAgain({ order, seen, expect: order });
  const barriers = namesOf(seen.filter(isReached).filter(({ flags }) => flags.barrier.length > 0));
  const reasons = [
    ...(whole.refusal ? [whole.refusal] : []),
    ...(barriers.length > 0 ? [`${verb(barriers, 'keeps', 'keep')} a node out.`] : []),
  ];
  return { verdict: reasons.length > 0 ? reasons : whole.verdict, ...refused(reasons) };
}
