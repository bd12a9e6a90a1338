/** Runs runbooks and their activities, until told to stop or until the connection is given up. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { pino } from 'pino';
import { taskQueue } from '../workflows/release.js';
import { keepHistories, recordActivities } from './records.js';
import { secretActivities } from './secrets.js';

export interface Work {
  readonly state: string;
  readonly activities: object;
  readonly workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
}

/** Errors: the connection's, or the worker's own; the supervisor starts it again. */
export async function work({ state, activities, workflowBundle }: Work): Promise<void> {
  process.env.TZ = 'UTC'; // workflow code sees the host's time zone: two workers must not disagree
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { sdkComponent, workflowId, activityType, attempt, error } = { ...meta };
      const facts = {
        sdkComponent,
        workflowId,
        activityType,
        attempt,
        ...(error instanceof Error && { error: error.message }),
      };
      log[level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error'](facts, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  const clientConnection = await Connection.connect(connectionOptions);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: { ...activities, ...recordActivities(state), ...secretActivities(state) },
    workflowBundle,
    maxCachedWorkflows: 200,
    stickyQueueScheduleToStartTimeout: '2 seconds', // what waits for a worker that was killed goes to the next one
    maxConcurrentActivityTaskExecutions: 100,
    // Activities only watch what runs on the nodes: ending them ends nothing there, and they find it again.
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '15 seconds',
  });
  const ended = new AbortController();
  const histories = keepHistories(new Client({ connection: clientConnection, namespace }), state, log, ended.signal);
  try {
    await worker.run();
  } finally {
    ended.abort();
    await histories;
    await clientConnection.close();
    await connection.close();
  }
}

/** The bundle that was built with the package; the sources have none, and it is made at start. */
export async function workflowBundle(): Promise<Work['workflowBundle']> {
  const codePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  return existsSync(codePath) ? { codePath } : bundle(new URL('../workflows/index.ts', import.meta.url));
}

/** Without a logger of its own the bundler fills the log with a page about modules. */
export const bundle = (workflows: URL): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(workflows), logger: new DefaultLogger('WARN') });
