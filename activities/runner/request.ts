/**
 * Has the runner make one change on a node, and waits for its end. Beginning, polling, re-attaching after a lost
 * connection and repeating are the same request again: what it means is decided on the node, by the ledger.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { quote } from '../../cluster/commands/quote.js';
import type { Change } from '../../cluster/words.js';
import type { ChangeOrder, LedgerSeen, Made } from '../contract.js';
import { Unreachable, unreachable } from '../errors.js';
import { failed, ledgerInDoubt, outcomeUnknown, refused } from '../outcomes.js';
import { digestOf } from '../perform.js';
import { exportsOf, type Secrets } from '../secrets.js';
import { type Answer, type Remote, wholeScript } from '../ssh/pool.js';
import { assignments, type Claim, lockFields, lockFunctions } from './lock.js';

/** Where a node keeps what was done to it: `dir` durable, `tmp` in memory, gone at a reboot. */
export interface LedgerPlaces {
  readonly dir: string;
  readonly tmp: string;
}
export const ledgerPlaces: LedgerPlaces = { dir: '/var/lib/pfrunbook', tmp: '/run/pfrunbook' };

const runner = `${lockFunctions}${readFileSync(new URL('./runner.sh', import.meta.url), 'utf8')}`;

const waitOnNode = 3; // seconds until the runner answers "running": as fresh as what an operator sees; longer than a runner waits for its claim
const waitForOthers = 20; // seconds that a lock which is taken over waits for what the other run began
const patience = 120_000; // ms to find a node again that was lost in the middle; a reboot of a server takes about this
const unclear = 5; // answers that say nothing, before a person looks

export interface Work {
  readonly node: Remote;
  readonly order: ChangeOrder;
  readonly secrets: Secrets;
  readonly places?: LedgerPlaces;
  /** The act's output so far, its last 2 KB. */
  readonly onProgress?: (tail: string) => void;
}

/** Errors: Refused, Failed, OutcomeUnknown, Unreachable, as failures of Temporal. */
export async function carryOut({ node, order, secrets, places = ledgerPlaces, onProgress }: Work): Promise<Made> {
  const { change } = order;
  let { known } = order;
  let lostAt: number | undefined;
  for (let tries = 0; tries < unclear; ) {
    const request = requestText(order, known, secrets, places);
    let said: Answer;
    try {
      said = await node.exec(`sh -c ${quote(wholeScript)}`, { stdin: request, deadline: (waitOnNode + 60) * 1000 });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      lostAt ??= Date.now();
      const changed = 'Whether it has begun is not known; if so it goes on, and asking again finds it.';
      if (error.lasting || Date.now() - lostAt > patience) throw unreachable(change.title, error, changed);
      await pause(1_000);
      continue;
    }
    lostAt = undefined;
    const answer = answerOf(said);
    const output = secrets.redact(answer.output).trim();
    const facts = { output: last(output, 8_192) };
    switch (answer.answer) {
      case 'done':
      case 'found done':
        return { done: answer.answer, ledger: ledgerOf(answer) };
      case 'running':
        tries = 0;
        known = ledgerOf(answer); // it may be another node that answers the next time
        onProgress?.(last(output, 2_048));
        break;
      case 'refused':
        throw refused(change, answer.why, order.epoch, await seenThere(node, change, secrets));
      case 'failed':
        throw failed(
          change,
          answer.rc ?? 0,
          { output: last(output, 1_024), seen: await seenThere(node, change, secrets) },
          facts,
        );
      case 'question':
        throw ledgerInDoubt(
          change,
          { why: answer.why, said: ledgerOf(answer), newestOf: runNamed(answer.newest) },
          known,
        );
      case 'unknown': {
        const seen = answer.rebooted
          ? 'It began, and the node was rebooted before its end.'
          : 'It began, and nobody saw it end.';
        throw outcomeUnknown(change, seen, facts);
      }
      case 'again': // the runner was killed, or said nothing that can be read: the ledger knows
        tries += 1;
        if (tries === unclear)
          throw outcomeUnknown(change, `The node gave no answer that can be read: ${secrets.redact(answer.why)}.`);
    }
  }
  throw outcomeUnknown(change, 'The node gave no answer.');
}

