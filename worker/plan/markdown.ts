/** A plan as a change document: what a change board, or whoever sits beside the operator at night, reads before the run. */
import { argumentsAsTyped } from '../../workflows/catalogue.js';
import { plain } from '../../workflows/details.js';
import { duration } from '../../workflows/report.js';
import type { Next, Plan, PlanOrder, PlanStep, Section } from './plan.js';

export interface Document {
  readonly plan: Plan;
  /** Of the runbook. */
  readonly title: string;
  readonly guide: string;
  readonly purpose: string;
  readonly by: string;
  readonly madeAt: Date;
  /** What the nodes show now. */
  readonly summary: string;
  readonly table: readonly (readonly string[])[];
  readonly histories: readonly string[];
}

export function planToMarkdown({
  plan,
  title,
  guide,
  purpose,
  by,
  madeAt,
  summary,
  table,
  histories,
}: Document): string {
  const { cluster, runbook, hash, release, verdict, way, commands } = plan;
  const all = ordersOf(way);
  const certain = way.steps.flatMap(({ orders }) => orders).filter(({ dependsOn }) => dependsOn.length === 0);
  const lost = all.filter(({ loses }) => loses !== undefined);
  const given = Object.keys(plan.args).length > 0 ? `, with ${JSON.stringify(plan.args)}` : '';
  return [
    `# Plan: ${title} of ${cluster}`,
    '',
    `- Plan \`${hash}\`: \`pfrunbook start ${runbook} ${cluster}${argumentsAsTyped(runbook, plan.args)} --plan ${hash}\` starts it, and refuses if it would now be another`,
    `- Made by ${plain(by)}, ${madeAt.toISOString().slice(0, 19).replace('T', ' ')} UTC, with release ${release}${given}. Nothing was changed`,
    `- Purpose: ${purpose} (clustering guide, section ${guide})`,
    `- Certain: ${counted(certain)}. Everything else depends on a question or a read, which is named`,
    `- Expected: ${duration(secondsOf(way))} to the first question or the end, waiting for people aside`,
    '',
    '## The nodes, as they are seen',
    '',
    plain(summary),
    '',
    ...rows(table),
    ...[...verdict, ...histories].map((line) => `- ${plain(line)}`),
    '',
    '## The way',
    '',
    'A command stands under its number at the end, with the check by which it is believed. The times are of earlier runs on',
    'this cluster where it says so, else measured on three nodes in the lab.',
    '',
    ...sectionLines(way, '##'),
    '## What is set aside, or given up',
    '',
    ...(lost.length > 0
      ? distinct(lost).map((order) => `- ${plain(order.title)}: ${plain(order.loses ?? '')}${mark(order.dependsOn)}`)
      : ['Nothing.']),
    '',
    '## The way back',
    '',
    '`pfrunbook abort` at any time: a change that has begun ends first, then what can be taken back is. At each question',
    'above stands what that would be. Past the point where a node’s data is chosen, nothing of before is taken back: it',
    `stays as it is. What a run owes stands as scripts on the nodes: \`pfrunbook guards ${cluster}\` shows it, also without Temporal.`,
    '',
    '## If a step fails',
    '',
    'It becomes a question: retry, abort, and for what may stay out, skip with a reason. A retry asks first whether the',
    'wanted state is there by then: what was put right by hand is found done.',
    '',
    '## Commands',
    '',
    ...commandsLines(commands),
  ].join('\n');
}

export function sectionLines({ steps, next }: Section, level: string): string[] {
  return [
    ...steps.flatMap((step, i) => stepLines(step, i + 1)),
    ...(steps.length > 0 ? [''] : []),
    ...next.flatMap((one) => nextLines(one, `${level}#`.slice(0, 6), steps.length)),
  ];
}

function stepLines({ title, activity, orders, dependsOn, expected }: PlanStep, number: number): string[] {
  const time = expected && expected.seconds >= 1 ? ` ~${duration(expected.seconds)} (${expected.from})` : '';
  return [
    `${number}. ${activity ? plain(title) : `**${plain(title)}**`}${time}${mark(dependsOn)}`,
    ...orders.map((order) => {
      const more = order.dependsOn.join() === dependsOn.join() ? '' : mark(order.dependsOn);
      const note = order.guard === 'owed' ? '; owed from here on' : order.guard === 'back' ? '; no longer owed' : '';
      return `   - ${plain(order.node)}: ${plain(order.title)} [${order.command}]${note}${more}`;
    }),
  ];
}

