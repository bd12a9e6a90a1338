/**
 * How a run goes on, and where it stops: every step is begun at a safe boundary, what fails becomes a question, and a
 * question is answered once, or ends the run.
 */
import type { Duration } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Made, Offering } from '../activities/contract.js';
import type { Approval } from '../cluster/approval.js';
import type { Finding, NodeName, Proposal } from '../cluster/words.js';
import { Bell } from './bell.js';
import { Desk, type Heard, wantedBy } from './desk.js';
import type { Decided, Decision, Order, Question, Step } from './messages.js';
import { proofOf } from './proof.js';
import { whoMayDecide } from './proxies.js';
import { Stop } from './stop.js';
import { Tree } from './tree.js';

export interface Call<T> {
  readonly node: NodeName;
  readonly make: (step: number, generation: number) => Promise<T>;
  /** Of a node whose ledger is in doubt: what the run knows of it, a sentence for the question. Such a failure takes no bare approval. */
  readonly known?: (failure: ActivityFailure) => string | undefined;
  /** Of changes: what was there before. */
  readonly found?: (answer: T) => Pick<Made, 'done' | 'found'>;
}

/** Stands for the answer of a call that failed, and without which a person chose to go on. */
export const skipped = Symbol('skipped');
export type Skipped = typeof skipped;

const soon = 10; // seconds: as often as a failure that may pass by itself
const seldom = 600; // each try stands in the history

/** What is told with a question, besides its evidence. */
interface Asking extends Pick<Question, 'cost' | 'minutes' | 'lastExit'> {
  /** Too much hangs on its answer for a name: where the policy asks for it, only signatures count. */
  readonly irreversible?: boolean;
  /** Ends the run while nothing is changed yet; later it only reminds. */
  readonly expires?: Duration;
  /** Why an earlier decision was void. */
  readonly changed?: readonly string[];
}

export class Conduct {
  readonly desk: Desk;
  readonly tree: Tree;
  private readonly bell: Bell;
  /** Set by the first change, and by the point of no return. */
  touched = false;
  committed = false;
  private paused = false;
  private aborting: string | undefined;
  private closing = false;
  /** Counters, for keys and tokens. */
  private steps = 0;
  private questions = 0;

  constructor(
    title: string,
    private readonly order: Order,
    /** What abort would take back now, in words. */
    private readonly wouldTakeBack: () => readonly string[],
    /** Told when a person takes what a failure offers, besides retry and skip. */
    private readonly answered: (choice: string, over: readonly string[], question: string) => Promise<void>,
  ) {
    this.desk = new Desk();
    this.tree = new Tree(title, order, this.desk.notCounted);
    this.bell = new Bell(title, order, (words) => this.note(words));
  }

  note(words: string): void {
    this.desk.note(words);
    this.tree.show();
  }

  /** An answer from outside. Where it needs a signature, that is checked first; meanwhile others may answer. */
  async take(message: Decision): Promise<Heard> {
    const question = this.desk.toProve(message);
    const heard = this.desk.take(message, question && (await proofOf(this.order, question, message)));
    this.tree.show();
    return heard;
  }

  /** At the next safe boundary. Once the run is being taken back, there is nothing left to abort. */
  abort(because: string): void {
    if (!this.closing) this.aborting ??= because;
  }

  pause(on: boolean): void {
    this.paused = on && !this.closing;
  }

  get stopping(): boolean {
    return this.aborting !== undefined;
  }

  /** Everybody who is to be told anything is told, or given up. */
  silent(): Promise<void> {
    return this.bell.silent();
  }

  /** The thing at hand is over; what comes next is not stopped by the same word. */
  endedHere(): void {
    this.tree.stopped();
    this.aborting = undefined;
  }

  /** From here on a stop ends only the thing at hand. */
  close(): void {
    this.endedHere();
    this.closing = true;
    this.paused = false;
  }

  /** Where pause and abort take effect. */
  async safeBoundary(): Promise<void> {
    if (this.paused) {
      this.tree.enter('paused');
      await condition(() => !this.paused || this.aborting !== undefined);
      this.tree.enter('running');
    }
    if (this.aborting !== undefined) throw new Stop('aborted', this.aborting);
  }

