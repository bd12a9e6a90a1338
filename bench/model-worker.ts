/** The real worker, with the product's runbooks, and a model cluster for each run. */
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@temporalio/activity';
import { judges } from '../activities/judge.js';
import { modelActivities } from '../model/activities.js';
import { ModelCluster } from '../model/cluster.js';
import { places } from '../worker/settings.js';
import { work } from '../worker/worker.js';

type Named = Record<string, (input: unknown) => Promise<unknown>>;
const clusters = new Map<string, Named>();

function clusterOf(run: string): Named {
  const known = clusters.get(run);
  if (known) return known;
  const cluster = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'] });
  const made = { ...judges, ...modelActivities(cluster) } as Named;
  clusters.set(run, made);
  return made;
}

const names = Object.keys({ ...judges, ...modelActivities(new ModelCluster([])) });
await work({
  state: places().state,
  activities: Object.fromEntries(
    names.map((name) => [
      name,
      (input: unknown) => clusterOf(activityInfo().workflowExecution?.workflowId ?? '')[name]?.(input),
    ]),
  ),
  workflowBundle: { codePath: fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url)) }, // made here, it would count
});
process.exit();
