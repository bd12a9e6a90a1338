/**
 * Three servers just installed become a cluster, and one of them, installed anew, takes its place again with half a
 * gigabyte to copy: ours against scripts that do the same by hand, in turn. What a person needs for the configurator is not counted.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { knownHosts } from '../lab/access.js';
import { allowNonlocalBind, configure } from '../lab/configure.js';
import { down } from '../lab/down.js';
import { address, vip } from '../lab/lab.js';
import { clusterFolder } from '../lab/places.js';
import { until } from '../lab/shell.js';
import { whole } from '../lab/status.js';
import { reinstall } from '../lab/up.js';
import { LAB_USERS } from '../lab/users.js';
import type { Progress, Report } from '../workflows/messages.js';
import { cli } from './cli.js';
import { fill } from './fill.js';
import { quiet } from './quiet.js';
import { keep, ratio, say, sayTable, spread } from './results.js';
import { type Site, site } from './site.js';

/** Seconds. */
interface Took {
  readonly seconds: number;
  readonly [more: string]: unknown;
}
type Contender = (here: Site) => Promise<Took>;

const goal = 1.15;

/** On a lab of its own: the servers begin blank. */
export async function setUp(lab: string, repetitions: number, megabytes: number): Promise<void> {
  const setUps: Record<string, Took[]> = { pfrunbook: [], 'by hand': [] };
  const joins: Record<string, Took[]> = { pfrunbook: [], 'by hand': [] };
  for (let turn = 1; turn <= repetitions; turn++) {
    for (const [name, form, take] of [
      ['pfrunbook', ours, oursJoins],
      ['by hand', byHand, byHandJoins],
    ] as const) {
      const here = await site(lab, { blank: true });
      try {
        await allowNonlocalBind(here.lab);
        setUps[name]?.push(await measured(`${name}, turn ${turn}, set-up`, here, form));
        await fill(here, megabytes);
        await reinstalled(here);
        joins[name]?.push(await measured(`${name}, turn ${turn}, join with ${megabytes} MB`, here, take));
      } finally {
        await cli(['down']);
        await down(lab);
      }
    }
  }
  const found = { 'set-up': of(setUps), [`join with ${megabytes} MB`]: of(joins) };
  await keep('setup', { megabytes, timeFactor: 1, ...found, runs: { setUps, joins } });
}

function of(took: Readonly<Record<string, readonly Took[]>>): object {
  const spreads = Object.fromEntries(
    Object.entries(took).map(([name, all]) => [name, spread(all.map(({ seconds }) => seconds))]),
  );
  sayTable(spreads);
  const [mine, hand] = Object.values(spreads);
  return { seconds: spreads, ...(mine && hand && { toHandWritten: { reached: ratio(mine, hand), goal } }) };
}

async function measured(what: string, here: Site, act: Contender): Promise<Took> {
  const busyPercentBefore = await quiet();
  const took = { ...(await act(here)), busyPercentBefore };
  await whole(here.lab, 300);
  say(`${what}: ${took.seconds} s`);
  return took;
}

const lastOf = ({ lab }: Site): string => lab.nodes.at(-1) ?? '';

/** Another host key is what a reinstalled server shows; that question is not what is measured. */
async function reinstalled(here: Site): Promise<void> {
  const { lab } = here;
  const node = lastOf(here);
  await reinstall(lab, node);
  await allowNonlocalBind(lab, [node]);
  await writeFile(join(clusterFolder(lab.name), 'known_hosts'), await knownHosts(lab));
  await execa('ssh', ['-F', here.sshConfig, '-O', 'exit', node], { reject: false });
}

async function ours(here: Site): Promise<Took> {
  const { lab } = here;
  const [first = '', ...others] = lab.nodes;
  const begun = Date.now();
  await cli(['start', 'setup-cluster', lab.name, '--detach']);
  const asked = await question(here, 'configurator');
  const stopped = Date.now();
  await inTheConfigurator(here, first, others);
  const person = Date.now() - stopped;
  await cli(['approve', lab.name, asked]);
  await cli(['approve', lab.name, await question(here, 'domains', asked)]);
  return { ...(await ended(here, begun, person)), personsSeconds: Math.round(person / 1000) };
}

async function oursJoins(here: Site): Promise<Took> {
  const { lab } = here;
  const begun = Date.now();
  await cli(['start', 'join-node', lab.name, '--node', lastOf(here), '--detach']);
  return ended(here, begun, 0);
}

/** The token of the question of that name; any other but the one `before` is not foreseen here. */
async function question({ lab }: Site, name: string, before = ''): Promise<string> {
  return until(`the question ${name}`, 900, async () => {
    await pause(500); // each look is a program that wants a processor
    const { stdout } = await cli(['show', lab.name, '--json']);
    const { question: asked }: Partial<Progress> = JSON.parse(stdout).progress ?? {};
    if (asked?.token === before) return undefined;
    if (asked && !asked.token.startsWith(name))
      throw new Error(`${asked.token} instead of ${name}: ${asked.text} ${asked.evidence.verdict.join(' ')}`);
    return asked?.token;
  });
}

async function ended({ lab, home }: Site, begun: number, person: number): Promise<Took> {
  const report = await until('the end of the run', 900, async () => {
    await pause(500);
    const { exitCode, stdout } = await cli(['report', lab.name, '--json']);
    return exitCode === 0 ? (JSON.parse(stdout) as Report<unknown>) : undefined;
  });
  if (report.phase !== 'done') throw new Error(`the run ended as ${report.phase}: see ${home}`);
  const steps = report.steps.map(({ title, startedAt, endedAt = Number.NaN }) => ({
    title,
    seconds: (endedAt - startedAt) / 1000,
  }));
  return { seconds: Math.round((report.endedAt - begun - person) / 10) / 100, steps };
}

async function inTheConfigurator({ lab }: Site, first: string, others: readonly string[]): Promise<void> {
  await configure(lab, first);
  for (const node of others) await configure(lab, node, { onlyNetwork: true });
}

const script = (name: string): string => fileURLToPath(new URL(`./scripts/${name}`, import.meta.url));
const passwords = { env: LAB_USERS, timeout: 900_000 };

async function byHand(here: Site): Promise<Took> {
  const { lab, sshConfig } = here;
  const [first = '', ...others] = lab.nodes;
  const conf = join(clusterFolder(lab.name), 'cluster.conf');
  const part = (name: string) =>
    lasting(() =>
      execa(
        'bash',
        [script('set-up.sh'), sshConfig, name, conf, address(lab, first), vip(lab), first, ...others],
        passwords,
      ),
    );
  const database = await part('database');
  await inTheConfigurator(here, first, others);
  return { seconds: Math.round((database + (await part('cluster'))) * 100) / 100 };
}

async function byHandJoins(here: Site): Promise<Took> {
  const { lab, sshConfig } = here;
  const [first = ''] = lab.nodes;
  const args = [script('join.sh'), sshConfig, address(lab, first), lastOf(here)];
  return { seconds: await lasting(() => execa('bash', args, passwords)) };
}

async function lasting(act: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await act();
  return (Date.now() - begun) / 1000;
}
