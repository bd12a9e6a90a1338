/** A run that was, in a few lines: how it ended, what became of the data, what is still owed, where its report is. */
import { duration } from '../../workflows/report.js';
import type { Past } from '../commands/history.js';
import { ink } from './ink.js';
import { hanging, width } from './text.js';

export function historyLines(past: Past): readonly string[] {
  const { run, title, by, phase, because, startedAt, seconds, kept, setAside, owed, stays, decisions, report } = past;
  const colour = phase === 'done' ? ink.green : past.endedAt ? ink.red : ink.yellow;
  const when = `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const lines = [
    [when, ...(seconds === null ? [] : [duration(seconds)]), ...(by ? [`by ${by}`] : [])].join(', '),
    ...(because ? [because] : []),
    ...(kept ? [`kept: ${kept}`] : []),
    ...setAside.map(({ node, path }) => `set aside: ${node}:${path}`),
    ...decisions.map(({ token, choice, by: who }) => `decided: ${choice} at ${token} by ${who}`),
  ];
  return [
    `${ink.bold(run)}  ${title}: ${colour(phase)}`,
    ...lines.flatMap((line) => hanging('    ', line, width())),
    ...owed.flatMap((line) => hanging('    owed: ', line, width())).map(ink.yellow),
    ...stays.flatMap((line) => hanging('    stays as it is, not done: ', line, width())),
    ...(report ? [`    ${report}`] : []),
  ];
}
