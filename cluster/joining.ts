/** Whether a node may join the cluster that lives, from which node it takes its configuration, and what its own data is worth. */
import { splitBrainByHand } from './by-hand.js';
import { asideOf } from './commands/folders.js';
import type { Dialect } from './dialect.js';
import { count, list, megabytes, onItsOwnLine, refused, type Unhashed, verb } from './finding.js';
import { type Installed, lacking, lackingInWords, preparedByHand } from './installed.js';
import { finishSetUp, setUpNoted } from './newcomers.js';
import type { NodeSeen, Reached } from './observation.js';
import { besidesACopy } from './room.js';
import { dialectOf } from './running-version.js';
import { isPrimary, isReached, isTransferring, mayServeSilently, namesOf, notHeld, wsrepOf } from './seen.js';
import { wholeAgain } from './whole.js';
import type { Cluster, Finding, NodeName, Proposal } from './words.js';

export interface Joining extends Finding {
  /** `member`: its database has joined already; `in order`: there is nothing to do. */
  readonly mode: 'join' | 'member' | 'in order';
  /** The living node that gives its configuration; empty where the finding refuses. */
  readonly from: NodeName;
  /** The cluster's own cluster.conf does not name it yet. */
  readonly isNew: boolean;
  /** The nodes that keep it out. */
  readonly barredBy: readonly NodeName[];
  /** Who is in the cluster that it joins. */
  readonly members: readonly NodeName[];
  /** Of a set-up that is not over: what is left, and who does it. Empty: there is none. */
  readonly setUpLeft: readonly string[];
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
}

interface Facts {
  readonly cluster: Cluster;
  readonly node: NodeName;
  readonly seen: readonly NodeSeen[];
  /** What prepare-nodes would have seen to on the joiner; absent: it could not be asked. */
  readonly installed?: Pick<Installed, 'lacks'>;
  /** access.ini says how to log in at the web services. */
  readonly hasLogin: boolean;
  /** An even number of nodes is wanted. */
  readonly even: boolean;
  /** The run has changed something before. */
  readonly begun?: boolean;
  /** A person has just said that its host key is the right one. */
  readonly trusted?: boolean;
}

/** Joining never makes a cluster: a node that is Primary and Synced must be there, and only one cluster. */
export function joining({
  cluster,
  node,
  seen,
  installed,
  hasLogin,
  even,
  begun = false,
  trusted = false,
}: Facts): Unhashed<Joining> {
  const reached = cluster.nodes.flatMap((name) => seen.filter(isReached).find((one) => one.node === name) ?? []);
  const others = reached.filter((one) => one.node !== node);
  const living = others.filter(isPrimary);
  const joiner = reached.find((one) => one.node === node);
  const synced = living.filter((one) => wsrepOf(one)?.state === 'Synced');
  const isNew = living.some(({ flags }) => notNamed(flags.clusterConf.differs)?.includes(node));
  const from = synced.find(({ flags }) => flags.clusterConf.differs.length === 0) ?? synced[0];
  const { dialect, verdict: version, refusal: versionRefusal } = dialectOf({ seen: reached });
  const lacks = installed ? lacking(installed, dialect) : [];
  const members = joiner && isPrimary(joiner) ? [...living, joiner] : living;
  const reasons = [
    ...(hasLogin ? [] : ['access.ini has no [webservices]: the configuration cannot be taken over without it.']),
    ...whyUnfit(cluster, node, joiner, seen),
    ...(lacks.length > 0
      ? [`${node}: ${list(lackingInWords(lacks))}. On it, as root:${onItsOwnLine(preparedByHand(lacks, dialect))}`]
      : []),
    ...whyNoCluster({ cluster, node, begun }, others, living, members),
    ...(versionRefusal === undefined ? [] : [versionRefusal]),
    ...living.flatMap((one) => whyNotOurs(one, node)),
    ...(isNew ? whyNotAll(cluster, node, living) : []),
    ...(isNew && cluster.nodes.length % 2 === 0 && !even
      ? [
          `With ${node} the cluster has ${cluster.nodes.length} nodes: when half of them are lost, the other half stops serving. An odd number is better; --even says that it is meant so.`,
        ]
      : []),
  ];
  const mode =
    !joiner || !isPrimary(joiner) ? 'join' : inOrder(cluster, joiner, others, living, dialect) ? 'in order' : 'member';
  const after = namesOf(living).length + 1;
  return {
    mode,
    from: reasons.length > 0 ? '' : (from?.node ?? ''),
    isNew,
    barredBy: namesOf(others.filter(({ flags }) => flags.barrier.includes(node))),
    members: namesOf(living),
    setUpLeft: setUpNoted({ cluster, seen }) ? [`The set-up of this cluster is not over. ${finishSetUp(cluster)}`] : [],
    dialect,
    verdict:
      reasons.length > 0
        ? reasons
        : [
            `Primary: ${list(namesOf(living))}.`,
            ...version,
            modeInWords(mode, node, from?.node ?? ''),
            ...(isNew ? [`The cluster’s own cluster.conf does not name ${node} yet.`] : []),
            ...(mode === 'join' && after % 2 === 0
              ? [`The cluster then has ${after} members: when one half of them is lost, the other stops serving.`]
              : []),
          ],
    ...refused(
      reasons.length > 0
        ? [
            ...reasons,
            begun ? `Nothing of ${node} was touched.` : 'Nothing was touched.',
            ...(trusted ? [`Its host key stays trusted, in known_hosts of the worker.`] : []),
          ]
        : [],
    ),
  };
}