  /** Makes every call at once. Those that failed become one question; `retry` makes them again, one generation later. */
  async step<T>(title: string, calls: readonly Call<T>[], maySkip?: string): Promise<(T | Skipped)[]> {
    await this.safeBoundary();
    return this.attempt(this.tree.begin(title), calls, maySkip);
  }

  /** `question`: its name; else the step is numbered, and named after its number. */
  async attempt<T>(
    step: Step,
    calls: readonly Call<T>[],
    maySkip?: string,
    question?: string,
  ): Promise<(T | Skipped)[]> {
    const number = question === undefined ? ++this.steps : this.steps;
    const name = question ?? `step${number}`;
    const answers = new Map<Call<T>, T>();
    const make = async (call: Call<T>, generation: number): Promise<Failure | undefined> => {
      try {
        const answer = await call.make(number, generation);
        answers.set(call, answer);
        const { found = [] } = call.found?.(answer) ?? {};
        if (generation > 1 && found.length > 0)
          step.said.push(`${call.node}: found done, nothing was done again: ${found.join('; ')}`);
        return undefined;
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        const words = failureInWords(call.node, step.title, error);
        const known = call.known?.(error);
        return { said: known ? `${words} ${known}` : words, inDoubt: known !== undefined, ...offeredBy(error) };
      }
    };
    for (let generation = 1; ; generation++) {
      const left = calls.filter((call) => !answers.has(call));
      const failures = (await Promise.all(left.map((call) => make(call, generation)))).filter(
        (failure) => failure !== undefined,
      );
      if (failures.length === 0) break;
      step.state = 'failed';
      step.said.push(...failures.map(({ said }) => said));
      const nodes = calls.filter((call) => !answers.has(call)).map(({ node }) => node);
      const proposal = failedStep(failures, nodes, generation, maySkip);
      const irreversible = failures.some(({ offer }) => offer); // two runs on one node may come of it
      const decision = await this.ask(name, `This failed: ${step.title}.`, proposal, { irreversible });
      step.said.push(inWords(decision));
      if (decision.choice === 'skip') break;
      const taken = failures.flatMap(({ offer }) => (offer && decision.choice in offer.choices ? offer.over : []));
      if (decision.choice !== 'retry') await this.answered(decision.choice, taken, name);
      step.state = 'running';
    }
    const found = [...answers].every(([call, answer]) => call.found?.(answer).done === 'found done');
    this.tree.finished(step, answers.size < calls.length ? 'skipped' : found ? 'found done' : 'done');
    return calls.map((call) => (answers.has(call) ? (answers.get(call) as T) : skipped));
  }

  /** A finding that does not refuse. Past the point of no return nobody is left alone with half a cluster: look again, or abort. */
  async accepted<F extends Finding>(step: Step, look: () => Promise<F>): Promise<F> {
    for (;;) {
      const finding = await look();
      if (finding.refusal === undefined) return finding;
      if (!this.committed) throw new Stop('refused', finding.refusal);
      const verdict = [finding.refusal, ...finding.verdict];
      const choices = { again: 'Look again, after you have seen to it' };
      step.state = 'failed';
      step.said.push(finding.refusal);
      const proposal = { verdict, choices, goOn: 'again', hash: finding.hash };
      step.said.push(inWords(await this.ask('refused', `This is not so: ${step.title}.`, proposal)));
      step.state = 'running';
    }
  }

