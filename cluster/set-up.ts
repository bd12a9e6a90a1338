/** Setting a cluster up: what must be so before anything is touched, and who holds the cluster while the others join. */
import { splitBrainByHand } from './by-hand.js';
import type { Dialect } from './dialect.js';
import { count, list, onItsOwnLine, refused, type Unhashed, verb } from './finding.js';
import {
  externalDatabase,
  type Installed,
  lacking,
  lackingInWords,
  preparedByHand,
  type SecretSeen,
  type SecretsSeen,
} from './installed.js';
import type { DataSeen } from './joining.js';
import type { Login, Logins } from './logins.js';
import type { NodeSeen, Reached } from './observation.js';
import { dialectOf } from './running-version.js';
import { isPrimary, isReached, mayServeSilently, namesOf, wasMember, wsrepOf } from './seen.js';
import type { Cluster, Finding, NodeName, Proposal } from './words.js';

export interface SetUpOutset extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
  /** An earlier run began this and did not come to its end: what stands there is its doing. */
  readonly begun: boolean;
  /** It came as far as the new cluster. */
  readonly formed: boolean;
  /** As access.ini says; not to be used where the finding refuses. */
  readonly replication: Login;
  readonly webservices: Login;
}

interface SetUpFacts {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  readonly installed: readonly Installed[];
  readonly data: readonly DataSeen[];
  readonly logins: Logins;
  readonly secrets: SecretsSeen;
}

/** Guide 3.1-3.3's conditions, and that nothing of value is there yet. Every complaint at once. */
export function setUpOutset({ cluster, seen, installed, data, logins, secrets }: SetUpFacts): Unhashed<SetUpOutset> {
  const reached = seen.filter(isReached);
  const away = namesOf(seen.filter((one) => !one.reachable));
  const version = dialectOf({ seen });
  const { dialect } = version;
  const [first = ''] = cluster.nodes;
  const begun = installed.some(({ node, setUpBegun }) => node === first && setUpBegun);
  const unequipped = installed.flatMap((one) => {
    const lacks = lacking(one, dialect);
    return lacks.length > 0 ? [{ node: one.node, lacks }] : [];
  });
  const formed = seen.some(isPrimary);
  const misnamed = reached.filter(({ node, host }) => host.hostname !== node);
  const unprepared = [
    ...unequipped.map(
      ({ node, lacks }) =>
        `${node}: ${list(lackingInWords(lacks))}.${formed ? ` On it, as root:${onItsOwnLine(preparedByHand(lacks, dialect))}` : ''}`,
    ),
    ...misnamed.map(
      ({ node, host }) =>
        `${node} calls itself ${host.hostname}: PacketFence finds itself in cluster.conf by that name.`,
    ),
  ];
  const reasons = [
    ...(cluster.nodes.length < 3
      ? [
          `cluster.conf names ${count(cluster.nodes.length, 'server')}: a Galera cluster that survives a server’s death needs three.`,
        ]
      : []),
    ...(away.length > 0
      ? [`${verb(away, 'is', 'are')} not reachable: every server is needed, at least to be held.`]
      : []),
    ...(version.refusal === undefined || reached.length === 0 ? [] : [version.refusal]),
    ...installed.flatMap((one) => externalDatabase(one.node, one.databaseHost)),
    ...(begun ? [] : reached.flatMap((one) => inCluster(one))),
    ...(begun
      ? []
      : installed.flatMap((one) =>
          ofValue(
            one,
            data.find(({ node }) => node === one.node),
          ),
        )),
    ...unprepared,
    ...(unprepared.length > 0 && !formed
      ? [`Start prepare-nodes first (pfrunbook start prepare-nodes ${cluster.name}).`]
      : []),
    ...complaintsAboutLogins(dialect, logins, secrets),
  ];
  return {
    dialect,
    begun,
    formed,
    replication: logins.replication ?? nobody,
    webservices: logins.webservices ?? nobody,
    verdict:
      reasons.length > 0
        ? reasons
        : [
            ...version.verdict,
            begun
              ? `A run before this one began to set this cluster up on ${first}: what it did is found done.`
              : `No server is in a cluster, and none holds data of value. ${first} is the first.`,
          ],
    ...refused(reasons.length > 0 ? [...reasons, 'Nothing was touched.'] : []),
  };
}

