/**
 * Whose data the new cluster keeps.
 *
 * The rule: a node goes on by mere approval only if it is proven to hold everything that any node holds. That needs
 * every node's position read, every seal whole, and every pair with it judged SAME. Whatever is missing makes the
 * election incomplete, never merely smaller: then only a decision that names the node goes on, its loss in front of it.
 */
import { splitBrainByHand } from './by-hand.js';
import { count, list, refused, type Unhashed, verb } from './finding.js';
import { pairOf } from './lineage.js';
import type { Outsider } from './newcomers.js';
import { inTheWay, startsNot } from './obstacles.js';
import { isOfNoCluster, isZero, positionInShort, positionInWords } from './position.js';
import type { CacheSeen, Pair, Recovered, Rejoin, SealSeen } from './recovery.js';
import { waysToRejoin } from './rejoin.js';
import { namesOf } from './seen.js';
import type { NodeName, Proposal } from './words.js';

interface Read {
  /** In the order of cluster.conf: a tie goes to the first. */
  readonly order: readonly NodeName[];
  readonly recovered: readonly Recovered[];
  readonly pairs: readonly Pair[];
}

interface Candidate {
  readonly node: NodeName;
  readonly seqno: number;
  /** Why it cannot be proposed, though a person may name it. */
  readonly flaw?: string;
}

export interface Choice extends Proposal {
  /** For each node that can be kept: how each of the others comes back to it. */
  readonly rejoins: Readonly<Record<NodeName, readonly Rejoin[]>>;
  /** Who holds nothing of the cluster: neither to be kept nor to be copied to. Absent: nobody. */
  readonly outside?: readonly Outsider[];
}

/**
 * Whose data, as it was read, is not the cluster's either. A server that a look takes for a new one may have been thrown out by
 * its cluster, or have lost its cluster.conf: then its data tells, and it is judged like every other. Not its position alone:
 * a server without Galera in its configuration prints none, also where the last view in InnoDB names the cluster.
 */
export function stillOutside(
  outside: readonly Outsider[],
  order: readonly NodeName[],
  recovered: readonly Recovered[],
): readonly Outsider[] {
  const members = order.filter((name) => !outside.some(({ node }) => node === name));
  const theirs = new Set(recovered.filter(({ node }) => members.includes(node)).flatMap(uuidsIn));
  return outside.flatMap((one) => {
    const read = recovered.find(({ node }) => node === one.node);
    if (read === undefined || uuidsIn(read).some((uuid) => theirs.has(uuid))) return [];
    if (isOfNoCluster(read.position)) return [one];
    // What two servers hold is a cluster that was.
    const others = new Set(recovered.filter(({ node }) => node !== one.node).flatMap(uuidsIn));
    if (!one.namesNobody || uuidsIn(read).some((uuid) => others.has(uuid))) return [];
    return [read.position.kind === 'unknown' && wasInSome(read) ? { ...one, unread: read.position.because } : one];
  });
}

/** Clusters that anything on its disk names. */
const uuidsIn = ({ position, grastateUuid, lastView }: Recovered): readonly string[] =>
  [position.kind === 'known' ? position.uuid : '', grastateUuid ?? '', lastView?.clusterUuid ?? ''].filter(
    (uuid) => uuid !== '' && !isZero(uuid),
  );

/** Galera has written there: no server has these files as its packages leave it. */
const wasInSome = ({ before, lastView }: Recovered): boolean =>
  lastView !== undefined || before['galera.cache'] !== undefined || before['grastate.dat'] !== undefined;

