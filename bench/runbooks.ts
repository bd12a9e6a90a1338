/** Runbooks that only the bench knows; its worker bundles this file. */
import { proxyActivities } from '@temporalio/workflow';
import type { Change, NodeName } from '../cluster/words.js';
import type { Order } from '../workflows/messages.js';
import { runbook } from '../workflows/runbook.js';
import type { BenchLooks } from './activities.js';
import { trivialChange, trivialWanted } from './trivial.js';

const look = proxyActivities<BenchLooks>({ startToCloseTimeout: '1 minute' });

export interface BenchArgs {
  readonly count: number;
}

export const benchReads = (order: Order<BenchArgs>) =>
  runbook(
    'Trivial reads',
    order,
    async (run) => {
      const all = { cluster: order.cluster.name, nodes: order.cluster.nodes };
      for (let step = 1; step <= order.args.count; step++) await run.read(`Read ${step}`, look.trivial, all);
    },
    { locks: false },
  );

export const benchChanges = (order: Order<BenchArgs>) =>
  runbook('Trivial changes', order, async (run) => {
    for (let step = 1; step <= order.args.count; step++) {
      await run.change(
        `Change ${step}`,
        order.cluster.nodes.map((node) => change(node, `${order.run}/${step}`)),
      );
    }
  });

/** A gate and a trivial read after it, time and again. */
export const benchGates = (order: Order<BenchArgs>) =>
  runbook(
    'Trivial gates',
    order,
    async (run) => {
      const all = { cluster: order.cluster.name, nodes: order.cluster.nodes };
      for (let gate = 1; gate <= order.args.count; gate++) {
        await run.gate('bench', {
          question: `Gate ${gate}?`,
          ...{ cost: 'none', minutes: 'none', lastExit: 'any time' },
          evidence: () => run.read('Look', look.trivialEvidence, all),
        });
        await run.read(`After gate ${gate}`, look.trivial, all);
      }
    },
    { locks: false },
  );

const change = (node: NodeName, mark: string): Change => ({
  verb: 'benchChange',
  node,
  title: `Write a mark on ${node}`,
  script: trivialChange(mark),
  wanted: trivialWanted(mark),
});
