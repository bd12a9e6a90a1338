/** What --json prints of a run. Stable: fields are added, never renamed (docs/cli.md). */
import { type Reached, uiLink } from '../connect.js';
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
