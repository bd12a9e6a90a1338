/**
 * `pfrunbook guards CLUSTER [--restore [NODE] [--although-run-open]] [--json]`: what runs still owe on the nodes, and a way to give it back, over SSH alone.
 * Exit 0: nothing is owed; 1: something is, or a node could not be asked; 2: bad input.
 */
import { confirm } from '@inquirer/prompts';
import { Command } from 'commander';
import { concerns, listGuards, type OwedGuard, type OwedGuards, restoreGuard } from '../activities/guards.js';
import { judges } from '../activities/judge.js';
import { lookActivities } from '../activities/look/index.js';
import type { SshPool } from '../activities/ssh/pool.js';
import { type Lock, lockInWords, runsHolding } from '../cluster/lock.js';
import { hanging, untouched, wrap } from '../cluster/text.js';
import { room } from './ink.js';
import { looking } from './looking.js';
import { BadSettings, loadCluster } from './settings.js';

/** Of putting back what a run that works lowered. */
const itsCost =
  'Should it go on after all, galera-autofix may wipe a node under its hands, and a held node join before it is judged.';

const command = new Command('pfrunbook guards')
  .description('protections that runs lowered on the nodes, or raised there, and still owe; needs no Temporal')
  .argument('<cluster>', 'its folder under clusters/')
  .option(
    '--restore [node]',
    'put them back: all, or those of this node and the barriers against it; what has a condition is checked or asked first',
  )
  .option('--although-run-open', `put them back although a run holds the nodes: it is gone for good. ${itsCost}`)
  .option('--json', 'print what is owed as one JSON object')
  .addHelpText('after', '\nExit code: 0 nothing is owed, 1 something is (or a node could not be asked), 2 bad input.')
  .configureOutput(untouched)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const [cluster = ''] = command.args;
const {
  restore = false,
  althoughRunOpen = false,
  json = false,
} = command.opts<{ restore?: boolean | string; althoughRunOpen?: boolean; json?: boolean }>();
const someoneIsThere = Boolean(process.stdin.isTTY && process.stdout.isTTY);
process.exit(await looking(main));

async function main(pool: SshPool): Promise<number> {
  const access = await loadCluster(cluster);
  const names = access.nodes.map(({ node }) => node);
  if (typeof restore === 'string' && !names.includes(restore)) {
    throw new BadSettings([`${cluster} has no node "${restore}". Known: ${names.join(', ')}.`]);
  }
  let owed = await listGuards(pool, access);
  if (restore !== false) {
    if (!althoughRunOpen) await againstOpenRuns(owed);
    for (const guard of owed.guards) {
      if (typeof restore === 'string' && !concerns(guard, restore)) continue;
      if (await mayGoBack(guard)) await putBack(guard, owed.locks.find(({ node }) => node === guard.node)?.lock);
    }
    owed = await listGuards(pool, access);
  }
  console.log(json ? JSON.stringify(toJson(owed)) : toText(owed));
  return owed.guards.length + owed.unreached.length === 0 ? 0 : 1;

  /** Its guards are down because it works: what is put back under its hands can hurt. */
  async function againstOpenRuns({ locks }: OwedGuards): Promise<void> {
    for (const { lock, nodes } of runsHolding(locks)) {
      const open = `${lockInWords(lock)}, on ${nodes.join(', ')}`;
      if (
        someoneIsThere &&
        (await confirm({
          message: `A run is open: ${open}. Put its guards back all the same? ${itsCost}`,
          default: false,
        }))
      )
        continue;
      throw new BadSettings([
        `A run is open: ${open}. It puts back itself what it lowered; nothing was touched.`,
        `See it on ${lock.host}, or wherever its Temporal is: pfrunbook show ${lock.run}. Where that is gone for good: pfrunbook guards ${cluster} --restore --although-run-open. ${itsCost}`,
      ]);
    }
  }

  /** A condition that can be judged from here is; another needs somebody who knows. */
  async function mayGoBack({ node, back, condition, file, run }: OwedGuard): Promise<boolean> {
    const words = file.includes('.maskAutofix.') ? await againstAutofix() : condition && `only when ${condition}`;
    const refusal = words?.replace(/\.$/, '');
    const question = refusal
      ? `${node}: ${back}: ${refusal}. Put it back all the same?`
      : `${node}: ${back} (owed by ${run}, which must be over)?`;
    if (someoneIsThere) return confirm({ message: question, default: !refusal });
    if (refusal) console.error(`${node}: ${back}: not put back, ${refusal}. Run this at a terminal to decide.`);
    return !refusal;
  }

  async function againstAutofix(): Promise<string | undefined> {
    const seen = await lookActivities(pool, async () => access).nodes({ cluster, nodes: names });
    return (await judges.mayAutofixReturn({ order: names, seen })).refusal;
  }

  async function putBack(guard: OwedGuard, seen: Lock | undefined): Promise<void> {
    try {
      await restoreGuard(await pool.reach(access, guard.node), { ...guard, seen });
      console.error(`${guard.node}: ${guard.back}: done`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error)); // it stays owed, and is listed so
    }
  }
}

function toJson({ guards, locks, unreached }: OwedGuards) {
  return {
    guards,
    openRuns: runsHolding(locks).map(({ lock: { held: _held, ...lock }, nodes }) => ({ ...lock, nodes })),
    unreached: unreached.map(({ node, because }) => ({ node, because })),
  };
}

function toText({ guards, locks, unreached }: OwedGuards): string {
  const open = runsHolding(locks).map(
    ({ lock, nodes }) => `A run is open: ${lockInWords(lock)}, on ${nodes.join(', ')}.`,
  );
  const lines = [
    ...guards.flatMap(({ node, title, back, run, since, condition }) => [
      ...wrap(`${node}: ${title}`, room),
      ...hanging('  owed: ', `${back}${condition ? `, when ${condition}` : ''}`, room),
      ...hanging('  by ', `${run}, since ${since}`, room),
    ]),
    ...unreached.flatMap(({ message }) => wrap(`${message} It may owe more.`, room)),
  ];
  return [...open, ...(lines.length === 0 ? ['Nothing is owed on any node.'] : lines)].join('\n');
}
