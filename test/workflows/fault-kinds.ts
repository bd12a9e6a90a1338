/** What can go wrong with one call, and what two runs must have in common whatever went wrong. */
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import type { ModelCluster } from '../../model/cluster.js';
import type { Activities, Ended } from './drive.js';

export type Call = (input: unknown) => Promise<unknown>;
export type Fault = (call: Call) => Call;

/** Faults need no memory: attempt and generation say whether a call is the first of its kind. */
const orderOf = (input: unknown) => (Array.isArray(input) ? (input[0] as ChangeOrder | undefined) : undefined);
const isFirst = (input: unknown) => activityInfo().attempt === 1 && (orderOf(input)?.key.generation ?? 1) === 1;
export const isChange = (input: unknown) => orderOf(input) !== undefined;
const lost = (message: string) => ApplicationFailure.create({ type: 'Unreachable', message, nextRetryDelay: 1 });

/** A person is asked. */
export const failsForGood: Fault = (call) => async (input) => {
  if (isFirst(input)) throw ApplicationFailure.nonRetryable('no space left on device', 'Failed');
  return call(input);
};

export const failsRetryably: Fault = (call) => async (input) => {
  if (isFirst(input)) throw lost('no route to host');
  return call(input);
};

export const answerLost: Fault = (call) => async (input) => {
  const answer = await call(input);
  if (isFirst(input)) throw lost('connection reset');
  return answer;
};

/** Every call through this. */
export const wrapped = (activities: Activities, wrap: (name: string, call: Call) => Call): Activities =>
  Object.fromEntries(
    Object.entries(activities).map(([name, call]) => [name, wrap(name, call as Call)]),
  ) as unknown as Activities;

/** How a cluster ended, whatever the run was called. */
export const comparable = (cluster: ModelCluster, run: string): string =>
  ['/', '-', '_'].reduce(
    (end, slash) => end.replaceAll(run.replaceAll('/', slash), 'RUN'),
    JSON.stringify(cluster.end()),
  );

/** Of a worker: every task goes through the history again. */
export const forgets = { maxCachedWorkflows: 0 };

interface End {
  readonly cluster: ModelCluster;
  readonly report: Ended;
}

export function expectSameEnd({ cluster, report }: End, before: End): void {
  expect(report.phase).toBe('done');
  expect(cluster.destroyed).toEqual([]);
  expect(cluster.acts.toSorted()).toEqual(before.cluster.acts.toSorted()); // nothing ran twice, nothing was left out
  expect(comparable(cluster, report.run)).toEqual(comparable(before.cluster, before.report.run));
}
