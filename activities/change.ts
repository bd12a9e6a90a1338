/** The activities that change nodes. */
import type { Change } from '../cluster/words.js';
import type { ClusterAccess } from './access.js';
import { beating } from './beat.js';
import type { Acts, ChangeOrder, Made } from './contract.js';
import { fail, Unreachable, unreachable } from './errors.js';
import { noteGuard, removeGuard } from './guards.js';
import { evenIfOver, remoteLocks } from './lock.js';
import { outcomeUnknown } from './outcomes.js';
import { after, allMade, meetingOrder } from './perform.js';
import { carryOut, type LedgerPlaces, ledgerPlaces } from './runner/request.js';
import { exportsOf, resolveSecrets, type Secrets } from './secrets.js';
import type { Remote, SshPool } from './ssh/pool.js';

export type Resolve = (cluster: string) => Promise<ClusterAccess>;

export function changeActivities(
  pool: SshPool,
  resolve: Resolve,
  places: LedgerPlaces = ledgerPlaces,
): Pick<Acts, 'meet' | 'change' | 'unmet'> {
  const reach = async (cluster: string, { node, title }: Pick<Change, 'node' | 'title'>): Promise<Remote> => {
    const access = await resolve(cluster);
    try {
      return await pool.reach(access, node);
    } catch (error) {
      throw error instanceof Unreachable ? unreachable(title, error, 'Nothing was done by this attempt.') : error;
    }
  };

  const make = async (orders: readonly ChangeOrder[], tell: (details: object) => void): Promise<Made> => {
    const made: Made[] = [];
    for (const order of orders) {
      const { change, cluster, key, epoch, holder } = order;
      const claim = { run: key.run, epoch, ...holder };
      const secrets = await secretsOf(change, await resolve(cluster));
      const node = await reach(cluster, change);
      const next = after(made, order);
      const noted = order.note?.what !== 'owed' || (await noteGuard(node, order.note, claim, { ...next, places }));
      const onProgress = (output: string) => tell({ node: change.node, output });
      made.push(await carryOut({ node, order: next, secrets, places, onProgress }));
      if (!noted)
        throw outcomeUnknown(change, 'Two machines answer for this node in turn: what is owed was not noted.');
      if (order.note?.what === 'back') await removeGuard(node, order.note, claim, places);
    }
    return allMade(orders, made);
  };

  return {
    meet: (meeting) =>
      beating(async (tell) => {
        const { cluster, node, key, epoch, holder } = meeting;
        const claim = { node, run: key.run, epoch, ...holder };
        return evenIfOver(
          () => remoteLocks(pool, resolve, places)(cluster),
          claim,
          async () => (await make([meetingOrder(meeting)], tell)).ledger,
        );
      }),

    /** Does not listen to cancellation: what has begun on a node ends there, and is seen to end. */
    change: (orders) => beating((tell) => make(orders, tell)),

    unmet: ({ cluster, changes }) =>
      beating(async () => {
        const met = await Promise.all(
          changes.map(async (change) => {
            const access = await resolve(cluster);
            const exports = exportsOf(await secretsOf(change, access));
            try {
              const { code } = await (await pool.reach(access, change.node)).sh(`${exports}set -e\n${change.wanted}`);
              return code === 0;
            } catch (error) {
              if (error instanceof Unreachable) return false;
              throw error;
            }
          }),
        );
        return changes.filter((_, i) => !met[i]).map(({ title }) => title);
      }),
  };
}

/** What the change names, and the database's password for the client that its script may call. */
async function secretsOf(change: Change, { mysql: { password } }: ClusterAccess): Promise<Secrets> {
  try {
    return await resolveSecrets({ ...(password && { MYSQL_PWD: password }), ...change.secrets });
  } catch (error) {
    throw fail('Refused', change, {
      seen: error instanceof Error ? error.message : String(error),
      changed: 'Nothing was done.',
      next: 'Correct the reference in access.ini, or what it refers to on the worker; then retry.',
    });
  }
}
