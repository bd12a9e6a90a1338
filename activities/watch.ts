/** The activities that watch for a state and beat meanwhile. The caller's limit, or an abort, ends the watch only. */
import type { NodeName } from '../cluster/words.js';
import { beating } from './beat.js';
import type { Resolve } from './change.js';
import type { Watches } from './contract.js';
import { compareContent } from './mysql/content.js';
import { untilSynced } from './mysql/synced.js';
import { untilRebooted } from './rebooted.js';
import type { SshPool } from './ssh/pool.js';

export function watchActivities(
  pool: SshPool,
  resolve: Resolve,
): Pick<Watches, 'untilSynced' | 'untilRebooted' | 'compareContent'> {
  return {
    untilSynced: ({ cluster, node }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        await untilSynced({ node, reach: () => pool.reach(access, node), tell });
      }),

    untilRebooted: ({ cluster, node, ...what }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        await untilRebooted({ node, reach: () => pool.reach(access, node), tell, ...what });
      }),

    compareContent: ({ cluster, nodes, limitSeconds }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        return compareContent({ nodes, reach: (node: NodeName) => pool.reach(access, node), limitSeconds, tell });
      }),
  };
}
