/**
 * Servers that are in no cluster yet, or not wholly: just installed, half way into a cluster that lives, or of one that is
 * being set up. For them a recovery is the wrong way: there is no data of a cluster on them, or no configuration.
 */
import type { NodeSeen, Reached } from './observation.js';
import {
  isLeftHeld,
  isPrimary,
  isReached,
  isTransferring,
  mayServeSilently,
  serverRuns,
  uuidOf,
  wasMember,
  wsrepOf,
} from './seen.js';
import type { Cluster, NodeName } from './words.js';

/** Its cluster.conf names nobody, or its server runs for itself; and its data was never of a cluster. */
export function neverInCluster(seen: Reached): boolean {
  const status = wsrepOf(seen)?.clusterStatus;
  if (status === 'Primary' || status === 'non-Primary' || wasMember(seen) || isTransferring(seen)) return false;
  if (mayServeSilently(seen)) return false;
  return seen.flags.clusterConf.namesNobody === true || status === 'standalone' || status === 'Disconnected';
}

/**
 * Beside a living cluster: started as it is, or let in by a recovery, it would be no whole member. Data of its own that no
 * cluster gave it, or none and it would not boot into the cluster, or held by a join that did not come to its end.
 */
export function isHalfIn(seen: Reached): boolean {
  const { database, flags } = seen;
  if (neverInCluster(seen)) return true;
  if (serverRuns(seen) || isTransferring(seen) || flags.maintenance) return false;
  if (isLeftHeld(seen) && flags.heldByJoin) return true;
  return !wasMember(seen) && ((database.datadir.holdsData && !database.grastate) || !bootsIntoCluster(seen));
}

/**
 * Those whose data no member gave them: just installed, or of a cluster of their own that serves nobody. They have no say in what
 * the cluster holds, and theirs is no second history of it. One whose cluster.conf names the cluster has a say while that is down,
 * or while no more serve than hold data like its own: a server that began a cluster by mistake is Primary alone, under a new uuid,
 * and then nobody can tell whose data is the cluster's.
 */
export function outsiders(reached: readonly Reached[]): readonly Reached[] {
  const living = reached.filter(isPrimary);
  const members = living.length > 0 ? living : reached.filter(({ flags }) => !flags.clusterConf.namesNobody);
  const theirs = new Set(members.flatMap((one) => uuidOf(one) ?? []));
  const isStranger = (one: Reached): boolean => {
    const own = uuidOf(one);
    return own !== undefined && theirs.size > 0 && !theirs.has(own);
  };
  const holders = (one: Reached): number =>
    reached.filter((other) => !isPrimary(other) && uuidOf(other) === uuidOf(one)).length;
  // What two servers hold is a cluster that was, wherever their cluster.conf went.
  const isItsOwn = (one: Reached): boolean => one.flags.clusterConf.namesNobody === true && holders(one) === 1;
  return reached.filter(
    (one) =>
      neverInCluster(one) || (servesNobody(one) && isStranger(one) && (isItsOwn(one) || holders(one) < living.length)),
  );
}

function servesNobody(seen: Reached): boolean {
  const status = wsrepOf(seen)?.clusterStatus;
  return !isTransferring(seen) && (!serverRuns(seen) || status === 'standalone' || status === 'Disconnected');
}

/** As a look tells it; what was read of it when it was held has the last word (election.ts). */
export interface Outsider {
  readonly node: NodeName;
  /** By its own cluster.conf it is no member. */
  readonly namesNobody: boolean;
  /** What brings it in, when the cluster lives. */
  readonly join: string;
  /** It was in a cluster, and its data does not say in which: why. */
  readonly unread?: string;
}

export const bootsIntoCluster = ({ flags }: Reached): boolean =>
  /^packetfence-cluster(\.target)?$/.test(flags.defaultTarget);

/**
 * Those that join-node brings in, in the order of cluster.conf; empty where no cluster lives. Who is kept out by a barrier and
 * was in a cluster is brought back by the recovery that judges it, where it has its configuration.
 */
export function joiners({ cluster, seen }: Looked): readonly NodeName[] {
  if (!seen.some(isPrimary)) return [];
  const reached = seen.filter(isReached);
  const barred = new Set(reached.flatMap(({ flags }) => flags.barrier));
  const outside = outsiders(reached);
  return cluster.nodes.filter((node) => {
    const one = seen.find((each) => each.node === node);
    if (!one?.reachable) return one !== undefined && showsOtherKey(one) && isOutside(seen);
    if (isPrimary(one)) return false;
    const isNew = neverInCluster(one) || (outside.includes(one) && one.flags.clusterConf.namesNobody === true);
    return isNew || (!barred.has(node) && (isHalfIn(one) || outside.includes(one)));
  });
}

/** Installed anew, or somebody else answers: only a person can tell. A jump host's key is not its own. */
export const showsOtherKey = (seen: NodeSeen): boolean =>
  !seen.reachable && /^its host key (has changed|is unknown)/.test(seen.because);

/** The living cluster counts nobody but those that were seen: who could not be asked is no member. */
function isOutside(seen: readonly NodeSeen[]): boolean {
  const living = seen.filter(isPrimary);
  return living.every((one) => (wsrepOf(one)?.clusterSize ?? 0) <= living.length);
}

/** The first server, where a set-up began that is not over. */
export function setUpNoted({ cluster, seen }: Looked): Reached | undefined {
  const own = seen.filter(isReached).find(({ node }) => node === cluster.nodes[0]);
  return own?.flags.setUpBegun ? own : undefined;
}

/** Every server has joined, whoever brought the last one in: what comes after that is left, and setup-cluster alone does it. */
export const allJoined = ({ cluster, seen }: Looked): boolean =>
  cluster.nodes.every((node) => seen.some((one) => one.node === node && isPrimary(one)));

/**
 * The first server, while something of that set-up is seen to be unfinished, and it goes on from there. Undefined also where
 * another one has joined and nobody is Primary: the first alone could lose what that one has, and a recovery tells them apart.
 */
export function settingUp({ cluster, seen }: Looked): NodeName | undefined {
  const own = setUpNoted({ cluster, seen });
  const reached = seen.filter(isReached);
  if (!own || reached.some(mayServeSilently)) return undefined;
  const others = reached.filter((one) => one !== own);
  const isMember = (one: Reached) => isPrimary(one) || wasMember(one);
  if (!seen.some(isPrimary) && others.some(isMember)) return undefined;
  const unfinished =
    others.some((one) => !isMember(one)) || own.database.beginsCluster || !isMember(own) || !bootsIntoCluster(own);
  return unfinished ? own.node : undefined;
}

interface Looked {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
}

/** For a server where a set-up is noted that is not over, and nothing is left that another runbook does. */
export const finishSetUp = (cluster: Cluster): string =>
  `${setUpCommand(cluster)} does what is left of it, such as to start on every server what was stopped meanwhile, and finds the rest done.`;

export const setUpCommand = ({ name }: Cluster): string => `pfrunbook start setup-cluster ${name}`;
export const prepareCommand = ({ name }: Cluster): string => `pfrunbook start prepare-nodes ${name}`;
export const joinCommand = ({ name }: Cluster, node: NodeName): string =>
  `pfrunbook start join-node ${name} --node ${node}`;
