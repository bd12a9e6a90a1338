/** How a run went, for people to read months later. Pure. */
import type { Ending, Progress, Report, Step } from './messages.js';
import { resultInWords, type Section } from './result.js';

export const isEnding = (phase: Progress['phase']): phase is Ending =>
  phase === 'done' || phase === 'refused' || phase === 'aborted';

/** Markdown: how it ended, what was kept, what is owed, who decided what, how long each step took. */
export function reportToMarkdown(report: Report<unknown>): string {
  const {
    run,
    title,
    cluster,
    by,
    startedAt,
    endedAt,
    phase,
    because,
    result,
    owed,
    stays = [],
    next,
    aside = [],
    decisions,
    notCounted,
    steps,
  } = report;
  const section = (heading: string, lines: readonly string[]) =>
    lines.length > 0 ? ['', `## ${heading}`, '', ...lines] : [];
  return [
    `# ${title}: ${run}`,
    '',
    `- Ended: **${phase}**${because ? `. ${because}` : ''}`,
    `- Cluster: ${cluster}`,
    `- Started by ${by}, ${when(startedAt)}; ended ${when(endedAt)} (${duration((endedAt - startedAt) / 1000)})`,
    ...section('Result', resultInWords(result).flatMap(sectionLines)),
    ...section('Next', next === undefined ? [] : [item(goesOn(next))]),
    ...section('Set aside, and kept', aside.map(item)),
    ...section('Owed: not yet back as it was', owed.map(item)),
    ...section('Stays as it is: not taken back past the point of no return', stays.map(notBack)),
    ...section(
      'Decisions',
      decisions.map(
        ({ at, by: who, choice, token, reason, verified }) =>
          `- ${when(at)}: **${choice}** at \`${token}\`, by ${who}, known ${verified}${reason ? `. Reason: ${reason}` : ''}`,
      ),
    ),
    ...section(
      'Steps',
      steps.flatMap((step) => stepLines(step)),
    ),
    ...section('Not counted', notCounted.map(item)),
    '',
  ].join('\n');
}

/** What was done stays, and is found done. */
export const goesOn = (command: string): string => `${command} goes on from here.`;

const item = (line: string): string => `- ${line}`;
/** Of what would take it back. */
const notBack = (title: string): string => `- Not done: ${title}`;

function sectionLines({ heading, lines, table: [head, ...rows] = [] }: Section): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    ...(heading ? ['', `### ${heading}`, ''] : []),
    ...lines.map(item),
    ...(head ? ['', row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)] : []),
  ];
}

function stepLines({ title, state, seconds, said, steps }: Step, indent = ''): readonly string[] {
  return [
    `${indent}- ${title} - ${state}, ${duration(seconds ?? 0)}`,
    ...said.map((line) => `${indent}  - ${line}`),
    ...steps.flatMap((step) => stepLines(step, `${indent}  `)),
  ];
}

/** UTC, so that two readers speak of the same minute. */
const when = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** "0.4 s", "12 s", "1 min 12 s", "2 h 05 min". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => `${n}`.padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} days ${Math.floor((minutes % 1440) / 60)} h`;
}
