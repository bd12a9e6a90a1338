/** What --json prints of a run. Stable: fields are added, never renamed (docs/cli.md). */
import { workflowIdFor } from '../../workflows/catalogue.js';
import type { Report } from '../../workflows/messages.js';
import { type Reached, uiLink } from '../connect.js';
import type { Left } from '../left.js';
import type { Run, Sight } from '../runs.js';

export const sightToJson = (
  reached: Reached,
  { name, runId, handle }: Run,
  { status, progress, waitingFor, pending }: Sight,
) => ({
  run: name,
  status: status.toLowerCase(),
  phase: progress?.phase ?? null,
  waitingFor: waitingFor ?? null,
  progress: progress ?? null,
  pending,
  workflowId: handle.workflowId,
  runId,
  ui: uiLink(reached, handle.workflowId, runId) ?? null,
});

/** The same where no server can be asked: null is what only Temporal knows. */
export function leftToJson({ run, open, began }: Left, report: Report<unknown> | undefined) {
  const [cluster = '', stamp = ''] = run.split('/');
  return {
    run,
    status: open ? 'running' : report ? (report.phase === 'done' ? 'completed' : 'failed') : null,
    phase: report?.phase ?? null,
    waitingFor: null,
    progress: report ?? null,
    pending: [],
    workflowId: began ? workflowIdFor(began.runbook, cluster, stamp) : null,
    runId: null,
    ui: null,
  };
}
