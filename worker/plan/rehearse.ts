/**
 * One run of the real workflow in this process, without Temporal: the SDK's own workflow runtime on the worker's own
 * bundle is fed the activations that a server would send. Only the activities are imagined, and who answers is told.
 * Timers never fire: nobody lets a question wait here.
 */
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
import {
  type Decision,
  messages,
  type Order,
  type Progress,
  type Question,
  type Report,
  type Step,
} from '../../workflows/messages.js';

/** Under the names that the workflow calls; one argument each. */
export type Activities = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

/** Activities that the workflow asked for at once. */
export interface Asked {
  /** Of the step, as an operator reads it. */
  readonly title: string;
  readonly calls: readonly Call[];
}

export interface Call {
  readonly activity: string;
  readonly input: unknown;
  /** Undefined where it failed. */
  readonly output: unknown;
}

export interface Rehearsal {
  readonly workflow: string;
  readonly order: Order;
  readonly activities: Activities;
  /** How a run went so far: it is gone through again, and from there on the activities are called. */
  readonly recorded?: Recorded;
  readonly asked: (asked: Asked) => void;
  readonly answers: (question: Question) => Omit<Decision, 'token'>;
}

/** Of a history: activities in the order in which they were scheduled, and the messages between them. */
export interface Recorded {
  readonly activities: readonly { readonly activity: string; readonly result?: Resolution }[];
  /** Each after so many activities were scheduled, and so many over. */
  readonly messages: readonly {
    readonly name: string;
    readonly input: unknown;
    readonly scheduled: number;
    readonly over: number;
  }[];
  /** Told of each that is gone through again. */
  readonly again: (call: Call) => Promise<unknown>;
}

type Activation = Parameters<Workflow['activate']>[0];
type Job = NonNullable<Activation['jobs']>[number];
type WorkflowCommand = NonNullable<
  NonNullable<Awaited<ReturnType<Workflow['activate']>>['successful']>['commands']
>[number];

export type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;

const limit = 10_000; // ms, of one activation

export class Sandbox {
  private runs = 0;

  private constructor(private readonly creator: ReusableVMWorkflowCreator) {}

  /** `code`: of the workflow bundle. */
  static open(code: string): Sandbox {
    const filename = 'workflow-bundle.js';
    const sourceMap = { version: 3 as const, sources: [], names: [], mappings: '', file: filename, sourcesContent: [] };
    const bundle = { code, filename, sourceMap: sourceMap as never };
    return new Sandbox(new ReusableVMWorkflowCreator(new vm.Script(code, { filename }), bundle, limit, new Set()));
  }

