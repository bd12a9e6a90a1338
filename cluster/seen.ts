/** Questions to one node's observation that several judgements ask. */
import type { NodeSeen, Reached, WsrepSeen } from './observation.js';
import type { NodeName } from './words.js';

export function isReached(seen: NodeSeen): seen is Reached {
  return seen.reachable;
}

export function namesOf(seen: readonly { readonly node: NodeName }[]): readonly NodeName[] {
  return seen.map(({ node }) => node);
}

/** What SQL says; absent where it does not answer, which is not the same as "down". */
export function wsrepOf(seen: NodeSeen): WsrepSeen | undefined {
  return seen.reachable && seen.database.sql.kind === 'answers' ? seen.database.sql : undefined;
}

export function isPrimary(seen: NodeSeen): boolean {
  return wsrepOf(seen)?.clusterStatus === 'Primary';
}

/** Of the cluster that its data is of; undefined: of none, or it does not say. */
export function uuidOf(seen: Reached): string | undefined {
  const uuid = wsrepOf(seen)?.stateUuid || seen.database.grastate?.uuid;
  return uuid && /[1-9a-f]/.test(uuid) ? uuid : undefined;
}

/** Its data is of a cluster, whether that lives or not. A copy that was never finished leaves zeros. */
export function wasMember({ database }: Pick<Reached, 'database'>): boolean {
  return /[1-9a-f]/.test(database.grastate?.uuid ?? '');
}

/** A server process lives, whatever its unit says: `systemctl stop` answers 0 and leaves one alive (D1). */
export function serverRuns({ database }: Reached): boolean {
  return serverProcesses({ database }).length > 0;
}

export function serverProcesses({ database }: Pick<Reached, 'database'>): Reached['database']['processes'] {
  return database.processes.filter(({ name }) => /^(mysqld|mariadbd|mysqld_safe|mariadbd-safe)$/.test(name));
}

/** A copy is being sent or taken. */
export function isTransferring({ database }: Reached): boolean {
  return database.processes.some(({ name }) => /^(wsrep_sst_|mariabackup|mariadb-backup|xtrabackup)/.test(name));
}

/** READY was sent once, or it says itself that it is full, and the server is silent: it may well be Primary, with no connection left for us. */
export function mayServeSilently(seen: NodeSeen): boolean {
  if (!seen.reachable || !serverRuns(seen) || seen.database.sql.kind !== 'silent') return false;
  return seen.units.mariadb?.active === 'active' || /too many connections/i.test(seen.database.sql.because);
}

/** Stopped by an earlier run, which owes that it may start again. */
export function isLeftHeld(seen: Reached): boolean {
  return !serverRuns(seen) && Object.keys(seen.flags.owedGuards).some((file) => file.includes('.holdDatabase.'));
}

/** Primary with others, of one view, and still as it began their cluster: a crash of its server would begin another. */
export function stillBegins(seen: readonly NodeSeen[]): readonly Reached[] {
  const primary = seen.filter(isReached).filter(isPrimary);
  const views = new Set(primary.map((one) => `${wsrepOf(one)?.stateUuid} ${wsrepOf(one)?.confId}`));
  return primary.length > 1 && views.size === 1 ? primary.filter(({ database }) => database.beginsCluster) : [];
}

/** Why this node is not held, in words; empty: stopped, masked across reboots, no server process. */
export function notHeld(seen: Reached): readonly string[] {
  const { mariadb } = seen.units;
  const processes = serverProcesses(seen);
  return [
    ...(mariadb?.enabled === 'masked' ? [] : [`its database unit is ${mariadb?.enabled ?? 'missing'}, not masked`]),
    ...(mariadb && /^(inactive|failed)$/.test(mariadb.active)
      ? []
      : [`its database unit is ${mariadb?.active ?? 'missing'}`]),
    ...(processes.length === 0
      ? []
      : [`${processes.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')} runs`]),
  ];
}
