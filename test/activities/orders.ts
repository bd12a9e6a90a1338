/** Orders for a node that is an sshd of ours: each act leaves a trace of its own, so that it is counted how often it ran. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import type { ChangeOrder } from '../../activities/contract.js';
import type { Change } from '../../cluster/words.js';
import { type Sshd, until } from './sshd.js';

interface Own {
  /** A file that only this step knows. */
  readonly trail: string;
  /** sh: one more line in it. */
  readonly trace: string;
}

export function ordersOn({ folder, places }: Sshd) {
  let steps = 0;
  const trail = (step = steps) => join(folder, `trace${step}`);

  /** The next step's order: its act leaves one line in a file of its own, and its wanted state is that file. */
  function order(
    change: Partial<Change> | ((own: Own) => Partial<Change>) = {},
    more: Partial<Omit<ChangeOrder, 'change'>> = {},
  ): ChangeOrder {
    steps += 1;
    const own = { trail: trail(), trace: `echo x >>${trail()}` };
    return {
      cluster: 'test',
      key: { run: 'test/20261124-0612-7f3a', step: String(steps), generation: 1 },
      ordinal: steps,
      epoch: 1,
      holder: { owner: 'anna', host: 'ops1' },
      change: {
        verb: 'leaveTrace',
        node: 'pf1',
        title: 'Leave a trace',
        script: own.trace,
        wanted: `[ -s ${own.trail} ]`,
        ...(typeof change === 'function' ? change(own) : change),
      },
      ...more,
    };
  }

  /** The runners at work: each leads a session and a process group of its own. */
  async function atWork(): Promise<number[]> {
    const names = await readdir(places.tmp).catch(() => []);
    const pids = names.filter((name) => name.startsWith('live.')).map((name) => Number(name.split('.')[1]));
    return pids.filter((pid) => existsSync(`/proc/${pid}`));
  }

  /** Kills the runners and their acts, as a kill of their whole sessions would. */
  async function kill(): Promise<void> {
    for (const group of await atWork()) process.kill(-group, 'SIGKILL');
  }

  return {
    order,
    trail,
    kill,
    timesRun: async (step = steps) => (await readFile(trail(step), 'utf8').catch(() => '')).split('\n').length - 1,
    /** Its first record in the ledger. */
    entry: ({ key }: ChangeOrder) =>
      join(places.dir, `e.${key.run.replaceAll('/', '_')},${key.step},${key.generation}.1`),

    /** An act that leaves its trace and then, the first time, waits to be let go. */
    waiting(change: Partial<Change> = {}) {
      const given = order();
      const fifo = `${trail()}.fifo`;
      const step = steps;
      const script = `${given.change.script}; echo at work; [ -p ${fifo} ] || { mkfifo ${fifo}; cat ${fifo}; }`;
      return {
        order: { ...given, change: { ...given.change, script, wanted: `[ -e ${trail()}.done ]`, ...change } },
        begun: () => until('the act waits', async () => (await readdir(folder)).includes(`trace${step}.fifo`), 60_000),
        /** Its wanted state is there from now on. */
        letGo: async () => {
          await writeFile(`${trail(step)}.done`, '');
          await execa('sh', ['-c', `echo >${fifo}`], { timeout: 5_000 });
        },
      };
    },
  };
}

/** How it failed: "Refused: <message>". */
export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    (answer) => answer,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error(`expected a failure, got ${String(error)}`);
  return `${error.type}${error.nonRetryable ? '' : ' (retried)'}: ${error.message} ${JSON.stringify(error.details)}`;
}