  /** Errors: what the workflow's task fails with, that is, bugs. */
  async rehearse({ workflow: type, order, activities, recorded, asked, answers }: Rehearsal): Promise<Report<unknown>> {
    const runId = `rehearsal-${++this.runs}`;
    const workflow = await this.creator.createWorkflow(optionsOf(type, runId));
    let seconds = 0;
    const activate = async (jobs: Job[]): Promise<readonly WorkflowCommand[]> => {
      const timestamp = msToTs(++seconds * 1000);
      const { successful, failed } = await workflow.activate({ runId, timestamp, jobs, historyLength: 1 });
      if (failed) throw defaultFailureConverter.failureToError(failed.failure ?? {}, defaultPayloadConverter);
      return successful?.commands ?? [];
    };
    const progress = async (): Promise<Progress> => {
      // A plain object where the runtime wants the class of the protocol: `variant` is all that it asks of it.
      const query = {
        variant: 'queryWorkflow' as const,
        queryWorkflow: { queryId: 'q', queryType: messages.progress, arguments: [] },
      };
      const [answer] = await activate([query]);
      return decoded(answer?.respondToQuery?.succeeded?.response) as Progress;
    };
    const args = [encoded(order)];
    let jobs: Job[] = [{ initializeWorkflow: { workflowType: type, workflowId: runId, arguments: args } }];
    const messagesLeft = [...(recorded?.messages ?? [])];
    const pending: {
      seq: number;
      title: string;
      activity: string;
      input: unknown;
      recorded: Resolution | undefined;
    }[] = [];
    let scheduled = 0;
    let over = 0;
    let answered: string | undefined;
    try {
      for (;;) {
        const commands = await activate(jobs);
        for (const { completeWorkflowExecution: done, failWorkflowExecution: stopped } of commands) {
          if (done) return decoded(done.result) as Report<unknown>;
          if (stopped)
            return reportOf(defaultFailureConverter.failureToError(stopped.failure ?? {}, defaultPayloadConverter));
        }
        for (const { scheduleActivity: one, userMetadata } of commands) {
          if (!one) continue;
          const activity = one.activityType ?? '';
          const known = recorded?.activities[scheduled++];
          if (known && known.activity !== activity)
            throw new Error(`the run asked for ${known.activity} where this release asks for ${activity}`);
          // The summary of a look is the title of its step; that of a change is its own.
          const title =
            activity === 'change' ? titleOf((await progress()).steps) : String(decoded(userMetadata?.summary));
          pending.push({
            seq: one.seq ?? 0,
            title,
            activity,
            input: decoded(one.arguments?.[0]),
            recorded: known?.result,
          });
        }
        const [message] = messagesLeft;
        if (message && message.scheduled <= scheduled && message.over <= over) {
          messagesLeft.shift();
          jobs = [signalOf(message.name, message.input)];
        } else if (pending.length > 0) {
          const calls: Call[] = [];
          jobs = [];
          for (const { seq, activity, input, recorded: known } of pending) {
            const result = known ?? (await outcome(activity, activities, input));
            const call = { activity, input, output: decoded(result.completed?.result) };
            if (known) await recorded?.again(call);
            else calls.push(call);
            jobs.push({ resolveActivity: { seq, result } });
          }
          if (calls.length > 0) asked({ title: pending[0]?.title ?? '', calls });
          over += pending.splice(0).length;
        } else {
          const { question, phase } = await progress();
          if (question && question.token === answered)
            throw new Error(`the rehearsal's answer to ${answered} was not counted`);
          answered = question?.token;
          if (question) jobs = [signalOf(messages.decide, { ...answers(question), token: question.token })];
          else if (phase === 'paused') jobs = [signalOf(messages.resume)];
          else throw new Error(`the rehearsal of ${type} waits for nothing that is known`);
        }
      }
    } finally {
      await workflow.dispose();
    }
  }
}

async function outcome(activity: string, activities: Activities, input: unknown): Promise<Resolution> {
  const act = activities[activity];
  if (!act) throw new Error(`nobody has told the rehearsal what ${activity} does`);
  try {
    return { completed: { result: encoded(await act(input)) } };
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    const cause = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
    return { failed: { failure: failureOf(activity, cause) } };
  }
}

/** As the server words it. */
export const failureOf = (activity: string, cause: object) => ({
  message: 'Activity task failed',
  cause,
  activityFailureInfo: { activityType: { name: activity } },
});

const signalOf = (signalName: string, input?: unknown): Job => ({
  signalWorkflow: { signalName, input: input === undefined ? [] : [encoded(input)] },
});

const encoded = (value: unknown) => defaultPayloadConverter.toPayload(value);

const decoded = (payload: unknown): unknown =>
  payload
    ? defaultPayloadConverter.fromPayload(payload as Parameters<typeof defaultPayloadConverter.fromPayload>[0])
    : undefined;

/** One that was refused or aborted fails with its report in the details. */
function reportOf(error: Error): Report<unknown> {
  const told: unknown = error instanceof ApplicationFailure ? error.details?.[0] : undefined;
  if (!told) throw error;
  return told as Report<unknown>;
}

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
      unsafe: { isReplaying: false, isReplayingHistoryEvents: false } as never,
    },
  };
}
