/**
 * A workflow without a server: the SDK's own runtime, in a sandbox of this process, as a worker has it. It is given the
 * activations that a server would send. Not a public interface of the SDK: the version is pinned.
 */
import { randomFillSync, randomUUID } from 'node:crypto';
import vm from 'node:vm';
import {
  ApplicationFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
  TypedSearchAttributes,
} from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { messages, type Order, type Progress, type Report, type Step } from '../../workflows/messages.js';

type Activation = Parameters<Workflow['activate']>[0];
export type Job = NonNullable<Activation['jobs']>[number];
export type WorkflowCommand = NonNullable<
  NonNullable<Awaited<ReturnType<Workflow['activate']>>['successful']>['commands']
>[number];

export type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;

/** Node starts a watchdog thread for each call with a limit: half of the processor time of a plan. The type knows no such call without one. */
const noLimit = undefined as unknown as number;

/** Makes workflows, each to be driven to its end. */
export type Sandbox = (workflowType: string, order: Order) => Promise<Driven>;

/** From the code of a workflow bundle. */
export function sandboxOf(code: string): Sandbox {
  const filename = 'workflow-bundle.js';
  const sourceMap = { version: 3, sources: [], names: [], mappings: '', file: filename };
  const script = new vm.Script(code, { filename });
  const creator = new ReusableVMWorkflowCreator(script, { code, filename, sourceMap }, noLimit, new Set());
  let made = 0;
  return async (workflowType, order) => {
    const runId = `rehearsal-${++made}`;
    return new Driven(runId, workflowType, order, await creator.createWorkflow(optionsOf(workflowType, runId)));
  };
}

/** An activity that the workflow waits for. */
export interface Pending {
  readonly seq: number;
  readonly title: string;
  readonly activity: string;
  readonly input: unknown;
}

/** A workflow as a server sees it. */
export class Driven {
  private seconds = 0;

  constructor(
    private readonly runId: string,
    private readonly workflowType: string,
    private readonly order: Order,
    private readonly workflow: Workflow,
  ) {}

  start(): Promise<readonly WorkflowCommand[]> {
    const { workflowType, runId: workflowId, order } = this;
    return this.activate([{ initializeWorkflow: { workflowType, workflowId, arguments: [encoded(order)] } }]);
  }

  async activate(jobs: Job[]): Promise<readonly WorkflowCommand[]> {
    const { runId } = this;
    const timestamp = msToTs(++this.seconds * 1000);
    const { successful, failed } = await this.workflow.activate({ runId, timestamp, jobs, historyLength: 1 });
    if (failed) throw asError(failed.failure ?? {});
    return successful?.commands ?? [];
  }

  async progress(): Promise<Progress> {
    // A plain object where the runtime wants the class of the protocol: `variant` is all that it asks of it.
    const query = {
      variant: 'queryWorkflow' as const,
      queryWorkflow: { queryId: 'q', queryType: messages.progress, arguments: [] },
    };
    const [answer] = await this.activate([query]);
    return decoded(answer?.respondToQuery?.succeeded?.response) as Progress;
  }

  /** The summary of a look is the title of its step; that of a change is its own. */
  async scheduledBy(commands: readonly WorkflowCommand[]): Promise<readonly Pending[]> {
    const all = commands.filter(({ scheduleActivity }) => scheduleActivity);
    const changes = all.some(({ scheduleActivity }) => scheduleActivity?.activityType === 'change');
    const step = changes ? titleOf((await this.progress()).steps) : undefined;
    return all.map(({ scheduleActivity: one, userMetadata }) => ({
      seq: one?.seq ?? 0,
      title: step ?? String(decoded(userMetadata?.summary)),
      activity: one?.activityType ?? '',
      input: decoded(one?.arguments?.[0]),
    }));
  }

  dispose = () => this.workflow.dispose();
}

/** One that was refused or aborted fails with its report in the details. */
export function reportIn(commands: readonly WorkflowCommand[]): Report<unknown> | undefined {
  for (const { completeWorkflowExecution: done, failWorkflowExecution: stopped } of commands) {
    if (done) return decoded(done.result) as Report<unknown>;
    if (!stopped) continue;
    const error = asError(stopped.failure ?? {});
    const told: unknown = error instanceof ApplicationFailure ? error.details?.[0] : undefined;
    if (!told) throw error;
    return told as Report<unknown>;
  }
  return undefined;
}

/** As the server words it. */
export const failureOf = (activity: string, cause: object) => ({
  message: 'Activity task failed',
  cause,
  activityFailureInfo: { activityType: { name: activity } },
});

export const signalOf = (signalName: string, input?: unknown): Job => ({
  signalWorkflow: { signalName, input: input === undefined ? [] : [encoded(input)] },
});

export const encoded = (value: unknown) => defaultPayloadConverter.toPayload(value);

export const decoded = (payload: unknown): unknown =>
  payload
    ? defaultPayloadConverter.fromPayload(payload as Parameters<typeof defaultPayloadConverter.fromPayload>[0])
    : undefined;

const asError = (failure: Parameters<typeof defaultFailureConverter.failureToError>[0]): Error =>
  defaultFailureConverter.failureToError(failure, defaultPayloadConverter);

/** Of the step that runs now; where it has looks under it, of the look. */
function titleOf(steps: readonly Step[]): string {
  const step = steps.findLast(({ state }) => state === 'running' || state === 'failed');
  return step ? titleOf(step.steps) || step.title : '';
}

function optionsOf(workflowType: string, runId: string): Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0] {
  const startTime = new Date(0);
  return {
    showStackTraceSources: false,
    now: 0,
    randomnessSeed: [1],
    info: {
      workflowId: runId,
      runId,
      workflowType,
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      historyLength: 1,
      historySize: 0,
      continueAsNewSuggested: false,
      targetWorkerDeploymentVersionChanged: false,
      taskQueue: 'none',
      namespace: 'none',
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      startTime,
      runStartTime: startTime,
      taskTimeoutMs: 10_000,
      attempt: 1,
      unsafe: {
        ...{ now: Date.now, isReplaying: false, isReplayingHistoryEvents: false },
        random: { random: Math.random, uuid4: randomUUID, fillRandom: (bytes) => randomFillSync(bytes) },
      },
    },
  };
}