const modeInWords = (mode: Joining['mode'], node: NodeName, from: NodeName): string =>
  ({
    join: `${node} takes the configuration over from ${from}, and the data from the cluster.`,
    member: `The database of ${node} has joined already: only its configuration and its services are seen to.`,
    'in order': `${node} serves, and is in order: there is nothing to do.`,
  })[mode];

/** Of the node itself: what would stop it half way, or is not ours to undo. */
function whyUnfit(
  cluster: Cluster,
  node: NodeName,
  joiner: Reached | undefined,
  seen: readonly NodeSeen[],
): readonly string[] {
  if (!joiner) {
    const away = seen.find((one) => one.node === node);
    return [`${node} cannot be reached: ${away && !away.reachable ? away.because : 'it was not asked'}.`];
  }
  const { host, flags, database } = joiner;
  const off = seen.filter(isReached).filter((one) => one.flags.disabledNodes.includes(node));
  return [
    ...(host.hostname === node
      ? []
      : [
          `${node} calls itself ${host.hostname}: PacketFence finds itself in cluster.conf by that name. On it: hostnamectl set-hostname ${node}; or correct our cluster.conf, if the name is wrong there`,
        ]),
    ...(flags.maintenance
      ? [
          `${node} is in maintenance: its database would not start. On it: /usr/local/pf/bin/cluster/maintenance --deactivate`,
        ]
      : []),
    ...(off.length > 0
      ? [
          `${node} is switched off by a marker on ${list(namesOf(off))}. There: /usr/local/pf/bin/cluster/node ${node} enable`,
        ]
      : []),
    ...(flags.disabledNodes.some((name) => name !== node && cluster.nodes.includes(name))
      ? [
          `On ${node}, ${list(flags.disabledNodes)} is switched off by a marker. There: /usr/local/pf/bin/cluster/node NODE enable`,
        ]
      : []),
    ...(database.newClusterFlags.length > 0
      ? [
          `The flag for a new cluster is set on ${node} (${list(database.newClusterFlags)}): started, it would make one of its own. Remove it there.`,
        ]
      : []),
  ];
}

