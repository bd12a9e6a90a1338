/** The real worker, with the bench's runbooks and activities beside the product's. */
import { createActivities } from '../activities/index.js';
import { SshPool } from '../activities/ssh/pool.js';
import { loadCluster, places } from '../worker/settings.js';
import { bundle, work } from '../worker/worker.js';
import { benchActivities } from './activities.js';

const resolve = (cluster: string) => loadCluster(cluster);
const pool = new SshPool();
await work({
  state: places().state,
  activities: { ...createActivities({ resolve, pool }), ...benchActivities(pool, resolve) },
  workflowBundle: await bundle(new URL('./runbooks.ts', import.meta.url)),
});
process.exit();
