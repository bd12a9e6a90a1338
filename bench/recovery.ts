/**
 * Three nodes crashed, one view torn, half a gigabyte in the tables: ours against the guide's letter and a script by
 * hand, in turn. From the decision which node is kept, and from the first command, to the last Synced.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { boot, kill, nodeExec, nodeRun, onDisk } from '../lab/machine.js';
import { powerCut } from '../lab/scenarios/power-cut.js';
import { until } from '../lab/shell.js';
import { whole } from '../lab/status.js';
import type { Report } from '../workflows/messages.js';
import { cli } from './cli.js';
import { fill } from './fill.js';
import { quiet } from './quiet.js';
import { keep, ratio, say, sayTable, spread } from './results.js';
import type { Site } from './site.js';

/** Seconds. */
interface Took {
  readonly fromDecision: number;
  readonly fromStart: number;
  readonly [more: string]: unknown;
}

export async function recovery(site: Site, repetitions: number, megabytes: number): Promise<void> {
  await fill(site, megabytes);
  const crashes = { kill: killTorn, 'power-cut': cutTorn };
  const contenders = { pfrunbook: ours, 'by hand': byHand, guide };
  const found: Record<string, object> = {};
  for (const [crash, make] of Object.entries(crashes)) {
    const took: Record<string, Took[]> = { pfrunbook: [], 'by hand': [], guide: [] };
    for (let turn = 1; turn <= repetitions; turn++) {
      for (const [name, mend] of Object.entries(contenders)) {
        await onDisks(site);
        await make(site);
        await stuck(site);
        const busyPercentBefore = await quiet();
        const one = { ...(await mend(site)), busyPercentBefore };
        await whole(site.lab, 300);
        took[name]?.push(one);
        say(
          `${crash}, turn ${turn}, ${name}: ${one.fromDecision.toFixed(1)} s from the decision, ${one.fromStart.toFixed(1)} s in all`,
        );
      }
    }
    const of = (part: 'fromDecision' | 'fromStart') =>
      Object.fromEntries(
        Object.entries(took).map(([name, all]) => [name, spread(all.map((each) => round(each[part])))]),
      );
    const [mine, hand, letter] = Object.values(of('fromDecision'));
    sayTable(of('fromDecision'));
    sayTable(of('fromStart'));
    found[crash] = {
      secondsFromDecision: of('fromDecision'),
      secondsFromStart: of('fromStart'),
      ...(mine &&
        hand &&
        letter && {
          toGuide: { reached: ratio(mine, letter), goal: 0.35 },
          toHandWritten: { reached: ratio(mine, hand), goal: 1.15 },
        }),
      runs: took,
    };
    await keep('recovery', { megabytes, timeFactor: site.lab.timeFactor, ...found });
  }
}

const round = (seconds: number): number => Math.round(seconds * 100) / 100;

/** A cluster that has run for days is on its disks; a full copy of a moment ago is not, and its loss would be another scenario. */
async function onDisks({ lab }: Site): Promise<void> {
  await Promise.all(lab.nodes.map((node) => nodeRun(lab, node, 'sync -f /var/lib/mysql')));
}

async function killTorn({ lab }: Site): Promise<void> {
  const [torn = ''] = lab.nodes.slice(-1);
  await Promise.all(lab.nodes.map((node) => kill(lab, node)));
  await onDisk(lab, torn, ': >$disk/mysql/gvwstate.dat');
  await Promise.all(lab.nodes.map((node) => boot(lab, node)));
}

async function cutTorn({ lab }: Site): Promise<void> {
  const [torn = ''] = lab.nodes.slice(-1);
  await powerCut(lab, lab.nodes, { tornView: torn });
}

/** Each server runs, and has waited for its peers for a while: what an operator finds. */
async function stuck({ lab }: Site): Promise<void> {
  for (const node of lab.nodes) {
    await until(`${node} to wait for its peers`, 120, async () => {
      const waits =
        'test "$(ps -o etimes= -C mariadbd | sort -n | tail -n 1)" -ge 8 && test "$(systemctl is-active packetfence-mariadb)" = activating';
      return (await nodeExec(lab, node, waits)).code === 0 ? true : undefined;
    });
  }
}

/** Times from the run's own report: the decision, and the end of the last wait for Synced. */
async function ours({ home, lab }: Site): Promise<Took> {
  const { stdout } = await cli(['start', 'full-recovery', lab.name, '--yes', '--json']);
  const { run }: { run: string } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  const folder = `${home}/state/runs/${run}`;
  const report: Report<unknown> = JSON.parse(await readFile(`${folder}/report.json`, 'utf8'));
  const decided = report.decisions.find(({ token }) => token.startsWith('keep'))?.at ?? Number.NaN;
  const steps = report.steps.map(({ title, startedAt, endedAt = Number.NaN }) => ({ title, startedAt, endedAt }));
  const synced = steps.filter(({ title }) => title.endsWith('is Synced')).at(-1)?.endedAt ?? Number.NaN;
  return {
    fromDecision: (synced - decided) / 1000,
    fromStart: (synced - report.startedAt) / 1000,
    toTheReport: (report.endedAt - decided) / 1000,
    events: await eventsOf(`${folder}/history.json`),
    result: report.result,
    steps: steps.map(({ title, startedAt, endedAt }) => ({
      title,
      at: (startedAt - report.startedAt) / 1000,
      seconds: (endedAt - startedAt) / 1000,
    })),
  };
}

/** The worker writes the history within seconds of the run's end. */
async function eventsOf(file: string): Promise<number> {
  const text = await until('the history of the run', 30, () => readFile(file, 'utf8').catch(() => undefined));
  return JSON.parse(text).events.length;
}

const script = (name: string): string => fileURLToPath(new URL(`./scripts/${name}`, import.meta.url));

async function guide({ sshConfig, lab }: Site): Promise<Took> {
  const seconds = await lasting(() =>
    execa('bash', [script('guide.sh'), sshConfig, ...lab.nodes], { timeout: 580_000 }),
  );
  return { fromDecision: seconds.all, fromStart: seconds.all };
}

async function byHand({ sshConfig, lab }: Site): Promise<Took> {
  const { all, stdout } = await lasting(() =>
    execa('bash', [script('hand.sh'), sshConfig, ...lab.nodes], { timeout: 580_000 }),
  );
  const [decided = Number.NaN, end = Number.NaN] = stdout.split('\n').map(Number);
  return { fromDecision: end - decided, fromStart: all };
}

async function lasting(act: () => Promise<{ stdout: string }>): Promise<{ all: number; stdout: string }> {
  const begun = Date.now() / 1000;
  const { stdout } = await act();
  return { all: Number(stdout.trim().split('\n').at(-1)) - begun, stdout };
}
