/** The rest of a run, for when the tool itself must leave: what is owed and held now, and what is left to do, each with its check. */
import type { ChangeOrder, LedgerSeen, Locked, Made, Meeting } from '../../activities/contract.js';
import { fileOf } from '../../activities/guards.js';
import { ledgerPlaces } from '../../activities/runner/request.js';
import type { Inventory } from '../../cluster/inventory.js';
import type { NodeSeen } from '../../cluster/observation.js';
import type { ServerSeen } from '../../cluster/prepare.js';
import type { NodeName } from '../../cluster/words.js';
import { modelActivities } from '../../model/activities.js';
import { SeededCluster } from '../../model/seed.js';
import { plain } from '../../workflows/details.js';
import type { Question } from '../../workflows/messages.js';
import { explore } from './explore.js';
import { imagined } from './imagine.js';
import { codeLines, commandsLines, sectionLines } from './markdown.js';
import { type Plan, planOf } from './plan.js';
import type { RunRecord } from './record.js';
import type { Call } from './rehearse.js';
import type { Sandbox } from './workflow.js';

export interface Handoff {
  readonly run: string;
  readonly by: string;
  /** Titles of the changes that were made, in order. */
  readonly done: readonly string[];
  /** That the run waits with now. */
  readonly question?: Pick<Question, 'token' | 'text' | 'evidence'>;
  readonly held: readonly NodeName[];
  readonly owed: readonly Owed[];
  /** From here on. */
  readonly plan: Plan;
}

export interface Owed {
  readonly node: NodeName;
  readonly title: string;
  readonly back: string;
  /** Absent: at any time. */
  readonly condition?: string;
  /** On the node: run as root it puts the guard back. */
  readonly file: string;
  readonly script: string;
  readonly wanted: string;
}

export async function handoffOf(
  sandbox: Sandbox,
  record: RunRecord,
  { inventory, runbook, release }: { inventory: Inventory; runbook: string; release: string },
): Promise<Handoff> {
  const { workflow, order, past, seen, done } = record;
  const exploration = await explore(sandbox, {
    workflow,
    order,
    made: (turnsOut) => {
      const cluster = new SeededCluster(seen);
      return {
        activities: imagined(cluster, inventory, turnsOut),
        recorded: { ...past, again: (call) => again(cluster, call) },
      };
    },
  });
  const [first] = exploration.paths[0]?.events ?? [];
  const cluster = new SeededCluster(seen);
  cluster.addresses = inventory.addresses;
  for (const { known: _, ...one } of done)
    await modelActivities(cluster)
      .change([one])
      .catch(() => undefined);
  return {
    run: order.run,
    by: order.by,
    done: done.map(({ change }) => change.title),
    ...(first?.kind === 'question' && { question: first.question }),
    held: cluster.all.filter(({ held }) => held).map(({ name }) => name),
    owed: owedBy(record),
    plan: planOf({ runbook, order, release, exploration }),
  };
}

/** What the model knows then of what the run had done. */
async function again(cluster: SeededCluster, { activity, input, output }: Call): Promise<void> {
  if (!output) return;
  if (activity === 'nodes') cluster.observe(output as readonly NodeSeen[]);
  if (activity === 'servers') cluster.prepare(output as readonly ServerSeen[]);
  if (activity === 'lock')
    for (const [node, ledger] of Object.entries((output as Locked).ledgers)) cluster.remember(node, ledger);
  if (activity === 'meet') cluster.remember((input as Meeting).node, output as LedgerSeen);
  if (activity !== 'change') return;
  const orders = input as readonly ChangeOrder[];
  const played = orders.map(({ known: _, ...order }) => order); // of a real ledger
  await modelActivities(cluster)
    .change(played)
    .catch(() => undefined); // it was made, whatever the model thinks of it
  for (const { change } of orders) cluster.remember(change.node, (output as Made).ledger);
}

function owedBy({ sent, done }: RunRecord): readonly Owed[] {
  const owed = new Map<string, Owed>();
  for (const { note } of sent) {
    const { inverse } = note?.change ?? {};
    if (note?.what !== 'owed' || !inverse) continue;
    const { node, title } = note.change;
    const file = `${ledgerPlaces.dir}/guards/${fileOf(note)}`;
    const { condition } = note;
    const { script, wanted, title: back } = inverse;
    owed.set(file, { node, title, back, ...(condition !== undefined && { condition }), file, script, wanted });
  }
  for (const { note } of done) if (note?.what === 'back') owed.delete(`${ledgerPlaces.dir}/guards/${fileOf(note)}`);
  return [...owed.values()];
}

/** How the run goes on afterwards. A gate has no `retry`: what was chosen by hand is its answer. */
function goOnLines({ run, question, plan: { way } }: Handoff): readonly string[] {
  if (way.steps.length === 0 && way.next.every(({ kind }) => kind === 'end'))
    return ['The run is over: only what it owes is left.'];
  const before =
    'What you did by hand it finds done: each change asks for its wanted state first, and repeats nothing that is there.';
  if (!question)
    return [`No question is open: \`pfrunbook pause ${run}\` before you begin, and \`resume\` after. ${before}`];
  const { token, evidence } = question;
  const { retry, abort: _, ...others } = evidence.choices;
  const answers = retry === undefined ? Object.keys(others) : ['retry'];
  const commands = answers.map((choice) => `\`pfrunbook decide ${run} ${token} ${plain(choice)}\``);
  return [
    `Let nobody answer its question meanwhile: it must not go on beside you. ${before}`,
    '',
    retry === undefined
      ? `When you are done: ${commands.join(', or ')}, as you chose by hand. It reads its evidence again first: what you changed of that opens the question anew, and shows the difference.`
      : `When you are done: ${commands}.`,
  ];
}

export function handoffToMarkdown(left: Handoff, title: string): string {
  const { run, by, done, question, held, owed, plan } = left;
  return [
    `# Handoff: ${title}, ${run}`,
    '',
    `What is left of this run, for people who go on without the tool. It was started by ${plain(by)}; ${done.length} changes are made.`,
    ...goOnLines(left),
    '',
    ...(question
      ? [
          '## The open question',
          '',
          `\`${question.token}\`: ${plain(question.text)}`,
          '',
          ...question.evidence.verdict.map((line) => `- ${plain(line)}`),
          ...Object.entries(question.evidence.choices).map(
            ([choice, words]) => `- **${plain(choice)}**: ${plain(words)}`,
          ),
          '',
        ]
      : []),
    '## Held now',
    '',
    held.length > 0
      ? `${held.map(plain).join(', ')}: MariaDB is stopped and masked there, and no server process is left. Start none by itself.`
      : 'No node.',
    '',
    '## Owed on the nodes',
    '',
    ...(owed.length > 0
      ? [
          'Each goes back by its script on the node, as root, which asks its check itself.',
          '',
          ...owed.flatMap(({ node, title: what, back, condition, file, script, wanted }) => [
            `### ${plain(node)}: ${plain(back)}`,
            '',
            `${plain(what)} is owed${condition ? `, and goes back only once ${plain(condition)}` : ''}. \`sh ${file}\`, which does:`,
            '',
            ...codeLines(script),
            'Back when:',
            '',
            ...codeLines(wanted),
          ]),
        ]
      : ['Nothing.', '']),
    '## What is left',
    '',
    ...sectionLines(plan.way, '##'),
    '## Commands',
    '',
    ...commandsLines(plan.commands),
  ].join('\n');
}