const nobody: Login = { user: '', password: '' };

/** Why this server is no longer one by itself. */
function inCluster(seen: Reached): readonly string[] {
  const { node, database, flags } = seen;
  const wsrep = wsrepOf(seen);
  const member = wsrep && wsrep.clusterStatus !== 'standalone';
  return [
    ...(member ? [`${node} is in a cluster: ${wsrep.clusterStatus}, with ${count(wsrep.clusterSize, 'member')}.`] : []),
    ...(!member && wasMember(seen)
      ? [
          `${node} was in a cluster: its grastate.dat names ${database.grastate?.uuid}. join-node brings a server back; a cluster that is down is recovered (pfrunbook diagnose).`,
        ]
      : []),
    ...(mayServeSilently(seen)
      ? [`${node} runs a database that does not answer: ${database.sql.kind === 'silent' ? database.sql.because : ''}.`]
      : []),
    ...database.newClusterFlags.map((where) => `The bootstrap flag is set on ${node} (${where}).`),
    ...(flags.maintenance ? [`${node} is in maintenance: its unit starts no database.`] : []),
  ];
}

/** Data that somebody would miss. What the configurator makes is none, while PacketFence knows of no device. */
function ofValue({ node, servers, devices }: Installed, data: DataSeen | undefined): readonly string[] {
  const schemas = data?.schemas.map(({ name }) => name).filter((name) => name !== 'test') ?? [];
  const others = schemas.filter((name) => name !== 'pf');
  return [
    ...(servers.length > 0
      ? [
          `The cluster.conf of ${node} names ${list(servers)} already: comment it out, if no cluster is to be kept (guide 3.1; prepare-nodes does).`,
        ]
      : []),
    ...(others.length > 0
      ? [
          `The database of ${node} holds ${list(others)} beside PacketFence’s own: move ${others.length === 1 ? 'it' : 'them'} away first.`,
        ]
      : []),
    ...(devices
      ? [
          `PacketFence on ${node} knows ${count(devices, 'device')} already: it has served. Setting up begins with servers just installed.`,
        ]
      : []),
    ...(schemas.includes('pf') && devices === undefined
      ? [
          `${node} holds PacketFence’s database, and does not say what is in it: start packetfence-mariadb there, so that it can be asked.`,
        ]
      : []),
  ];
}

/** At the border: what a full copy cannot carry would be found out only by the second server. */
function complaintsAboutLogins(
  { replicationPassword }: Dialect,
  logins: Logins,
  { mysql, replication, webservices }: SecretsSeen,
): readonly string[] {
  const about = (name: string, seen: SecretSeen | undefined): readonly string[] =>
    seen?.unreadable
      ? [`access.ini, [${name}] password: ${seen.unreadable}`]
      : seen?.example
        ? [`access.ini, [${name}] password is the guide’s example: choose one of your own.`]
        : [];
  const wrong =
    replication && (replicationPassword === 'letters and digits' ? !replication.lettersAndDigits : replication.blanks);
  return [
    ...(mysql
      ? []
      : ['access.ini names no password for the database’s root ([mysql], user root): give one, it is set.']),
    ...(logins.replication
      ? []
      : ['access.ini has no [replication] user and password: the user is created with them.']),
    ...(logins.webservices ? [] : ['access.ini has no [webservices] user and password: the others join with them.']),
    ...about('mysql', mysql),
    ...about('replication', replication),
    ...about('webservices', webservices),
    ...(wrong
      ? [
          `access.ini, [replication] password: this version carries ${replicationPassword === 'letters and digits' ? 'letters and digits only' : 'no blanks'} in it.`,
        ]
      : []),
  ];
}

