/** Who takes the work of a release from Temporal: the server remembers each worker's last question for minutes. */
import type { Client } from '@temporalio/client';
import { taskQueueOf } from '../workflows/release.js';

/** An idle worker asks again each minute. */
const askedWithin = 90_000;

export interface Poller {
  /** "17@ops1": process and host. */
  readonly worker: string;
  /** ISO 8601, of the server's clock. */
  readonly askedAt: string;
}

export async function workersOf(
  { workflowService, options: { namespace } }: Client,
  release: string,
): Promise<readonly Poller[]> {
  const activities = 2; // TASK_QUEUE_TYPE_ACTIVITY
  const { pollers } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueueOf(release) },
    taskQueueType: activities,
  });
  return (pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({
      worker: identity ?? '',
      askedAt: new Date(Number(lastAccessTime?.seconds ?? 0) * 1000).toISOString(),
    }))
    .filter(({ askedAt }) => Date.parse(askedAt) > Date.now() - askedWithin);
}