  /** Errors: Stop, where the answer is to abort, or the run is aborted meanwhile. */
  async ask(
    name: string,
    text: string,
    evidence: Proposal,
    { expires, irreversible = false, ...more }: Asking = {},
  ): Promise<Decided> {
    const approval = await this.approval();
    const signature = irreversible ? wantedBy(approval, this.order.by) : undefined;
    const abort = this.closing ? 'Leave it; it stays owed' : 'Stop here, and take back what can be taken back';
    const question: Question = {
      ...more,
      text,
      token: `${name}-${++this.questions}-${evidence.hash.slice(0, 6)}`,
      askedAt: Date.now(),
      evidence: { ...evidence, choices: { ...evidence.choices, abort } },
      abortTakesBack: this.closing ? [] : this.wouldTakeBack(),
      ...(signature && { signature }),
      ...(expires !== undefined && { expires: typeof expires === 'number' ? `${expires} ms` : expires }),
    };
    const { token } = question;
    this.desk.open(question, approval);
    this.tree.enter('waiting', question);
    const bell = this.bell.ring(question, approval.tells);
    const decided = () => this.desk.answer !== undefined || this.aborting !== undefined;
    const wait = () =>
      expires === undefined
        ? condition(decided).then(() => true)
        : condition(decided, expires, { summary: `${token} expires` });
    while (!(await wait())) {
      if (this.touched) {
        this.note(`Nobody has answered ${token} within ${question.expires}; it still waits.`);
        bell.expired();
      } else this.aborting = `nobody answered ${token} within ${question.expires}`;
    }
    const decision = this.desk.close();
    this.tree.enter(this.closing ? 'taking back' : 'running');
    bell.closed(decision ? inWords(decision) : (this.aborting ?? ''));
    if (!decision) throw new Stop('aborted', this.aborting ?? '');
    this.tree.progress.decisions.push(decision);
    if (decision.choice === 'abort')
      throw new Stop(
        'aborted',
        `${decision.by} chose abort at ${token}${decision.reason ? `: ${decision.reason}` : ''}`,
      );
    return decision;
  }

  /** Settings that cannot be read are waited for; only a stop ends that, and no failure ends a run without a question. Errors: Stop. */
  private async approval(): Promise<Approval> {
    let told = '';
    for (let wait = soon; ; wait = Math.min(2 * wait, seldom)) {
      try {
        const approval = await this.readApproval();
        if (approval) return approval;
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        const words = `Who may decide cannot be read, and is asked for again: ${error.cause?.message ?? error.message}`;
        if (words !== told) this.note(words);
        told = words;
        await condition(() => this.stopping, wait * 1000);
      }
      if (this.aborting !== undefined) throw new Stop('aborted', this.aborting);
    }
  }

  /** Undefined: the run is to stop. */
  private async readApproval(): Promise<Approval | undefined> {
    const { name: cluster } = this.order.cluster;
    const options = {
      summary: 'Read who may decide, and who is told',
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    };
    const scope = new CancellationScope();
    try {
      return await scope.run(() =>
        Promise.race([
          whoMayDecide.executeWithOptions(options, [{ cluster }]),
          condition(() => this.stopping).then(() => undefined),
        ]),
      );
    } finally {
      scope.cancel(); // the other of the two
    }
  }
}

interface Failure extends Offering {
  readonly said: string;
  readonly inDoubt: boolean;
}

function failedStep(
  failures: readonly Failure[],
  nodes: readonly NodeName[],
  generation: number,
  maySkip: string | undefined,
): Proposal {
  const retry = nodes.some((node) => node) ? `Try again on ${nodes.join(', ')}` : 'Try again';
  const offers = failures.flatMap(({ offer }) => offer ?? []);
  return {
    verdict: failures.map(({ said }) => said),
    ...(!failures.some(({ inDoubt }) => inDoubt) && { goOn: offers.find(({ goOn }) => goOn)?.goOn ?? 'retry' }),
    hash: `try${generation}`,
    choices: {
      retry,
      ...Object.assign({}, ...offers.map(({ choices }) => choices)),
      ...(maySkip && { skip: `Go on without it: ${maySkip}` }),
    },
  };
}

export const inWords = ({ choice, by, reason }: Pick<Decision, 'choice' | 'by' | 'reason'>) =>
  `${choice}, decided by ${by}${reason ? `: ${reason}` : ''}`;

/** Only ours has words for it: activities/contract.ts. */
function offeredBy({ cause }: ActivityFailure): Offering {
  const [facts] = (cause instanceof ApplicationFailure && cause.details) || [];
  return (facts as Offering | undefined)?.offer ? { offer: (facts as Required<Offering>).offer } : {};
}

/** Our own failures name the node themselves: activities/errors.ts. */
export function failureInWords(node: NodeName, title: string, { cause, message }: ActivityFailure): string {
  if (cause instanceof ApplicationFailure) return cause.message;
  const where = node ? `${node}: ${title}` : title;
  if (cause instanceof TimeoutFailure) return `${where}: not seen to end in time (${cause.timeoutType ?? 'timeout'}).`;
  return `${where}: ${cause?.message ?? message}`;
}