export interface Standing extends Finding {
  /** Whether the first holds the cluster, somebody else does, or nobody and no other server ever joined it. */
  readonly standing: 'first' | 'others' | 'nobody';
}

/**
 * The first server may have been rebooted. While it alone held the cluster it starts a new one again; once another has
 * joined, that would split the brain (the guide's second warning of 3.5): then it joins that one instead.
 */
export function standing({
  first,
  joined,
  seen,
}: {
  readonly first: NodeName;
  /** Those that have been Synced beside it. */
  readonly joined: readonly NodeName[];
  readonly seen: readonly NodeSeen[];
}): Unhashed<Standing> {
  const own = seen.find(({ node }) => node === first);
  const primary = namesOf(seen.filter(isPrimary));
  const members = new Set([
    ...joined,
    ...namesOf(seen.filter(isReached).filter((one) => one.node !== first && wasMember(one))),
  ]);
  const away = namesOf(seen.filter((one) => one.node !== first && !one.reachable));
  const uuids = new Set(seen.filter(isPrimary).map((one) => wsrepOf(one)?.stateUuid));
  const views = new Set(seen.filter(isPrimary).map((one) => wsrepOf(one)?.confId));
  const [theirs] = uuids;
  const mine = own?.reachable ? own.database.grastate?.uuid : undefined;
  const found: Standing['standing'] = primary.includes(first) ? 'first' : primary.length > 0 ? 'others' : 'nobody';
  const reasons = [
    ...(own?.reachable ? [] : [`${first} cannot be reached: ${own?.because ?? 'nobody looked'}.`]),
    ...(uuids.size > 1 ? [`${list(primary)} are Primary in ${uuids.size} clusters.`] : []),
    ...(uuids.size === 1 && views.size > 1
      ? [
          `${list(primary)} are Primary, and do not hold one view: the membership is moving just now, or two clusters live. ${splitBrainByHand}`,
        ]
      : []),
    ...(found === 'others' && own?.reachable && mine !== theirs
      ? [
          `${first} holds another history than the cluster of ${list(primary)} (${mine ?? 'none that is known'}, not ${theirs}): started, it would be overwritten. Where that cluster is the right one, abort, and start join-node for ${first}: it sets its data aside.`,
        ]
      : []),
    ...(found === 'nobody' && away.length > 0
      ? [
          `${list(away)} cannot be reached: whether it has joined the cluster of ${first} cannot be seen, and a new cluster could lose what it has. Look again when it answers.`,
        ]
      : []),
    ...(found === 'nobody' && members.size > 0
      ? [
          `${verb([...members], 'has', 'have')} joined the cluster of ${first}, and nobody is Primary now. Where it is only starting, look again in a minute; otherwise abort, and start full-recovery: a new cluster from ${first} alone could lose what the others have.`,
        ]
      : []),
  ];
  const words = {
    first: `${first} holds the cluster.`,
    others: `${verb(primary, 'holds', 'hold')} the cluster: ${first} joins it, and starts none of its own.`,
    nobody: `Nobody holds the cluster, and no other server has joined it: it is started from ${first}.`,
  };
  return { standing: found, verdict: reasons.length > 0 ? reasons : [words[found]], ...refused(reasons) };
}

/** Guide 3.5.4: a person's work at each server, which no look can see. */
export function domainsTask({ cluster }: { readonly cluster: Cluster }): Unhashed<Proposal> {
  return {
    verdict: [
      `Where devices or users are checked against Active Directory, ${list(cluster.nodes)} must each join the domain: Configuration, Policies and Access Control, Domains, Active Directory Domains, on each server.`,
    ],
    choices: { done: 'every server has joined', none: 'there is no domain, or that is left for later' },
    goOn: 'done',
  };
}
