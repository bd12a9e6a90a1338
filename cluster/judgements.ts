/**
 * What a run may do next, from what was seen. Pure: values in, words out. Each function states its rule; a refusal
 * says what was seen, what has or has not changed, and what to do instead.
 */
import { type Dialect, dialectFor, knownVersions, newestDialect } from './dialect.js';
import { list, refused, type Unhashed, verb } from './finding.js';
import { judgePair } from './lineage.js';
import type { NodeSeen, Reached } from './observation.js';
import { isZero, positionInWords, positionSeen } from './position.js';
import type { CacheSeen, Pair, Recovered, Rejoin } from './recovery.js';
import { isPrimary, isReached, isTransferring, mayServeSilently, namesOf, notHeld, wsrepOf } from './seen.js';
import { judgeViews } from './view.js';
import type { Cluster, Finding, NodeName, Proposal } from './words.js';

export type { Unhashed } from './finding.js';

export interface WayOut extends Proposal {
  /**
   * heal: every node is here and knows the last view: start the units, wait. recover: hold, read, choose.
   * bring back: the cluster lives; only the nodes behind the barrier come back.
   */
  readonly mode: 'heal' | 'recover' | 'bring back';
  readonly present: readonly NodeName[];
  readonly absent: readonly NodeName[];
  /** Nodes that survivors keep out; empty unless `bring back`. */
  readonly barred: readonly NodeName[];
}

/** Design 7.3a: no node is Primary, else refused, nothing touched; a living cluster that owes a barrier is finished instead. */
export function wayOut({
  cluster,
  seen,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
}): Unhashed<WayOut> {
  const reached = seen.filter(isReached);
  const present = cluster.nodes.filter((node) => reached.some((one) => one.node === node));
  const absent = cluster.nodes.filter((node) => !present.includes(node));
  const primary = namesOf(seen.filter(isPrimary));
  const barred = [...new Set(reached.flatMap(({ flags }) => flags.barrier))].filter((node) =>
    cluster.nodes.includes(node),
  );
  const mode =
    primary.length > 0 && barred.length > 0 ? 'bring back' : healsByItself(cluster, reached) ? 'heal' : 'recover';
  const lonely = absent.length * 2 >= cluster.nodes.length;
  return {
    mode,
    present,
    absent,
    barred: mode === 'bring back' ? barred : [],
    verdict: [
      primary.length > 0 ? `Primary: ${list(primary)}.` : 'No node that answers is Primary.',
      absent.length > 0
        ? `Not reachable: ${seen.flatMap((one) => (one.reachable ? [] : `${one.node} (${one.because})`)).join(', ')}.`
        : 'Every node is reachable.',
      ...(lonely && absent.length > 0
        ? ['Half the nodes or more cannot be seen: a Primary could live among them.']
        : []),
      ...(barred.length > 0 ? [`Kept out by a barrier: ${list(barred)}.`] : []),
      wayInWords(mode, barred),
    ],
    choices: {
      go: absent.length > 0 ? `${verb(absent, 'is', 'are')} off or cabled out, and will stay so: I made sure` : 'go on',
    },
    ...((!lonely || absent.length === 0) && { goOn: 'go' }),
    ...refused(
      mode === 'bring back' ? cannotBringBack(barred, present, primary) : cannotRecover(cluster, reached, primary),
    ),
  };
}

function wayInWords(mode: WayOut['mode'], barred: readonly NodeName[]): string {
  if (mode === 'heal')
    return 'Every node is here and knows the last view: started, they form the cluster again, and nothing is discarded.';
  if (mode === 'bring back') return `The cluster lives: only ${verb(barred, 'comes', 'come')} back.`;
  return 'The nodes do not find themselves: one node’s data must be kept, and a new cluster started from it.';
}

