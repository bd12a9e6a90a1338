/**
 * Program: `pfrunbook handoff RUN`, with the run's history (as JSON) on stdin: what of the run is left, for people to do by
 * hand. It goes through the run again as it was recorded, and on from there as a plan does. Asks no node, changes nothing.
 * Exit 0; 2: the history is no run of this release.
 */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { lookActivities } from '../activities/look/index.js';
import type { SshPool } from '../activities/ssh/pool.js';
import { catalogue } from '../workflows/catalogue.js';
import { looking } from './looking.js';
import { bundleCode } from './plan/bundle.js';
import { handoffOf, handoffToMarkdown } from './plan/handoff.js';
import { recordOf } from './plan/record.js';
import { OtherRelease } from './plan/rehearse.js';
import { sandboxOf } from './plan/workflow.js';
import { loadCluster } from './settings.js';
import { version } from './version.js';

const { values: options } = parseArgs({ options: { json: { type: 'boolean' } } });
process.exit(await looking(main));

async function main(pool: SshPool): Promise<number> {
  const record = recordOf(historyFromJSON(JSON.parse(await text(process.stdin))));
  const { name: cluster } = record.order.cluster;
  const [runbook, known] = Object.entries(catalogue).find(([, { workflow }]) => workflow === record.workflow) ?? [];
  if (!runbook || !known) throw new Error(`this release knows no runbook ${record.workflow}`);
  const inventory = await lookActivities(pool, loadCluster).inventory({ cluster });
  const sandbox = sandboxOf(await bundleCode());
  try {
    const handoff = await handoffOf(sandbox, record, { inventory, runbook, release: version() });
    console.log(options.json ? JSON.stringify(handoff, null, 2) : handoffToMarkdown(handoff, known.title));
    return 0;
  } catch (error) {
    if (!(error instanceof OtherRelease)) throw error;
    console.error(
      `${record.order.run} was made by another release (${error.message}): ask for its handoff there. Nothing was changed. What it owes on the nodes: pfrunbook guards ${cluster}`,
    );
    return 2;
  }
}
