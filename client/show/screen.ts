/** Where a followed run is shown: what is over is printed once, what moves is redrawn below it (on a terminal only). */
import { createLogUpdate } from 'log-update';
import type { Decision, Question, Step } from '../../workflows/messages.js';
import { isOpen, type Sight } from '../runs.js';
import { ink } from './ink.js';
import { afterLines, answerLines, endLines, headLine, pendingLines, questionLines, stepLines } from './run.js';
import { width } from './text.js';

export interface Screen {
  show(sight: Sight): void;
  /** A person is about to be asked; or nobody is there, and is told how to answer from elsewhere. */
  ask(question: Question, person: boolean): void;
  decided(decision: Decision): (how: string) => void;
  say(words: string): void;
  /** The server does not answer just now. */
  silent(): void;
  end(): void;
}

/** Says nothing: for --json. */
export const noScreen: Screen = { show() {}, ask() {}, decided: () => () => {}, say() {}, silent() {}, end() {} };

export function openScreen(run: string, live = process.stdout.isTTY === true): Screen {
  const print = (lines: readonly string[]) => {
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  };
  const moving = live ? createLogUpdate(process.stdout) : undefined;
  const told = new Told();
  let ended = false;

  return {
    show(sight) {
      const now = Date.now();
      const { progress, pending } = sight;
      moving?.clear();
      if (progress) print(told.news(progress.steps, now, !live));
      if (!isOpen(sight) && !ended) {
        ended = true;
        const endedAt = progress && 'endedAt' in progress ? progress.endedAt : now;
        if (progress)
          print([...afterLines(progress, width()), headLine(progress, now, endedAt), ...endLines(progress, width())]);
        else print([`${run}: ${sight.status.toLowerCase()} in Temporal; it left no report.`]);
        return;
      }
      moving?.(
        [
          ...(progress?.steps.filter(({ endedAt }) => endedAt === undefined) ?? []).flatMap((step) =>
            stepLines(step, now, width()),
          ),
          ...pendingLines(pending, now, width()),
          progress ? headLine(progress, now) : ink.yellow(noWorker(run, sight)),
        ].join('\n'),
      );
    },
    ask(question, person) {
      moving?.clear();
      print([...questionLines(question, width()), ...(person ? [''] : answerLines(run, question))]);
    },
    decided:
      ({ choice, by, token }) =>
      (how) =>
        print([`${choice}, decided by ${by} at ${token}${how === 'taken' ? '' : ` (${how})`}.`]),
    say(words) {
      moving?.clear();
      print([words]);
    },
    silent() {
      moving?.(ink.yellow('The Temporal server does not answer just now. The run waits for it; so do we.'));
    },
    end() {
      moving?.clear();
      moving?.done();
    },
  };
}

const noWorker = (run: string, { waitingFor }: Sight): string =>
  `No worker answers for ${run}: the run waits for one${waitingFor ? `, and for an answer to ${waitingFor}` : ''}. See: pfrunbook status`;

/** Remembers what was printed: a step once it is over; afterwards only what was said later. */
export class Told {
  private readonly over = new Map<number, number>();
  private readonly begun = new Set<number>();

  /** With `announce`, a step that takes a while is also named when it begins. */
  news(steps: readonly Step[], now: number, announce: boolean): readonly string[] {
    return steps.flatMap((step, index) => {
      const said = this.over.get(index);
      if (step.endedAt !== undefined) {
        this.over.set(index, step.said.length);
        return said === undefined
          ? stepLines(step, now, width())
          : step.said.slice(said).map((line) => `    ${step.title}: ${line}`);
      }
      if (!announce || this.begun.has(index) || now - step.startedAt < 2_000) return [];
      this.begun.add(index);
      return [`▶ ${step.title} ...`];
    });
  }
}
