/**
 * Runs a runbook on the model as a plan does: the workflow in the SDK's own runtime, without a server, a worker or a
 * clock. A tenth of the processor time of `drive.ts`; for what a run does and asks, not for what dies under it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ModelCluster } from '../../model/cluster.js';
import {
  encoded,
  failureOf,
  type Job,
  type Pending,
  type Resolution,
  reportIn,
  signalOf,
} from '../../worker/plan/workflow.js';
import type { Order, Progress } from '../../workflows/messages.js';
import { theSandbox } from '../worker/plan/planned.js';
import { allActivities, approves, type Ended, orderOf, type Scene as SceneOnServer } from './drive.js';

type Named = Record<string, (input: unknown) => Promise<unknown>>;
const attempts = 5; // as workflows/proxies.ts
const patience = 60_000; // ms
const silent = new DefaultLogger('ERROR', () => {}); // who fails is told by the run

async function withTime(what: Promise<void>, name: string): Promise<void> {
  const over = new AbortController();
  const late = pause(patience, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(`not seen within ${patience} ms: ${name}`)),
    () => undefined,
  );
  await Promise.race([what, late]);
  over.abort();
}

let counter = 0;

/** Timers never fire; `approve` and `decide` are signals. */
export async function run(
  workflow: string,
  cluster: ModelCluster,
  scene: Scene = {},
): Promise<{ readonly report: Ended }> {
  const { desk = approves, activities = allActivities(cluster) } = scene;
  const order: Order = orderOf(cluster, `r-${process.pid}-${counter++}`, scene);
  const driven = await theSandbox()(workflow, order);
  const jobs: Job[] = [];
  let heard = () => {};
  const hear = (name: string, input: unknown) => {
    jobs.push(signalOf(name, input));
    heard();
  };
  const handle: Answering = {
    signal: async (name, input) => hear(String(name), input),
    executeUpdate: async (name, { args: [input] }) => hear(name, input),
    query: async <T>() => (await driven.progress()) as T,
  };
  try {
    let last: string | undefined;
    for (let commands = await driven.start(); ; commands = await driven.activate(jobs.splice(0))) {
      const report = reportIn(commands);
      if (report) return { report: report as Ended };
      const asked = await driven.scheduledBy(commands);
      jobs.push(...(await Promise.all(asked.map((one) => resolved(activities as unknown as Named, one)))));
      if (jobs.length > 0) continue;
      const { question }: Progress = await driven.progress();
      if (!question || question.token === last)
        throw new Error(`the run waits, and ${question?.token} was not answered`);
      last = question.token;
      const answer = new Promise<void>((resolve) => {
        heard = resolve;
      });
      await desk(question.token, handle);
      await withTime(answer, `an answer to ${question.token}`); // another run may have to end first
    }
  } finally {
    await driven.dispose();
  }
}

/** What a desk of these runs can do. */
export interface Answering {
  signal(name: unknown, input?: unknown): Promise<void>;
  executeUpdate(name: string, options: { readonly args: readonly unknown[] }): Promise<unknown>;
  query<T>(name: unknown): Promise<T>;
}

export type Scene = Omit<SceneOnServer<Desk>, 'worker' | 'meanwhile'>;
export type Desk = (token: string, handle: Answering) => Promise<unknown>;

async function resolved(activities: Named, { seq, activity, input }: Pending): Promise<Job> {
  const act = activities[activity];
  if (!act) throw new Error(`there is no activity ${activity}`);
  for (let attempt = 1; ; attempt++) {
    try {
      const output = await new MockActivityEnvironment({ attempt }, { logger: silent }).run(act, input);
      return { resolveActivity: { seq, result: { completed: { result: encoded(output) } } } };
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      if (!error.nonRetryable && attempt < attempts) continue;
      const cause = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
      const result: Resolution = { failed: { failure: failureOf(activity, cause) } };
      return { resolveActivity: { seq, result } };
    }
  }
}
