/** The record of a run as it grows - steps, phase, the open question - and where it is shown. */
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { progressToMarkdown } from './details.js';
import { phaseKey, waitingForKey } from './handlers.js';
import {
  attributes,
  type Order,
  type Phase,
  type Progress,
  type Question,
  type Step,
  type StepState,
} from './messages.js';

export class Tree {
  readonly progress: Progress;
  private parent: Step | undefined;
  private shown: Promise<void> | undefined;

  constructor(
    title: string,
    private readonly order: Order,
    notCounted: string[],
  ) {
    const { run, cluster, by } = order;
    this.progress = {
      run,
      title,
      cluster: cluster.name,
      by,
      startedAt: Date.now(),
      phase: 'running',
      steps: [],
      owed: [],
      decisions: [],
      notCounted,
    };
  }

  begin(title: string): Step {
    const step: Step = { title, state: 'running', startedAt: Date.now(), said: [], steps: [] };
    (this.parent ?? this.progress).steps.push(step);
    this.show();
    return step;
  }

  finished(step: Step, state: StepState): void {
    const now = Date.now();
    Object.assign(step, { state, endedAt: now, seconds: (now - step.startedAt) / 1000 });
    this.show();
  }

  /** Steps begun in `act` stand under this one. */
  async within<T>(step: Step, act: () => Promise<T>): Promise<T> {
    const outer = this.parent;
    this.parent = step;
    const answer = await act();
    this.parent = outer;
    return answer;
  }

  /** Whatever is still open ends here. */
  stopped(steps: readonly Step[] = this.progress.steps): void {
    this.parent = undefined;
    for (const step of steps) {
      this.stopped(step.steps);
      if (step.endedAt === undefined) this.finished(step, 'stopped');
    }
  }

  enter(phase: Phase, question?: Question): void {
    this.progress.phase = phase;
    if (question) this.progress.question = question;
    else delete this.progress.question;
    const token = question?.token ?? null;
    if (this.order.searchAttributes) {
      upsertSearchAttributes([
        { key: phaseKey, value: phase },
        { key: waitingForKey, value: token },
      ]);
    } else upsertMemo({ [attributes.phase]: phase, [attributes.waitingFor]: token });
    this.show();
  }

  /** Once for all that happens together: a replay shows every step again. */
  show(): void {
    this.shown ??= Promise.resolve().then(() => {
      this.shown = undefined;
      setCurrentDetails(progressToMarkdown(this.progress));
    });
  }
}
