/**
 * Runs a runbook on the model, with somebody at the desk. One worker serves all test files of a process, and ends with it:
 * a worker for each file took half the time of them all. A test that ends workers has its own.
 */
import { activityInfo } from '@temporalio/activity';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { inject } from 'vitest';
import { judges } from '../../activities/judge.js';
import type { Approval } from '../../cluster/approval.js';
import { modelActivities } from '../../model/activities.js';
import { ModelCluster } from '../../model/cluster.js';
import { attributes, type Order, type Report, workflowIdOf } from '../../workflows/messages.js';
import { testJudges } from './judges.js';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
});

const waitingFor = defineSearchAttributeKey(attributes.waitingFor, SearchAttributeType.KEYWORD);
const prefix = `${Date.now().toString(36)}-${process.pid}`;
let counter = 0;

export type Activities = ReturnType<typeof allActivities>;
export const allActivities = (cluster: ModelCluster) => ({ ...judges, ...testJudges, ...modelActivities(cluster) });

export type Ended = Report<Record<string, unknown>>;

/** Told once per token that waits. The server answers this without a worker: no replay, no query. */
export type Desk = (
  token: string,
  handle: WorkflowHandle,
  worker: { down(): Promise<void>; up(): Promise<void> },
) => Promise<unknown>;
/** Of either kind of run: on a server, or `rehearsed.ts`. */
type Answers = (
  token: string,
  handle: {
    signal(name: string, words: string): Promise<unknown>;
    executeUpdate(name: 'decide', options: { args: [object] }): Promise<unknown>;
  },
  worker?: unknown,
) => Promise<unknown>;
export const approves: Answers = (token, handle) => handle.signal('approve', `${token} anna`);
export const decides =
  (choice: string): Answers =>
  (token, handle) =>
    handle.executeUpdate('decide', { args: [{ token, choice, by: 'anna' }] });

export interface Scene<D = Desk> {
  readonly args?: object;
  readonly order?: Partial<Order>;
  readonly desk?: D;
  readonly approval?: Partial<Approval>;
  readonly activities?: Activities;
  /** Set, even empty: the run has a worker of its own. */
  readonly worker?: Partial<WorkerOptions>;
  readonly meanwhile?: (handle: WorkflowHandle) => Promise<unknown>;
}

const address = inject('address');
const connections = Promise.all([Connection.connect({ address }), NativeConnection.connect({ address })]);

type Named = Record<string, (input: unknown) => Promise<unknown>>;
/** Whose activities a call means: by workflow id. */
const served = new Map<string, Named>();
let shared: Promise<Stop> | undefined;
type Stop = () => Promise<void>;

async function startWorker(taskQueue: string, activities: object, options: Partial<WorkerOptions> = {}): Promise<Stop> {
  const [, connection] = await connections;
  const worker = await Worker.create({
    connection,
    taskQueue,
    activities,
    workflowBundle: { codePath: inject('bundle') },
    sinks: { scheduled: { activity: { fn: () => {} } } },
    ...options,
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
}

function startShared(): Promise<Stop> {
  const names = Object.keys(allActivities(new ModelCluster([])));
  const activities = Object.fromEntries(
    names.map((name) => [
      name,
      async (input: unknown) => served.get(activityInfo().workflowExecution?.workflowId ?? '')?.[name]?.(input),
    ]),
  );
  return startWorker(`${prefix}-shared`, activities);
}

/** And who may decide on the cluster. */
export function orderOf(
  cluster: ModelCluster,
  name: string,
  { args = {}, order, approval }: Pick<Scene, 'args' | 'order' | 'approval'>,
): Order {
  cluster.approval = { ...cluster.approval, approvers: ['anna', 'boris'], ...approval };
  const { nodes } = cluster;
  return {
    run: `hq/${name}`,
    cluster: { name: 'hq', nodes: [...nodes.keys()] },
    by: 'anna',
    host: 'ops1',
    searchAttributes: false,
    args,
    ...order,
  };
}

export async function run(workflow: string, cluster: ModelCluster, scene: Scene = {}) {
  const { desk = approves, activities = allActivities(cluster), worker: own, meanwhile } = scene;
  const [connection] = await connections;
  const client = new Client({ connection });
  const name = `${prefix}-${counter++}`;
  const workflowId = workflowIdOf(name);
  const order = orderOf(cluster, name, { ...scene, order: { searchAttributes: true, ...scene.order } });
  served.set(workflowId, activities as Named);
  if (!own) shared ??= startShared();
  let down = own ? await startWorker(name, activities, own) : await shared;
  const worker = {
    down: async () => down?.(),
    up: async () => {
      down = await startWorker(name, activities, own);
    },
  };
  try {
    const taskQueue = own ? name : `${prefix}-shared`;
    const handle = await client.workflow.start(workflow, { workflowId, taskQueue, args: [order] });
    let trouble: Error | undefined;
    const aside = meanwhile?.(handle).catch((error: Error) => {
      trouble = error;
    });
    for (let last: string | undefined, open = true; open; ) {
      const { status, typedSearchAttributes } = await handle.describe();
      const token = typedSearchAttributes.get(waitingFor);
      if (trouble) throw trouble;
      if (token && token !== last) await desk(token, handle, worker);
      last = token;
      open = status.name === 'RUNNING';
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await aside;
    if (trouble) throw trouble;
    const report: Ended = await handle.result().catch(reportOfFailure);
    const history = await handle.fetchHistory();
    return { report, history, handle, events: history.events?.length ?? 0 };
  } finally {
    if (own) await down?.();
  }
}

function reportOfFailure(error: unknown): Ended {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as Ended;
  throw error;
}

/** Until it is so; what was seen last is told when time runs out. */
export async function seen(what: string, look: () => Promise<unknown>, limit = 90_000): Promise<void> {
  let last: unknown;
  for (const end = Date.now() + limit; Date.now() < end; ) {
    last = await look();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not seen within ${limit} ms: ${what}. Seen last: ${JSON.stringify(last)}`);
}