/** `before`: steps that were numbered already. */
function nextLines(one: Next, level: string, before: number): string[] {
  const steps = one.steps.flatMap((step, i) => stepLines(step, before + i + 1));
  if (steps.length > 0) steps.push('');
  if (one.kind === 'end') {
    const how = one.phase === 'done' ? 'The run is done' : `The run ends: ${one.phase}`;
    return [
      ...steps,
      `**${how}**${one.because ? `. ${plain(one.because)}` : ''}${mark(one.dependsOn)}`,
      ...one.owed.map((line) => `- Owed then: ${plain(line)}`),
      ...(one.stays ?? []).map((line) => `- Stays as it is. Not done: ${plain(line)}`),
      '',
    ];
  }
  return [
    `${level} Question \`${one.name}\`: ${plain(one.text)}`,
    '',
    ...steps,
    ...(one.cost ? [`- Cost: ${plain(one.cost)}`] : []),
    ...(one.expires ? [`- Expires after ${one.expires}`] : []),
    ...(one.dependsOn.length > 0 ? [`- Asked${mark(one.dependsOn)}`] : []),
    `- Abort then would: ${one.abortTakesBack.map(plain).join('; ') || 'change nothing'}`,
    '',
    ...one.branches.flatMap(({ choice, words, section }) => [
      `${`${level}#`.slice(0, 6)} \`${one.name}\` = **${plain(choice)}**`,
      '',
      ...(words ? [plain(words), ''] : []),
      `Expected from here: ${duration(secondsOf(section))}, where nothing is read that was not expected.`,
      '',
      ...sectionLines(section, `${level}#`),
    ]),
  ];
}

export const commandsLines = (commands: Plan['commands']): string[] =>
  Object.entries(commands).flatMap(([id, { verb, script, requires, wanted, secrets = {} }]) => [
    `### ${id} ${verb}`,
    '',
    ...Object.entries(secrets).map(([name, at]) => `Needs \`${name}\`, resolved on the worker from \`${at}\`.\n`),
    ...(requires ? ['Only if:', '', ...codeLines(requires)] : []),
    ...codeLines(script),
    'Done when:',
    '',
    ...codeLines(wanted),
  ]);

/** A fence longer than any in the text. */
export function codeLines(text: string): string[] {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return [`${fence}sh`, text, fence, ''];
}

const mark = (dependsOn: readonly string[]): string =>
  dependsOn.length === 0 ? ' - *certain*' : ` - *depends on ${dependsOn.map(plain).join('; ')}*`;

/** To the next question or the end, as is expected. */
function secondsOf({ steps, next }: Section): number {
  const all = [...steps, ...next.flatMap((one) => one.steps)];
  return all.reduce((sum, { usual, expected }) => sum + (usual ? (expected?.seconds ?? 0) : 0), 0);
}

const ordersOf = ({ steps, next }: Section): PlanOrder[] => [
  ...[...steps, ...next.flatMap((one) => one.steps)].flatMap(({ orders }) => orders),
  ...next.flatMap((one) => (one.kind === 'question' ? one.branches.flatMap(({ section }) => ordersOf(section)) : [])),
];

const distinct = (orders: readonly PlanOrder[]): PlanOrder[] => [
  ...new Map(orders.map((order) => [order.title, order])).values(),
];

function counted(orders: readonly PlanOrder[]): string {
  const nodes = [...new Set(orders.map(({ node }) => node))];
  return orders.length === 0 ? 'no command at all' : `${orders.length} commands, on ${nodes.map(plain).join(', ')}`;
}

function rows([head, ...body]: readonly (readonly string[])[]): string[] {
  if (!head) return [];
  const row = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [row(head), `|${' --- |'.repeat(head.length)}`, ...body.map(row), ''];
}