/** What the node says of what the change wants, a line for each thing; empty where it cannot be asked just now. */
async function seenThere(node: Remote, { tells }: Change, secrets: Secrets): Promise<readonly string[]> {
  if (!tells) return [];
  try {
    const { stdout } = await node.sh(`${exportsOf(secrets)}${tells.seen}`, { deadline: 15_000 });
    return last(secrets.redact(stdout).trim(), 1_024).split('\n').filter(Boolean);
  } catch (error) {
    if (error instanceof Unreachable) return [];
    throw error;
  }
}

/** The request: one assignment a line, then the runner's text. */
function requestText(
  { change, key, ordinal, epoch, holder }: ChangeOrder,
  known: LedgerSeen | undefined,
  secrets: Secrets,
  places: LedgerPlaces,
): string {
  const { dir, tmp } = places;
  const fields = {
    run: key.run.replaceAll('/', '_'), // it names a file; a run's name holds one slash
    step: key.step,
    generation: key.generation,
    ordinal,
    ...lockFields({ run: key.run, ...holder, epoch }, places),
    title: change.title,
    digest: digestOf(change),
    requires: change.requires ?? ':',
    wanted: change.wanted,
    script: change.script,
    secrets: exportsOf(secrets),
    repeatable: change.repeatable ? 'yes' : 'no',
    wait: waitOnNode,
    dir,
    tmp,
    // What is remembered of this node. Empty: nothing is compared.
    ledger: known?.ledger ?? '',
    counter: known?.counter ?? 0,
    machine: known?.machine ?? '',
  };
  return `${assignments(fields)}${runner}`;
}

/** Has the runner take the lock. Its ledger: it is held, and nothing of another run is at work there any more; else why not, in the runner's words. */
export async function takeLock(node: Remote, claim: Claim, places = ledgerPlaces): Promise<LedgerSeen | string> {
  const { dir, tmp } = places;
  const request = assignments({ mode: 'lock', wait: waitForOthers, dir, tmp, ...lockFields(claim, places) });
  const deadline = (waitForOthers + 30) * 1000;
  const answer = answerOf(await node.exec(`sh -c ${quote(wholeScript)}`, { stdin: `${request}${runner}`, deadline }));
  return answer.answer === 'done' ? ledgerOf(answer) : answer.why;
}

const said = z.object({
  answer: z.enum(['done', 'found done', 'running', 'refused', 'failed', 'question', 'unknown', 'again']),
  why: z.string().default(''),
  rc: z.number().nullish(),
  rebooted: z.boolean().default(false),
  ledger: z.string().default(''),
  counter: z.number().nullish(),
  machine: z.string().default(''),
  /** The run whose change is the newest, as in a file's name; "-": there was none. */
  newest: z.string().default('-'),
  output: z.base64().default(''),
});
type Said = z.infer<typeof said>;

const ledgerOf = ({ ledger, counter, machine }: Said): LedgerSeen => ({ ledger, counter: counter ?? 0, machine });
const runNamed = (file: string): string | undefined => (file === '-' ? undefined : file.replace(/_(?=[^_]*$)/, '/'));

/** The last line: a login script may have printed before it. */
function answerOf({ code, signal, stdout, stderr }: Answer): Said {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    const parsed = said.parse(JSON.parse(line));
    return { ...parsed, output: Buffer.from(parsed.output, 'base64').toString() };
  } catch {
    const why = `code ${signal ?? code}, "${last(`${stdout}${stderr}`.trim(), 300)}"`;
    return said.parse({ answer: 'again', why });
  }
}

function last(text: string, length: number): string {
  return text.length > length ? `...${text.slice(-length)}` : text;
}