/** The same for a start by the unit alone: whatever keeps a node from starting, or lets it start another cluster, speaks against it. */
function healsByItself(cluster: Cluster, reached: readonly Reached[]): boolean {
  const views = judgeViews(reached);
  return (
    views.kind === 'whole' &&
    cluster.nodes.every((node) => views.holders.includes(node)) &&
    reached.every(
      ({ database, units, flags }) =>
        database.newClusterFlags.length === 0 &&
        !flags.maintenance &&
        flags.barrier.length === 0 &&
        flags.disabledNodes.length === 0 &&
        units.mariadb !== undefined &&
        !units.mariadb.enabled.startsWith('masked'),
    )
  );
}

function cannotRecover(cluster: Cluster, reached: readonly Reached[], primary: readonly NodeName[]): readonly string[] {
  if (primary.length > 0) {
    const lost = cluster.nodes.filter((node) => !primary.includes(node));
    return [
      `${verb(primary, 'offers', 'offer')} database service: a full recovery would discard live data. Nothing was touched.${lost.length > 0 ? ` To bring ${list(lost)} back, use join-node.` : ''}`,
    ];
  }
  if (reached.length === 0)
    return [
      'No node is reachable: nothing can be held or read. Nothing was touched. Repair the way to the nodes first (pfrunbook diagnose says why each one does not answer).',
    ];
  const silent = namesOf(reached.filter(mayServeSilently));
  if (silent.length > 0) {
    return [
      `${verb(silent, 'runs a server that', 'run servers that')} came up and does not answer now (${reached
        .filter(mayServeSilently)
        .map(({ database: { sql } }) => (sql.kind === 'silent' ? sql.because : ''))
        .join(
          ', ',
        )}): it may be Primary. Nothing was touched. Free connections, or stop packetfence-mariadb there by hand, and start again.`,
    ];
  }
  return [];
}

function cannotBringBack(
  barred: readonly NodeName[],
  present: readonly NodeName[],
  primary: readonly NodeName[],
): readonly string[] {
  const away = barred.filter((node) => !present.includes(node));
  const living = barred.filter((node) => primary.includes(node));
  return [
    ...(away.length > 0
      ? [
          `${verb(away, 'is', 'are')} still not reachable, and the barrier stays. The cluster lives. Nothing was touched. Switch on what is to come back, then start again.`,
        ]
      : []),
    ...(living.length > 0
      ? [
          `${verb(living, 'is', 'are')} Primary on the other side of the barrier: two clusters live. Nothing was touched. Use heal-split-brain.`,
        ]
      : []),
  ];
}

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

