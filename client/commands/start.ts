/** `pfrunbook start RUNBOOK CLUSTER [args]`: everything is checked before anything is started. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { execa } from 'execa';
import { isRunName } from '../../cluster/places.js';
import { argumentName, argumentsAsTyped, catalogue, type Runbook, workflowIdFor } from '../../workflows/catalogue.js';
import { attributes, type Order } from '../../workflows/messages.js';
import { taskQueue } from '../../workflows/release.js';
import { isElsewhere, namedAddress, type Reached, uiLink, withTemporal } from '../connect.js';
import { bringUp } from '../embedded.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { noteBegan } from '../left.js';
import { didYouMean } from '../nearest.js';
import { programCommand, runProgram } from '../program.js';
import { releasesOf } from '../releases.js';
import { look, standingRun } from '../runs.js';
import { me, places } from '../settings.js';
import { answerLines } from '../show/run.js';
import { endForGood } from '../take-over.js';
import { hasOurAttributes } from '../visibility.js';
import { runsOf } from './list.js';
import { followHere } from './watch.js';

export interface StartOptions {
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  /** A run, and why. */
  readonly takeOver?: string;
  readonly reason?: string;
  /** Alone: what would be done, and nothing is started. With a hash: only if that is still the plan. */
  readonly plan?: true | string;
}

const nothing = 'Nothing was started.';

interface Asked {
  readonly name: string;
  readonly runbook: Runbook;
  readonly cluster: string;
  readonly args: Readonly<Record<string, string | boolean | number>>;
  readonly access: Access;
  readonly takeOver?: NonNullable<Order['takeOver']>;
}

/** What worker/check says of a cluster. */
interface Access {
  readonly nodes: readonly string[];
}

export async function start(words: readonly string[], options: StartOptions): Promise<ExitCode | number> {
  if (typeof options.plan === 'string' && !/^[0-9a-f]{12}$/.test(options.plan))
    throw new Mistake(
      `--plan ${options.plan}: a plan’s hash has 12 of 0-9 and a-f. Nothing was started. To make a plan, put --plan last: pfrunbook start RUNBOOK CLUSTER --plan`,
    );
  const asked = await check(words, options);
  if (options.plan) {
    const ended = await plan(asked, options);
    if (options.plan === true || ended !== exits.done) return ended;
  }
  const say = (line: string) => void (options.json || console.error(line));
  if (!isElsewhere()) await bringUp(places().state, say);
  return withTemporal(async (reached) => {
    // All that could refuse the new run comes before the other is ended for it.
    if (isElsewhere()) await needWorker(reached.client);
    const searchAttributes = await hasOurAttributes(reached.client);
    if (asked.takeOver) await endForGood(reached.client, asked.cluster, asked.takeOver, say);
    const { run, workflowId, runId } = await begin(reached, asked, searchAttributes);
    const ui = uiLink(reached, workflowId, runId);
    if (options.detach) {
      if (options.json) console.log(JSON.stringify({ run, workflowId, runId, ui: ui ?? null }));
      else console.log(`Started ${run}.\n  pfrunbook watch ${run}${ui ? `\n  ${ui}` : ''}`);
      return exits.done;
    }
    say(`Started ${run}.${ui ? ` ${ui}` : ''}`);
    return followHere(
      reached,
      { name: run, runId, handle: reached.client.workflow.getHandle(workflowId, runId) },
      options,
    );
  });
}

/** Errors: Mistake with every complaint at once. */
async function check(words: readonly string[], { takeOver, reason, yes, detach }: StartOptions): Promise<Asked> {
  const { name, cluster, given, complaints } = readWords(words);
  const runbook = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  const known = Object.keys(catalogue);
  if (!runbook && Object.hasOwn(catalogue, cluster))
    throw new Mistake(`The runbook comes first: pfrunbook start ${cluster} ${name}. ${nothing}`);
  if (name === '') complaints.push(`Which runbook? pfrunbook start RUNBOOK CLUSTER. Known: ${known.join(', ')}.`);
  else if (!runbook)
    complaints.push(`There is no runbook "${name}".${didYouMean(name, known)} Known: ${known.join(', ')}.`);
  if (cluster === '') complaints.push(`On which cluster? pfrunbook start ${name || 'RUNBOOK'} CLUSTER.`);
  const access = cluster === '' ? undefined : await askWorker(cluster, asksOf(runbook, given), complaints);
  const args = runbook ? readArguments(name, runbook, given, access?.nodes, complaints) : {};
  if (yes && detach)
    complaints.push(
      '--yes answers questions while the run is followed, and --detach leaves at once: give one of them.',
    );
  if (takeOver === undefined && reason !== undefined)
    complaints.push('--reason says why --take-over is needed: name the run.');
  if (takeOver !== undefined) complaints.push(...complaintsAboutTakeOver(takeOver, reason, name, runbook));
  if (complaints.length > 0 || !runbook || !access) throw new Mistake(...complaints, nothing);
  return { name, runbook, cluster, args, access, ...(takeOver && reason && { takeOver: { run: takeOver, reason } }) };
}

