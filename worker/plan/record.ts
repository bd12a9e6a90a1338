/** What a history tells of a run, so that a rehearsal can go through it again. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { ChangeOrder } from '../../activities/contract.js';
import type { NodeSeen } from '../../cluster/observation.js';
import { messages, type Order } from '../../workflows/messages.js';
import type { Recorded } from './rehearse.js';
import { failureOf, type Resolution } from './workflow.js';

type History = ReturnType<typeof historyFromJSON>;
type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

export interface RunRecord {
  readonly workflow: string;
  readonly order: Order;
  readonly past: Omit<Recorded, 'again'>;
  /** What the run saw first. */
  readonly seen: readonly NodeSeen[];
  /** Changes that were sent to nodes, and those that were made. */
  readonly sent: readonly ChangeOrder[];
  readonly done: readonly ChangeOrder[];
}

export function recordOf({ events }: History): RunRecord {
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  const activities: { id: string; activity: string; input: unknown; result?: Resolution }[] = [];
  const sent: { name: string; input: unknown; scheduled: number; over: number }[] = [];
  let over = 0;
  const ends = (id: unknown, result: (activity: string) => Resolution): void => {
    const one = activities.find((each) => each.id === String(id));
    if (one) one.result = result(one.activity);
    over++;
  };
  const hears = (name: string, input: unknown): void => {
    sent.push({ name, input, scheduled: activities.length, over });
  };
  for (const event of events ?? []) {
    const {
      activityTaskScheduledEventAttributes: scheduled,
      activityTaskCompletedEventAttributes: completed,
      activityTaskFailedEventAttributes: failed,
      activityTaskTimedOutEventAttributes: late,
      activityTaskCanceledEventAttributes: cancelled,
      workflowExecutionSignaledEventAttributes: signal,
      workflowExecutionUpdateAcceptedEventAttributes: update,
    } = event;
    if (scheduled)
      activities.push({
        id: String(event.eventId),
        activity: scheduled.activityType?.name ?? '',
        input: decoded(scheduled.input?.payloads?.[0]),
      });
    if (completed)
      ends(completed.scheduledEventId, () => ({ completed: { result: completed.result?.payloads?.[0] ?? null } }));
    const bad = failed ?? late;
    if (bad) ends(bad.scheduledEventId, (name) => ({ failed: { failure: failureOf(name, bad.failure ?? {}) } }));
    if (cancelled)
      ends(cancelled.scheduledEventId, (name) => ({
        cancelled: { failure: failureOf(name, { canceledFailureInfo: {} }) },
      }));
    if (signal?.signalName) hears(signal.signalName, decoded(signal.input?.payloads?.[0]));
    const request = update?.acceptedRequest?.input;
    if (request) hears(messages.decide, decoded(request.args?.payloads?.[0])); // the only update there is
  }
  const orders = (which: typeof activities) =>
    which.flatMap(({ activity, input }) => (activity === 'change' ? (input as ChangeOrder[]) : []));
  const looked = activities.find(({ activity, result }) => activity === 'nodes' && result?.completed);
  return {
    workflow: started?.workflowType?.name ?? '',
    order: decoded(started?.input?.payloads?.[0]) as Order,
    past: { activities, messages: sent },
    seen: (decoded(looked?.result?.completed?.result) ?? []) as readonly NodeSeen[],
    sent: orders(activities),
    done: orders(activities.filter(({ result }) => result?.completed)),
  };
}

const decoded = (payload: Payload | null | undefined): unknown =>
  payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
