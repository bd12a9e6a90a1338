/**
 * From "decision accepted" to the next command on a node, the second read of the evidence excluded; from the run's own
 * history, so that the poll of whoever watches counts for nothing.
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { until } from '../lab/shell.js';
import { messages, type Progress } from '../workflows/messages.js';
import { quiet } from './quiet.js';
import { keep, sayTable, spread } from './results.js';
import type { Site } from './site.js';
import { benchTemporal } from './temporal.js';

type Event = temporal.api.history.v1.IHistoryEvent;

export async function latency(site: Site, gates: number): Promise<void> {
  const server = await benchTemporal(site);
  try {
    const busyPercentBefore = await quiet();
    const handle = await server.start('benchGates', gates);
    await answerAll(handle, gates);
    await handle.result();
    const events = (await handle.fetchHistory()).events ?? [];
    const found = afterDecisions(events);
    const rows = {
      'to the next command': spread(found.map(({ toCommand, reread }) => round(toCommand - reread))),
      'with the second read of the evidence': spread(found.map(({ toCommand }) => round(toCommand))),
    };
    sayTable(rows);
    await keep('latency', {
      gates,
      busyPercentBefore,
      milliseconds: rows,
      p95: { reached: rows['to the next command'].p95, goal: 150 },
    });
  } finally {
    await server.close();
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

async function answerAll(handle: WorkflowHandle, gates: number): Promise<void> {
  const answered = new Set<string>();
  while (answered.size < gates) {
    const token = await until('the next gate', 60, async () => {
      const { question } = await handle.query<Progress>(messages.progress);
      return question && !answered.has(question.token) ? question.token : undefined;
    });
    answered.add(token);
    await handle.executeUpdate(messages.decide, { args: [{ token, choice: 'go', by: 'bench' }] });
  }
}

/** Per accepted update: the next two activities are the second look at the evidence, and the command. */
function afterDecisions(events: readonly Event[]) {
  const found: { toCommand: number; reread: number }[] = [];
  events.forEach((event, at) => {
    if (!event.workflowExecutionUpdateAcceptedEventAttributes) return;
    const later = events.slice(at);
    const [scheduled] = later.filter((each) => each.activityTaskScheduledEventAttributes);
    const [completed] = later.filter((each) => each.activityTaskCompletedEventAttributes);
    const command = later.filter((each) => each.activityTaskStartedEventAttributes)[1];
    if (!scheduled || !completed || !command) return;
    found.push({ toCommand: when(command) - when(event), reread: when(completed) - when(scheduled) });
  });
  return found;
}

const when = ({ eventTime }: Event): number => Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