function complaintsAboutTakeOver(run: string, reason: string | undefined, name: string, runbook: Runbook | undefined) {
  return [
    ...(isRunName(run)
      ? []
      : [
          `--take-over "${run}": name one run (hq/20261123-0312-7f3a); pfrunbook guards CLUSTER says which holds the nodes.`,
        ]),
    ...(reason?.trim() ? [] : ['--take-over needs --reason "...": it goes into the reports of both runs.']),
    ...(runbook?.locks === false ? [`${name} takes no lock: there is nothing to take over.`] : []),
  ];
}

type Given = ReadonlyMap<string, string | undefined>;

function readWords(words: readonly string[]): { name: string; cluster: string; given: Given; complaints: string[] } {
  const takesValue = Object.values(catalogue).flatMap(({ args }) =>
    Object.keys(args).filter((option) => args[option]?.kind !== 'switch'),
  );
  const { positionals, tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(takesValue.map((option) => [option, { type: 'string' as const }])),
  });
  const [name = '', cluster = '', ...more] = positionals;
  const given = new Map(
    tokens.flatMap((token) => (token.kind === 'option' ? [[token.name, token.value] as const] : [])),
  );
  return {
    name,
    cluster,
    given,
    complaints: more.map((word) => `"${word}" is one word too many: start takes a runbook and a cluster.`),
  };
}

function readArguments(
  name: string,
  { args }: Runbook,
  given: Given,
  nodes: readonly string[] | undefined,
  complaints: string[],
) {
  const read: Record<string, string | boolean | number> = {};
  for (const [option, value] of given) {
    const argument = Object.hasOwn(args, option) ? args[option] : undefined;
    if (!argument) {
      const known = ['detach', 'yes', 'plan', 'json', 'take-over', 'reason', ...Object.keys(args)].map(
        (each) => `--${each}`,
      );
      complaints.push(`${name} knows no --${option}.${didYouMean(`--${option}`, known)} Known: ${known.join(', ')}.`);
    } else if (argument.kind === 'switch') {
      if (value !== undefined) complaints.push(`--${option} takes no value.`);
      read[argumentName(option)] = true;
    } else if (argument.kind === 'number') {
      const { from, to } = argument;
      const number = /^\d{1,9}$/.test(value ?? '') ? Number(value) : Number.NaN;
      if (number >= from && number <= to) read[argumentName(option)] = number;
      else complaints.push(`--${option} takes a number from ${from} to ${to}.`);
    } else if (argument.kind === 'secret') {
      // Not repeated: somebody may have typed the secret in place of its reference.
      if (/^(new|env:[A-Za-z_]\w*|file:\/.+)$/.test(value ?? '')) read[argumentName(option)] = value ?? '';
      else
        complaints.push(
          `--${option} takes file:/PATH or env:NAME, read on the worker, or new; never the secret itself.`,
        );
    } else if (!value) complaints.push(`--${option} needs the name of a node.`);
    else if (nodes && !nodes.includes(value))
      complaints.push(
        `--${option}: there is no node "${value}".${didYouMean(value, nodes)} Known: ${nodes.join(', ')}.`,
      );
    else read[argumentName(option)] = value;
  }
  for (const [option, argument] of Object.entries(args)) {
    if (argument.kind === 'node' && argument.required && !given.has(option))
      complaints.push(`${name} needs --${option}: ${argument.words}.`);
  }
  return read;
}