function whyNoCluster(
  { cluster, node, begun }: Pick<Facts, 'cluster' | 'node' | 'begun'>,
  others: readonly Reached[],
  living: readonly Reached[],
  members: readonly Reached[],
): readonly string[] {
  const silent = namesOf(others.filter(mayServeSilently));
  if (living.length === 0)
    return [
      silent.length > 0
        ? `${verb(silent, 'runs a server that does', 'run servers that do')} not answer now, and may be Primary: look again when it answers (pfrunbook diagnose ${cluster.name}).`
        : `No other node is Primary: there is no cluster that ${node} could join. ${begun ? `A server that was rebooted starts it again within a minute: look again then. Where it stays so, abort, and start this again: pfrunbook start setup-cluster ${cluster.name} goes on from here.` : `First bring it back: pfrunbook start full-recovery ${cluster.name}`}`,
    ];
  const uuids = new Set(members.map((one) => wsrepOf(one)?.stateUuid));
  const views = new Set(members.map((one) => wsrepOf(one)?.confId));
  const busy = namesOf(living.filter((one) => isTransferring(one)));
  const behind = living.filter((one) => wsrepOf(one)?.state !== 'Synced');
  return [
    ...(uuids.size > 1 || views.size > 1
      ? [`${list(namesOf(members))} are Primary, and do not hold one view: two clusters live. ${splitBrainByHand}`]
      : []),
    ...(busy.length > 0 || behind.length > 0
      ? [
          `${list([...new Set([...busy, ...namesOf(behind)])])} gives or takes a copy just now: no membership is changed meanwhile. Start again when all are Synced.`,
        ]
      : []),
  ];
}

/** Every node that the cluster knows is told of a new one. Others that are new are not missed. */
function whyNotAll(cluster: Cluster, node: NodeName, living: readonly Reached[]): readonly string[] {
  const unknown = living.flatMap(({ flags }) => notNamed(flags.clusterConf.differs) ?? []);
  const missed = cluster.nodes.filter((name) => ![node, ...unknown, ...namesOf(living)].includes(name));
  return missed.length > 0
    ? [
        `${verb(missed, 'is', 'are')} not in the cluster now, and must be told of ${node}: bring ${missed.length === 1 ? 'it' : 'them'} back first.`,
      ]
    : [];
}

/** Who is not named: undefined where that is not all that differs. */
function notNamed(differs: readonly string[]): readonly NodeName[] | undefined {
  const [only, ...more] = differs;
  const names = more.length > 0 ? undefined : /^it does not name (.+)$/.exec(only ?? '')?.[1];
  return names?.split(/, | and /);
}

function whyNotOurs({ node: name, flags }: Reached, node: NodeName): readonly string[] {
  const { differs } = flags.clusterConf;
  if (differs.length === 0 || notNamed(differs)?.includes(node)) return [];
  return [`The cluster.conf of ${name} is not ours: ${list(differs)}. Bring the two together first.`];
}

/** Nor does another node owe what a join before this one stopped there. */
function inOrder(
  cluster: Cluster,
  joiner: Reached,
  others: readonly Reached[],
  living: readonly Reached[],
  dialect: Dialect,
): boolean {
  const { units, flags } = joiner;
  const all = [...living, joiner];
  return (
    wholeAgain({ order: cluster.nodes, seen: all, expect: namesOf(all) }).refusal === undefined &&
    [units.keepalived, units.haproxyDb, units.webservices].every((unit) => unit?.active === 'active') &&
    flags.clusterConf.differs.length === 0 &&
    flags.defaultTarget === dialect.defaultTarget &&
    Object.keys(flags.owedGuards).length === 0 &&
    !others.some((one) =>
      Object.keys(one.flags.owedGuards).some((file) => /\.(maskCron|maskIptables|stopMonit)\./.test(file)),
    )
  );
}

