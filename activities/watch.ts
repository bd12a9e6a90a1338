/** The activities that watch for a state and beat meanwhile. The caller's limit, or an abort, ends the watch only. */
import type { NodeName } from '../cluster/words.js';
import { beating } from './beat.js';
import type { Resolve } from './change.js';
import type { Watches } from './contract.js';
import { compareContent } from './mysql/content.js';
import { untilSynced } from './mysql/synced.js';
import type { SshPool } from './ssh/pool.js';

export function watchActivities(pool: SshPool, resolve: Resolve): Pick<Watches, 'untilSynced' | 'compareContent'> {
  return {
    untilSynced: ({ cluster, node }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        await untilSynced({ node, reach: () => pool.reach(access, node), tell });
      }),

    compareContent: ({ cluster, nodes, limitSeconds }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        return compareContent({ nodes, reach: (node: NodeName) => pool.reach(access, node), limitSeconds, tell });
      }),
  };
}
