/** What the plans of some runbooks look at besides the nodes: read-only, as the runbook itself would. */
import type { ClusterAccess } from '../../activities/access.js';
import type { lookActivities } from '../../activities/look/index.js';
import { hostKeyActivities } from '../../activities/ssh/pin.js';
import type { SshPool } from '../../activities/ssh/pool.js';
import type { NodeSeen } from '../../cluster/observation.js';
import type { Nodes } from '../../cluster/words.js';
import type { SeenBesides, SetUpSeen } from './imagine.js';

export async function setUpSeen(
  looks: ReturnType<typeof lookActivities>,
  { name, clusterConf }: ClusterAccess,
  which: Nodes,
): Promise<SetUpSeen> {
  const [installed, data, secrets] = await Promise.all([
    looks.installed(which),
    looks.data(which),
    looks.secrets({ cluster: name }),
  ]);
  return { clusterConf, installed, data, secrets };
}

export async function joinSeen(
  pool: SshPool,
  looks: ReturnType<typeof lookActivities>,
  access: ClusterAccess,
  seen: readonly NodeSeen[],
  node: string,
): Promise<SeenBesides> {
  const which = { cluster: access.name, nodes: [node] };
  if (seen.some((one) => one.node === node && one.reachable))
    return { here: { installed: await looks.installed(which), data: await looks.data(which) } };
  const hostKey = await hostKeyActivities(pool, async () => access).hostKey({ cluster: access.name, node });
  return hostKey.verdict === 'known' || hostKey.because !== undefined ? {} : { hostKey };
}
