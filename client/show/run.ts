/** A run as lines of text: the whole tree, node by node, with the time each step took. */

import { wantedInWords } from '../../workflows/details.js';
import {
  decideLine,
  type Progress,
  type Question,
  type Report,
  type Step,
  type StepState,
} from '../../workflows/messages.js';
import { duration, goesOn } from '../../workflows/report.js';
import { inWords, resultInWords } from '../../workflows/result.js';
import type { Pending } from '../runs.js';
import { ink } from './ink.js';
import { hanging, table, wrap } from './text.js';

const marks: Record<StepState, string> = {
  running: ink.cyan('▶'),
  done: ink.green('✔'),
  'found done': ink.green('✔'),
  skipped: ink.yellow('–'),
  failed: ink.red('✖'),
  stopped: ink.yellow('■'),
};

export function headLine({ title, run, phase, startedAt }: Progress, now: number, endedAt = now): string {
  return ink.bold(`${title} · ${run} · ${phase} · ${duration((endedAt - startedAt) / 1000)}`);
}

/** A step with everything under it. */
export function stepLines(step: Step, now: number, room: number, depth = 0): readonly string[] {
  const indent = '  '.repeat(depth);
  const time = duration(step.seconds ?? (now - step.startedAt) / 1000);
  const title = step.state === 'found done' ? `${step.title} (found done)` : step.title;
  const lines = wrap(title, room - indent.length - 2 - time.length - 1);
  const last = lines.length - 1;
  return [
    ...lines.map((line, i) => {
      const lead = i === 0 ? `${indent}${marks[step.state]} ` : `${indent}  `;
      const fill = ' '.repeat(Math.max(1, room - indent.length - 2 - line.length - time.length));
      return lead + (i === last ? line + fill + ink.dim(time) : line);
    }),
    ...step.steps.flatMap((each) => stepLines(each, now, room, depth + 1)),
    ...step.said.flatMap((said) => hanging(`${indent}    `, said, room)),
  ];
}

/** What the activities that run now last said: a heartbeat, a failed attempt. */
export function pendingLines(pending: readonly Pending[], now: number, room: number): readonly string[] {
  return pending.flatMap(({ activity, attempt, said, failure, nextAt }) => {
    const again =
      failure &&
      `attempt ${attempt}${nextAt && nextAt > now ? ` in ${duration((nextAt - now) / 1000)}` : ''}: ${failure}`;
    const words = [said, again].filter(Boolean).join(' · ');
    return words ? hanging(`    ${inWords(activity)}: `, words, room).map((line) => ink.dim(line)) : [];
  });
}

/** The open question: evidence, and each choice with its cost. */
export function questionLines(question: Question, room: number): readonly string[] {
  const { text, evidence, cost, minutes, lastExit, signature, expires, abortTakesBack, changed } = question;
  const { verdict, choices, shown = [], table: rows = [] } = evidence;
  const widest = Math.max(...Object.keys(choices).map((choice) => choice.length));
  return [
    '',
    ...wrap(text, room).map((line) => ink.bold(line)),
    ...(changed
      ? wrap(`An earlier decision is void, because this changed: ${changed.join('; ')}`, room).map(ink.yellow)
      : []),
    ...verdict.flatMap((line) => hanging('  - ', line, room)),
    ...(rows.length > 0 ? table(rows, room).split('\n') : []),
    ...shown.flatMap((line) => hanging('    ', line, room)),
    ...(cost ? hanging('  Cost: ', cost, room) : []),
    ...(minutes ? hanging('  Expected minutes: ', minutes, room) : []),
    ...(lastExit ? hanging('  Last safe exit: ', lastExit, room) : []),
    ...(expires ? [`  Expires after ${expires}.`] : []),
    ...(abortTakesBack.length === 0
      ? ['  Abort now would change nothing.']
      : ['  Abort now would:', ...abortTakesBack.flatMap((what) => hanging('    - ', what, room))]),
    ...(signature ? hanging('  Needs ', `${wantedInWords(signature)}.`, room) : []),
    ...(signature?.signed.flatMap(({ by, choice, key }) =>
      hanging('  Signed: ', `${choice}, by ${by} with ${key}`, room),
    ) ?? []),
    '',
    ...Object.entries(choices).flatMap(([choice, words]) => hanging(`  ${choice.padEnd(widest)}  `, words, room)),
  ];
}

/** The commands that answer it, for whoever is not asked here. */
export function answerLines(run: string, question: Question): readonly string[] {
  const { token, evidence } = question;
  return [
    '',
    ...(evidence.goOn ? [`  pfrunbook approve ${run} ${token}          means ${evidence.goOn}`] : []),
    `  ${decideLine(run, question)}`,
  ];
}

/** Of a run that is over: why it ended early, what it found or did. */
export function endLines(progress: Progress | Report<unknown>, room: number): readonly string[] {
  return [
    ...('because' in progress && progress.because ? wrap(progress.because, room) : []),
    ...('next' in progress && progress.next ? hanging('Next: ', goesOn(progress.next), room) : []),
    ...('result' in progress ? resultInWords(progress.result) : []).flatMap(({ heading, lines, table: rows = [] }) => [
      ...(heading ? ['', ink.bold(heading)] : []),
      ...lines.flatMap((line) => hanging(heading ? '  ' : '', line, room)),
      ...(rows.length > 0 ? table(rows, room).split('\n') : []),
    ]),
  ];
}

/** What stays to be known when the steps are told. */
export function afterLines(
  { owed, stays = [], notCounted }: Pick<Progress, 'owed' | 'stays' | 'notCounted'>,
  room: number,
): readonly string[] {
  return [
    ...owed.flatMap((line) => hanging('Owed: ', line, room)).map(ink.yellow),
    ...(stays.length > 0 ? wrap('Stays as it is, for the run was past its point of no return. Not done:', room) : []),
    ...stays.flatMap((line) => hanging('  - ', line, room)),
    ...notCounted.slice(-5).flatMap((line) => hanging('Not counted: ', line, room)),
  ];
}
