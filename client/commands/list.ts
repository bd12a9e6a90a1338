/** `pfrunbook list`: from what Temporal keeps in view of each run, so that no worker is needed. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { attributes } from '../../workflows/messages.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits } from '../exit.js';
import { waitingForOf } from '../runs.js';
import { columns } from '../show/text.js';

const most = 50; // runs shown

/** One line of it; --json prints these. */
export interface Listed {
  readonly run: string;
  readonly runbook: string;
  readonly cluster: string;
  readonly status: string;
  readonly phase: string | null;
  readonly waitingFor: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly workflowId: string;
  readonly runId: string;
}

export const list = ({ waiting = false, json = false }: { waiting?: boolean; json?: boolean }): Promise<ExitCode> =>
  withTemporal(async ({ client }) => {
    const runs = await runsOf(client, waiting);
    if (json) console.log(JSON.stringify(runs));
    else if (runs.length === 0)
      console.log(waiting ? 'No run waits for a decision.' : 'No runs yet. Start one: pfrunbook start RUNBOOK CLUSTER');
    else {
      const rows = runs.map(({ run, runbook, status, phase, waitingFor, startedAt }) => [
        ...[run, runbook, endedBy(status) ?? phase ?? status],
        ...[startedAt.slice(0, 16).replace('T', ' '), waitingFor ?? ''],
      ]);
      console.log(columns([['RUN', 'RUNBOOK', 'PHASE', 'STARTED (UTC)', 'WAITS FOR'], ...rows]).join('\n'));
    }
    return exits.done;
  });

/** Ended by Temporal, not by itself: what it was at then is no more. */
const endedBy = (status: string): string | undefined =>
  ['running', 'completed', 'failed'].includes(status) ? undefined : status;

export async function runsOf(client: Client, waiting: boolean): Promise<readonly Listed[]> {
  const runs: Listed[] = [];
  for await (const info of client.workflow.list(waiting ? { query: 'ExecutionStatus = "Running"' } : {})) {
    const run = listed(info);
    if (run && (!waiting || run.waitingFor)) runs.push(run);
    if (runs.length === most) break;
  }
  return runs;
}

/** Undefined for what is not a run of ours: others may use the same namespace. */
export function listed(info: WorkflowExecutionInfo): Listed | undefined {
  const { memo, searchAttributes, status, startTime, closeTime, workflowId, runId } = info;
  const { run, runbook, cluster } = memo ?? {};
  if (typeof run !== 'string') return undefined;
  const [attribute] = searchAttributes[attributes.phase] ?? [];
  const phase = attribute ?? memo?.[attributes.phase];
  return {
    ...{ run, runbook: String(runbook), cluster: String(cluster), status: status.name.toLowerCase() },
    ...{ phase: typeof phase === 'string' ? phase : null, waitingFor: closeTime ? null : (waitingForOf(info) ?? null) },
    ...{ startedAt: startTime.toISOString(), endedAt: closeTime?.toISOString() ?? null, workflowId, runId },
  };
}