/** Just before the node's own data goes: all must still be as it was judged. */
export function mayJoin({
  node,
  seen,
  copies,
}: {
  readonly node: NodeName;
  readonly seen: readonly NodeSeen[];
  /** Whose data it takes whole, where nobody was asked whether that fits. */
  readonly copies?: NodeName;
}): Unhashed<Finding> {
  const reached = seen.filter(isReached);
  const joiner = reached.find((one) => one.node === node);
  const living = reached.filter((one) => one.node !== node && isPrimary(one));
  const held = joiner ? notHeld(joiner) : ['it cannot be reached'];
  const copy = copies !== undefined ? roomForCopy(node, { from: copies, seen }) : undefined;
  const reasons = [
    ...(copy?.fits === false
      ? [`A full copy does not fit on ${node}, and would end half way: make room there first. ${copy.numbers}`]
      : []),
    ...(held.length > 0 ? [`${node} is not held: ${list(held)}.`] : []),
    ...(living.some((one) => wsrepOf(one)?.state === 'Synced')
      ? []
      : ['No other node is Primary and Synced any more.']),
    ...(joiner?.units.autofix?.active.startsWith('activ')
      ? [`galera-autofix works on ${node} again: it would wipe it.`]
      : []),
    ...(living.some(isTransferring) ? ['A full copy is on its way between other nodes.'] : []),
  ];
  return {
    verdict: reasons.length > 0 ? reasons : [`${verb(namesOf(living), 'is', 'are')} Primary, and ${node} is held.`],
    ...refused(reasons),
  };
}

/** What a data directory holds, besides the server's own schemas. */
export interface DataSeen {
  readonly node: NodeName;
  readonly datadir: string;
  readonly bytes: number;
  /** `writtenAt`: milliseconds, the newest of its files. */
  readonly schemas: readonly {
    readonly name: string;
    readonly tables: number;
    readonly bytes: number;
    readonly writtenAt: number;
  }[];
}

export interface DataVerdict extends Proposal {
  /** Somebody may miss it. */
  readonly ofValue: boolean;
  /** The folder that it is renamed to. */
  readonly to: string;
}

export function joinersData({
  data,
  run,
  room,
}: {
  readonly data: DataSeen;
  readonly run: string;
  /** For a question: the joiner, and the node whose data is as large as what it will take. */
  readonly room?: { readonly from: NodeName; readonly seen: readonly NodeSeen[] };
}): Unhashed<DataVerdict> {
  const { node, datadir, schemas } = data;
  const to = asideOf(datadir, run);
  const copy = room && roomForCopy(node, room);
  return {
    ofValue: schemas.length > 0,
    to,
    verdict: [
      ...(schemas.length > 0
        ? schemas.map(
            ({ name, tables, bytes, writtenAt }) =>
              `${node}: ${datadir} holds ${count(tables, 'table')} of ${name} (${megabytes(bytes)}, last written ${new Date(writtenAt).toISOString().slice(0, 16).replace('T', ' ')} UTC).`,
          )
        : [`${node}: ${datadir} holds no table of anybody’s own.`]),
      ...(copy ? [copy.words] : []),
    ],
    ...(copy && { shown: [copy.numbers] }),
    choices: { 'set-aside': `renamed to ${to}, where it can be opened later; ${node} takes all from the cluster` },
    // What would end half way wants more than a bare approval.
    ...(copy?.fits !== false && { goOn: 'set-aside' }),
  };
}

/** Set aside, the data stays on the same disk. Whether the copy fits beside it must stay true until it is begun; the numbers move. */
function roomForCopy(
  node: NodeName,
  { from, seen }: { readonly from: NodeName; readonly seen: readonly NodeSeen[] },
): { readonly fits?: boolean; readonly words: string; readonly numbers: string } {
  const [joiner, giver] = [node, from].map((name) => seen.filter(isReached).find((one) => one.node === name));
  if (!joiner || !giver)
    return {
      words: `Whether the full copy fits beside it cannot be told now: ${joiner ? from : node} does not answer.`,
      numbers: 'Once it answers, an answer given before is void, and this is asked anew with the numbers.',
    };
  const size = giver.database.datadir.usedBytes;
  const free = joiner.database.datadir.freeBytes;
  const fits = free >= size + besidesACopy;
  return {
    fits,
    words: fits
      ? 'The full copy fits beside it on that disk.'
      : `The full copy does not fit beside it on that disk, and would end half way: make room on ${node} first, or abort.`,
    numbers: `${from} holds ${megabytes(size)}; a copy takes ${megabytes(besidesACopy)} more for its log. ${node} has ${megabytes(free)} free.`,
  };
}