export function nodeToKeep({
  order,
  recovered,
  pairs,
  caches,
  seals,
  absent,
  outside = [],
  resyncFromScratch = false,
}: Read & {
  readonly caches: readonly CacheSeen[];
  readonly seals: readonly SealSeen[];
  readonly absent: readonly NodeName[];
  /** Not among those of `order`. */
  readonly outside?: readonly Outsider[];
  readonly resyncFromScratch?: boolean;
}): Unhashed<Choice> {
  const read = order.flatMap((node) => recovered.find((one) => one.node === node) ?? []);
  const candidates = read.flatMap(candidate);
  const best = Math.max(...candidates.map(({ seqno }) => seqno));
  const missing = [
    ...order.filter((node) => !candidates.some((one) => one.node === node)),
    ...namesOf(outside.filter(({ unread }) => unread !== undefined)),
  ];
  const broken = brokenSeals(read, seals);

  const proposed = candidates
    .filter(({ node, flaw }) => flaw === undefined && startsNot(seals, node) === undefined)
    .reduce<Candidate | undefined>((first, next) => (first && first.seqno >= next.seqno ? first : next), undefined);
  const unproven = (node: NodeName) =>
    candidates
      .filter((other) => other.node !== node && pairOf(pairs, node, other.node)?.kinship !== 'SAME')
      .map((other) => other.node);
  const proven =
    proposed !== undefined &&
    proposed.seqno === best &&
    missing.length === 0 &&
    broken.length === 0 &&
    unproven(proposed.node).length === 0;

  const reasons = refusals(read, pairs, candidates);
  const rejoins = Object.fromEntries(
    candidates.map(({ node: keep }) => [
      keep,
      waysToRejoin({ order, keep, recovered, pairs, caches, seals, resyncFromScratch }),
    ]),
  );
  const loss = (one: Candidate) => {
    const stuck = inTheWay(seals, rejoins[one.node] ?? []).map(({ node }) => node);
    return [
      ...(startsNot(seals, one.node) === undefined ? [] : ['cannot be started yet']),
      lossInWords(one, candidates, unproven(one.node), missing),
      ...(stuck.length > 0 ? [`${list(stuck)} cannot come back yet`] : []),
    ].join('; ');
  };
  const obstacles = [
    ...candidates.flatMap(({ node }) => {
      const because = startsNot(seals, node);
      return because === undefined ? [] : [`${node} cannot be started yet: ${because}.`];
    }),
    ...Object.values(rejoins).flatMap((others) =>
      inTheWay(
        seals,
        others.filter(({ node }) => startsNot(seals, node) === undefined),
      ).map(({ words }) => words),
    ),
  ];
  return {
    verdict: [
      ...order.map(
        (node) =>
          `${node}: ${standing(
            read.find((one) => one.node === node),
            absent.includes(node),
          )}`,
      ),
      ...outside.map(({ node, join, unread }) =>
        unread === undefined
          ? `${node}: it holds nothing of the cluster. When that serves: ${join}`
          : `${node}: it was in a cluster, and which is not known: ${unread}. Its cluster.conf names no server. When the cluster serves: ${join}`,
      ),
      ...kinship(pairs),
      ...(broken.length > 0 ? broken : ['Every held node is as it was read.']),
      ...new Set(obstacles),
      ...(missing.length > 0 ? [`Incomplete: what ${verb(missing, 'holds', 'hold')} is not known.`] : []),
      proposal(proposed, proven, proposed ? unproven(proposed.node) : []),
    ],
    choices: reasons.length > 0 ? {} : Object.fromEntries(candidates.map((one) => [one.node, loss(one)])),
    ...(proven && reasons.length === 0 && { goOn: proposed.node }),
    ...refused(reasons),
    rejoins,
    ...(outside.length > 0 && { outside }),
    shown: Object.entries(rejoins).flatMap(([keep, others]) => {
      const copies = others.filter(({ way }) => way === 'full copy');
      const why = copies.map(({ node, because }) => `${node} takes a full copy: ${because}`);
      return why.length > 0 ? [`If ${keep} is kept, ${why.join('; ')}.`] : [];
    }),
    table: [
      ['Node', 'Position', 'Kept, it', 'Then the others', 'Remark'],
      ...order.map((node) => {
        const one = candidates.find((c) => c.node === node);
        const at = read.find((r) => r.node === node)?.position;
        return [
          node,
          at ? positionInShort(at) : 'not read',
          one ? loss(one) : 'cannot be kept',
          (rejoins[node] ?? []).map((other) => `${other.node}: ${other.way}`).join(', '),
          one?.flaw ?? (node === proposed?.node ? 'proposed' : ''),
        ];
      }),
    ],
  };
}

