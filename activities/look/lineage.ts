/** Lineage of nodes as they are, running or stopped, without starting or recovering anything: less than a held node tells. */
import { positionsToAsk, type Standing } from '../../cluster/lineage.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { positionSeen } from '../../cluster/position.js';
import type { CacheSeen } from '../../cluster/recovery.js';
import { isReached, wsrepOf } from '../../cluster/seen.js';
import type { ClusterAccess } from '../access.js';
import { NoAnswer, query } from '../mysql/query.js';
import type { Remote, SshPool } from '../ssh/pool.js';
import { readCache } from './held.js';

export async function readLineage(
  pool: SshPool,
  access: ClusterAccess,
  seen: readonly NodeSeen[],
): Promise<{ recovered: Standing[]; caches: CacheSeen[] }> {
  const reached = seen.filter(isReached);
  const recovered = await Promise.all(reached.map(async (node) => standing(await pool.reach(access, node.node), node)));
  const asked = positionsToAsk(recovered);
  const caches = await Promise.all(
    reached.map(async ({ node, database }) => readCache(await pool.reach(access, node), database.datadir.path, asked)),
  );
  return { recovered, caches };
}

async function standing(remote: Remote, seen: Reached): Promise<Standing> {
  const lastView = wsrepOf(seen) ? await lastViewOf(remote) : undefined;
  return { node: seen.node, position: positionSeen(seen), touched: [], ...(lastView && { lastView }) };
}

async function lastViewOf(remote: Remote): Promise<Standing['lastView']> {
  try {
    const [view] = await query(remote, 'select cluster_uuid, view_id, view_seqno from mysql.wsrep_cluster', {
      deadline: 5_000,
    });
    const members = await query(remote, 'select node_uuid from mysql.wsrep_cluster_members', { deadline: 5_000 });
    if (!view) return undefined;
    return {
      clusterUuid: String(view.cluster_uuid),
      viewId: Number(view.view_id),
      viewSeqno: Number(view.view_seqno),
      members: members.map((row) => String(row.node_uuid)).toSorted(),
    };
  } catch (error) {
    if (error instanceof NoAnswer) return undefined; // no such table before MariaDB 10.4, or it went away meanwhile
    throw error;
  }
}