/** What the settings must hold for this runbook, as worker/check takes it. */
function asksOf(runbook: Runbook | undefined, given: Given): readonly string[] {
  const unknown = Object.entries(runbook?.args ?? {}).flatMap(([option, argument]) =>
    argument.kind === 'node' && argument.mayBeUnknown ? (given.get(option) ?? []) : [],
  );
  return [
    ...(runbook?.needs ?? []).map((section) => `--needs=${section}`),
    ...unknown.map((node) => `--may-be-unknown=${node}`),
    ...(runbook?.networks ? ['--networks'] : []),
  ];
}

/** The worker owns the clusters' folders: a program of its answers, or says what is wrong with them. */
async function askWorker(cluster: string, asks: readonly string[], complaints: string[]): Promise<Access | undefined> {
  const [file, ...args] = programCommand('worker/check', [...asks, '--', cluster]);
  const { exitCode, stdout, stderr } = await execa(file, args, { reject: false });
  if (exitCode === exits.done) return JSON.parse(stdout);
  complaints.push(stderr);
  return undefined;
}

/** Made by the worker's program: it looks at the nodes, and needs no Temporal. Its exit code. */
function plan({ name, cluster, args }: Asked, { plan: hash, json }: StartOptions): Promise<number> {
  const how = typeof hash === 'string' ? ['--against', hash] : json ? ['--json'] : [];
  return runProgram('worker/plan', [name, cluster, JSON.stringify(args), ...how]);
}

/** A run waits for a worker of its own release: where none is, and others are, it would wait for ever. */
async function needWorker(client: Client): Promise<void> {
  const [ours, ...others] = await releasesOf(client, await runsOf(client, false));
  if (ours.workers.length > 0) return;
  const there = others.flatMap(({ release, workers }) => (workers.length > 0 ? [release] : []));
  throw new Mistake(
    `No worker of release ${ours.release}, which this is, asks the Temporal at ${namedAddress()} for work. Nothing was started.`,
    there.length > 0
      ? `Workers there are of ${there.join(', ')}: use that pfrunbook, or start a worker of this one: pfrunbook worker`
      : 'Start one: pfrunbook worker',
  );
}

async function begin(
  { client }: Reached,
  { name, runbook, cluster, args, access, takeOver }: Asked,
  searchAttributes: boolean,
) {
  const stamp = `${new Date().toISOString().slice(0, 16).replaceAll('-', '').replace(':', '').replace('T', '-')}-${randomBytes(2).toString('hex')}`;
  const run = `${cluster}/${stamp}`;
  const workflowId = workflowIdFor(name, cluster, stamp);
  const order: Order = {
    run,
    cluster: { name: cluster, nodes: access.nodes },
    by: me(),
    host: hostname(),
    searchAttributes,
    args,
    ...(takeOver && { takeOver }),
  };
  const keyword = (attribute: string, value: string) => ({
    key: defineSearchAttributeKey(attribute, 'KEYWORD'),
    value,
  });
  try {
    const { firstExecutionRunId } = await client.workflow.start(runbook.workflow, {
      workflowId,
      taskQueue,
      args: [order],
      workflowIdConflictPolicy: 'FAIL',
      memo: { run, cluster, runbook: name, by: me() },
      staticSummary: `${runbook.title} of ${cluster}, ${run}`,
      ...(searchAttributes && {
        typedSearchAttributes: [keyword(attributes.cluster, cluster), keyword(attributes.runbook, name)],
      }),
    });
    if (!isElsewhere()) noteBegan(run, { runbook: name, by: order.by });
    return { run, workflowId, runId: firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const standing = await standingRun(client, cluster);
    const open = standing?.name ?? cluster;
    const question = standing && (await look(client, standing)).progress?.question;
    throw new Mistake(
      `${cluster} has an open run, ${open}: one procedure per cluster. Nothing was started.`,
      `  pfrunbook watch ${open}    to follow it`,
      `  pfrunbook abort ${open}    to end it at a safe point`,
      `  pfrunbook start ${name} ${cluster}${argumentsAsTyped(name, args)} --take-over ${open} --reason "..."    to end it where it waits, and go on with what it lowered`,
      ...(question ? [`It asks: ${question.text}`, ...answerLines(open, question).slice(1)] : []),
    );
  }
}