function candidate({ node, position, touched, grastateUuid }: Recovered): Candidate[] {
  if (position.kind === 'unknown') return [];
  const flaws = [
    ...(touched.length > 0 ? [`perhaps written without Galera: ${list(touched)}`] : []),
    ...(grastateUuid && isZero(grastateUuid)
      ? ['its copy was never finished, or it was evicted for inconsistency']
      : []),
  ];
  return [{ node, seqno: position.seqno, ...(flaws.length > 0 && { flaw: flaws.join('; ') }) }];
}

function brokenSeals(read: readonly Recovered[], seals: readonly SealSeen[]): readonly string[] {
  return read.flatMap(({ node }) => {
    const seal = seals.find((one) => one.node === node);
    if (!seal) return [`${node}: nobody looked whether it is still as it was read.`];
    return seal.broken.length > 0 ? [`${node} is no longer as it was read: ${list(seal.broken)}.`] : [];
  });
}

function refusals(
  read: readonly Recovered[],
  pairs: readonly Pair[],
  candidates: readonly Candidate[],
): readonly string[] {
  if (candidates.length === 0)
    return [
      'No node’s position could be read, so none can be kept on evidence. Restore a backup, or look at the data of each node by hand.',
    ];
  const uuids = [...new Set(read.flatMap(({ position }) => (position.kind === 'known' ? [position.uuid] : [])))];
  const split = pairs.filter(({ kinship }) => kinship === 'DIFFERENT');
  if (uuids.length < 2 && split.length === 0) return [];
  const what =
    uuids.length > 1
      ? `The nodes belong to ${uuids.length} clusters (${list(uuids)})`
      : `The nodes hold different histories under one uuid (${list(split.map(({ lower, higher, because }) => `${lower} and ${higher}: ${because}`))})`;
  return [
    `${what}: keeping one discards what the other alone has. Nothing was started, and the nodes stay held. ${splitBrainByHand}`,
  ];
}

function kinship(pairs: readonly Pair[]): readonly string[] {
  const open = pairs.filter((pair) => pair.kinship !== 'SAME');
  if (open.length > 0)
    return open.map(({ lower, higher, kinship, because }) => `${lower} and ${higher}: ${kinship} history, ${because}.`);
  return pairs.length > 0 ? ['All that were read are proven to share one history.'] : [];
}

function standing(one: Recovered | undefined, absent: boolean): string {
  if (!one) return absent ? 'absent, its position was not read' : 'its position was not read';
  const [read] = candidate(one);
  return `${positionInWords(one.position)}${read?.flaw ? ` (${read.flaw})` : ''}`;
}

function proposal(proposed: Candidate | undefined, proven: boolean, unproven: readonly NodeName[]): string {
  if (!proposed) return 'No node can be proposed.';
  if (proven) return `${proposed.node} is proven to hold everything that the others hold.`;
  if (unproven.length > 0)
    return `${proposed.node} is proposed by its position, but not proven to hold what ${verb(unproven, 'holds', 'hold')}. Only a decision that names a node goes on.`;
  return `${proposed.node} is proposed. Only a decision that names a node goes on.`;
}

function lossInWords(
  { node, seqno, flaw }: Candidate,
  candidates: readonly Candidate[],
  unproven: readonly NodeName[],
  missing: readonly NodeName[],
): string {
  const others = candidates.filter((other) => other.node !== node);
  const ahead = others.filter((other) => other.seqno > seqno);
  const alone =
    flaw || unproven.length > 0
      ? `loss not known: not proven to hold what ${verb(unproven.length > 0 ? unproven : others.map((o) => o.node), 'holds', 'hold')}`
      : ahead.length > 0
        ? losesLast(seqno, ahead)
        : 'loses nothing that was read';
  return missing.length > 0 ? `${alone}; what ${verb(missing, 'holds', 'hold')} is not known` : alone;
}

/** Who is ahead by less holds a part of what is lost, and must not be taken for one that holds all of it. */
function losesLast(seqno: number, ahead: readonly Candidate[]): string {
  const front = Math.max(...ahead.map((other) => other.seqno));
  const holdAll = ahead.filter((other) => other.seqno === front).map(({ node }) => node);
  const holdPart = ahead.filter((other) => other.seqno < front);
  return [
    `loses the last ${count(front - seqno, 'event')} at most, which ${verb(holdAll, 'holds', 'hold')}`,
    ...holdPart.map((other) => `${other.node} holds the first ${other.seqno - seqno} of them`),
  ].join('; ');
}