/** Guide 3.5.3, on every node, and more than Synced: a member that is Synced alone is no cluster. */
export function wholeAgain({
  order,
  seen,
  expect,
  vips = [],
}: {
  readonly order: readonly NodeName[];
  readonly seen: readonly NodeSeen[];
  readonly expect: readonly NodeName[];
  readonly vips?: readonly string[];
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

/** Started by themselves, nodes of two histories join by IST, silently: a hold is taken back only where one history is proven. */
export function mayRelease({ pairs }: { readonly pairs: readonly Pair[] }): Unhashed<Finding> {
  const reasons = pairs
    .filter(({ kinship }) => kinship !== 'SAME')
    .map(({ lower, higher, kinship, because }) => `${lower} and ${higher}: ${kinship} history, ${because}.`);
  return {
    verdict: reasons.length > 0 ? reasons : ['No pair of histories speaks against it.'],
    ...refused(
      reasons.length > 0 ? [...reasons, 'Started by themselves they would join, silently. They stay held.'] : [],
    ),
  };
}

/** The standing of a node that runs: no step 1 and 3 of lineage, no view read from InnoDB. */
function standingOf(living: Reached) {
  return { node: living.node, position: positionSeen(living), touched: [] };
}

export interface BringBack extends Proposal, Pick<Rejoin, 'node' | 'way' | 'because'> {}

/**
 * A node that was kept out, held and read, against a node of the living cluster: IST where its history is proven to
 * lead to the cluster's and the cache covers the gap; otherwise a full copy, and a person decides for what it alone may hold.
 */
export function bringBack({
  node,
  living,
  caches,
  resyncFromScratch = false,
}: {
  readonly node: Recovered;
  readonly living: Reached;
  readonly caches: readonly CacheSeen[];
  readonly resyncFromScratch?: boolean;
}): Unhashed<BringBack> {
  const pair = judgePair(node, standingOf(living), caches);
  const theirs = positionSeen(living);
  const gap =
    node.position.kind === 'known' && theirs.kind === 'known' ? theirs.seqno - node.position.seqno : Number.NaN;
  const proven = pair.kinship === 'SAME' && gap >= 0 && !(node.grastateUuid && isZero(node.grastateUuid));
  const from = wsrepOf(living)?.cachedDownTo ?? 0; // asked of the server: the file that was read may end before the newest event
  const covered = gap === 0 || (from > 0 && node.position.kind === 'known' && from <= node.position.seqno + 1);
  const way = proven && covered && !resyncFromScratch ? 'IST' : 'full copy';
  const because = !proven
    ? `its history is not proven to lead to the cluster’s: ${pair.kinship === 'SAME' ? 'it is ahead, or its copy was never finished' : pair.because}`
    : resyncFromScratch
      ? 'asked for'
      : covered
        ? `same history; the cache of ${living.node} holds what it lacks`
        : `same history, but the cache of ${living.node} does not hold all that it lacks`;
  return {
    node: node.node,
    way,
    because,
    verdict: [
      `${node.node}: ${positionInWords(node.position)}`,
      `${node.node} and ${living.node}: ${pair.kinship} history, ${pair.because}.`,
      `${node.node} comes back by ${way === 'IST' ? 'IST, with its data' : 'a full copy, its data set aside'}: ${because}.`,
    ],
    choices: {
      rejoin: !proven
        ? `set its data aside and copy all from the cluster; what ${node.node} alone may hold is then only in what was set aside`
        : way === 'IST'
          ? 'nothing is discarded'
          : 'set its data aside and copy all from the cluster, which holds all that it holds',
    },
    ...(proven && { goOn: 'rejoin' }),
    shown: [`${living.node}: ${positionInWords(theirs)}`],
  };
}

export interface DialectFound extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
}

/** One version and one family on all that are reachable. */
export function dialectOf({ seen }: { readonly seen: readonly NodeSeen[] }): Unhashed<DialectFound> {
  const reached = seen.filter(isReached);
  const kinds = [...new Set(reached.map(({ host }) => `${host.version || 'no PacketFence'} on ${host.osFamily}`))];
  const [first] = reached;
  const known = first && dialectFor(first.host.version, first.host.osFamily);
  const reasons = [
    ...(reached.length === 0 ? ['No node is reachable, so its PacketFence version is not known.'] : []),
    ...(kinds.length > 1
      ? [
          `The nodes do not run one version: ${reached.map(({ node, host }) => `${node} ${host.version || 'none'} (${host.osFamily})`).join(', ')}. Nothing was touched. Finish the upgrade, or bring the nodes to one version first.`,
        ]
      : []),
    ...(kinds.length === 1 && !known
      ? [
          `PacketFence ${list(kinds)} is not known here (known: ${list(knownVersions)}; Debian and RHEL families). Nothing was touched.`,
        ]
      : []),
  ];
  return {
    dialect: known ?? newestDialect,
    verdict: reasons.length > 0 ? reasons : [`PacketFence ${list(kinds)}, ${known?.proof ?? ''}.`],
    ...refused(reasons),
  };
}

/** Design 7.5: no membership change while a node sends or takes a copy. */
export function mayChangeMembership({ seen }: { readonly seen: readonly NodeSeen[] }): Unhashed<Finding> {
  const busy = namesOf(
    seen
      .filter(isReached)
      .filter((one) => isTransferring(one) || /^(Joining|Donor|Joined)/.test(wsrepOf(one)?.state ?? '')),
  );
  const reasons =
    busy.length > 0 ? [`${verb(busy, 'is', 'are')} in the middle of a transfer. Wait until it ends.`] : [];
  return { verdict: reasons.length > 0 ? reasons : ['No transfer is under way.'], ...refused(reasons) };
}
