/** The worker's program. The supervisor starts it; a team starts it by itself, beside its own Temporal. */
import { createActivities } from '../activities/index.js';
import { loadCluster, places } from './settings.js';
import { work, workflowBundle } from './worker.js';

const { state } = places();
await work({
  state,
  activities: createActivities({ resolve: (cluster) => loadCluster(cluster) }),
  workflowBundle: await workflowBundle(),
});
process.exit(); // open SSH connections keep no worker alive that has stopped
