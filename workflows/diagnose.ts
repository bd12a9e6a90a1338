/**
 * Guide 4 (Understanding the Galera cluster synchronization) and 9.5.2: what state the cluster is in, and what to do.
 *
 * The same as `pfrunbook diagnose`, recorded as a run. It changes nothing, and takes no lock.
 */
import type { Order } from './messages.js';
import { judge, look } from './proxies.js';
import { runbook } from './runbook.js';

export interface DiagnoseArgs {
  /** Read galera.cache and the last views too: seconds, not milliseconds. */
  readonly lineage?: boolean;
}

export const diagnose = (order: Order<DiagnoseArgs>) =>
  runbook(
    'Diagnosis',
    order,
    async (run) => {
      const { name: cluster, nodes } = order.cluster;
      const seen = await run.read('Look at every node', look.nodes, { cluster, nodes });
      const { vips } = await run.read('Read our cluster.conf', look.inventory, { cluster });
      const pairs = order.args.lineage
        ? await run.judge('Judge for every pair whether one history leads to the other', judge.pairs, {
            order: nodes,
            ...(await run.read('Read what tells one history from another', look.lineage, { cluster, seen })),
          })
        : [];
      return run.judge('Find what state the cluster is in', judge.diagnosis, {
        cluster: order.cluster,
        seen,
        vips,
        pairs,
      });
    },
    { locks: false },
  );
