/** Every registered runbook joins by itself: with all faults of a kind in one run, the end is the same. */
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import type { ModelCluster } from '../../model/cluster.js';
import * as runbooks from '../../workflows/index.js';
import { type Activities, allActivities, run } from './drive.js';
import { scenes } from './scenes.js';

type Call = (input: unknown) => Promise<unknown>;
type Fault = (call: Call) => Call;

/** Faults need no memory: attempt and generation say whether a call is the first of its kind. */
const orderOf = (input: unknown) => (Array.isArray(input) ? (input[0] as ChangeOrder | undefined) : undefined);
const first = (input: unknown) => activityInfo().attempt === 1 && (orderOf(input)?.key.generation ?? 1) === 1;
const isChange = (input: unknown) => orderOf(input) !== undefined;
const lost = (message: string) => ApplicationFailure.create({ type: 'Unreachable', message, nextRetryDelay: 1 });

const passes: readonly { name: string; fault?: Fault; worker?: Partial<WorkerOptions> }[] = [
  {
    name: 'every call fails once',
    fault: (call) => async (input) => {
      if (!first(input)) return call(input);
      // A change fails for good, so that a person is asked; anything else is retried by itself.
      if (isChange(input)) throw ApplicationFailure.nonRetryable('no space left on device', 'Failed');
      throw lost('no route to host');
    },
  },
  {
    name: 'every answer is lost once',
    fault: (call) => async (input) => {
      const answer = await call(input);
      if (first(input)) throw lost('connection reset');
      return answer;
    },
  },
  { name: 'the worker forgets after every task', worker: { maxCachedWorkflows: 0 } },
];

const faulty = (activities: Activities, fault: Fault): Activities =>
  Object.fromEntries(
    Object.entries(activities).map(([name, call]) => [name, fault(call as Call)]),
  ) as unknown as Activities;

const comparable = (cluster: ModelCluster, run: string): unknown =>
  JSON.parse(JSON.stringify(cluster.end()).replaceAll(run, 'RUN').replaceAll(run.replaceAll('/', '-'), 'RUN'));

describe.each(Object.keys(runbooks) as (keyof typeof runbooks)[])('%s', (name) => {
  const { cluster: inNeed, args = {} } = scenes[name];
  const plain = (async () => {
    const cluster = inNeed();
    return { cluster, ...(await run(name, cluster, { args })) };
  })();
  plain.catch(() => undefined); // told by the tests below

  test.concurrent('without faults', async () => {
    const { report, cluster } = await plain;
    expect(report).toMatchObject({ phase: 'done', owed: [], notCounted: [] });
    expect(cluster.destroyed).toEqual([]);
    expect(cluster.all.map(({ owed }) => owed)).toEqual(cluster.all.map(() => ({})));
  });

  test.concurrent.each(passes)('$name', async ({ fault, worker }) => {
    const before = await plain;
    const cluster = inNeed();
    const activities = allActivities(cluster);
    const { report } = await run(name, cluster, {
      args,
      activities: fault ? faulty(activities, fault) : activities,
      ...(worker && { worker }),
    });
    expect(report.phase).toBe('done');
    expect(cluster.destroyed).toEqual([]);
    expect(cluster.acts.toSorted()).toEqual(before.cluster.acts.toSorted()); // nothing ran twice, nothing was left out
    expect(comparable(cluster, report.run)).toEqual(comparable(before.cluster, before.report.run));
  });
});
