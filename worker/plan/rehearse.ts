/**
 * One run of the real workflow in this process, without Temporal. Only the activities are imagined, and who answers is
 * told. Timers never fire: nobody lets a question wait here.
 */
import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { type Decision, messages, type Order, type Question, type Report } from '../../workflows/messages.js';
import {
  decoded,
  encoded,
  failureOf,
  type Job,
  type Pending,
  type Resolution,
  reportIn,
  type Sandbox,
  signalOf,
} from './workflow.js';

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

/** The history is of another release: it asks for other things. */
export class OtherRelease extends Error {
  override readonly name = 'OtherRelease';
}

/** Errors: what the workflow's task fails with, that is, bugs; OtherRelease. */
export async function rehearse(
  sandbox: Sandbox,
  { workflow: type, order, activities, recorded, asked, answers }: Rehearsal,
): Promise<Report<unknown>> {
  const workflow = await sandbox(type, order);
  const toHear = [...(recorded?.messages ?? [])];
  const pending: (Pending & { readonly known: Resolution | undefined })[] = [];
  let scheduled = 0;
  let over = 0;
  let answered: string | undefined;
  try {
    for (let commands = await workflow.start(); ; ) {
      const report = reportIn(commands);
      if (report) return report;
      for (const one of await workflow.scheduledBy(commands)) {
        const known = recorded?.activities[scheduled++];
        if (known && known.activity !== one.activity)
          throw new OtherRelease(`the run asked for ${known.activity} where this release asks for ${one.activity}`);
        pending.push({ ...one, known: known?.result });
      }
      const jobs: Job[] = [];
      const [next] = toHear;
      if (next && next.scheduled <= scheduled && next.over <= over) {
        toHear.shift();
        jobs.push(signalOf(next.name, next.input));
      } else if (pending.length > 0) {
        const calls: Call[] = [];
        for (const { seq, activity, input, known } of pending) {
          const result = known ?? (await outcome(activity, activities, input));
          const call = { activity, input, output: decoded(result.completed?.result) };
          if (known) await recorded?.again(call);
          else calls.push(call);
          jobs.push({ resolveActivity: { seq, result } });
        }
        if (calls.length > 0) asked({ title: pending[0]?.title ?? '', calls });
        over += pending.splice(0).length;
      } else {
        const { question, phase } = await workflow.progress();
        if (question && question.token === answered) throw new Error(`the answer to ${answered} was not counted`);
        answered = question?.token;
        if (question) jobs.push(signalOf(messages.decide, { ...answers(question), token: question.token }));
        else if (phase === 'paused') jobs.push(signalOf(messages.resume));
        else throw new Error(`the rehearsal of ${type} waits for nothing that is known`);
      }
      commands = await workflow.activate(jobs);
    }
  } finally {
    await workflow.dispose();
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
