/** The supervisor of the embedded Temporal and its worker, seen from outside: is it up, bring it up, take it down. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { type SupervisorStatus, supervisorFiles } from '../cluster/places.js';
import { release } from '../workflows/release.js';
import { Mistake } from './exit.js';
import { programCommand } from './program.js';

const held = 75; // the exit code that we tell flock to use for "somebody else holds it"
const comesUpWithin = 6 * 60_000; // the first time, the server is fetched
const goesDownWithin = 40_000;

/** What it says of itself; undefined while nobody holds its lock, or who holds it has said nothing yet: a file alone proves nothing. */
export async function supervisor(state: string): Promise<SupervisorStatus | undefined> {
  const { lock } = supervisorFiles(state);
  const status = (await isHeld(lock)) ? statusIn(state) : undefined;
  return status && holds(status.pid, lock) ? status : undefined;
}

/** The file may be of last time, and its process's number somebody else's by now. */
function holds(pid: number, lock: string): boolean {
  const open = `/proc/${pid}/fd`;
  if (!existsSync(open)) return false;
  const { dev, ino } = statSync(lock);
  return readdirSync(open).some((fd) => {
    const file = statSync(`${open}/${fd}`, { throwIfNoEntry: false }); // it may have closed it by now
    return file?.ino === ino && file.dev === dev;
  });
}

async function isHeld(lock: string): Promise<boolean> {
  const { exitCode, code } = await execa('flock', ['--nonblock', '--conflict-exit-code', `${held}`, lock, 'true'], {
    reject: false,
  });
  if (code === 'ENOENT')
    throw new Mistake('flock(1) is missing: without it two servers could spoil one database. Install util-linux.');
  return exitCode === held; // any other failure: there is no such folder yet
}

function statusIn(state: string): SupervisorStatus | undefined {
  try {
    return JSON.parse(readFileSync(supervisorFiles(state).status, 'utf8'));
  } catch {
    return undefined; // not written yet
  }
}

/**
 * Starts it, unless it is up, and waits until it is. One of another release is ended first: open runs go on with their own
 * release, under ours. Errors: Mistake with its last words.
 */
export async function bringUp(state: string, say: (words: string) => void): Promise<SupervisorStatus> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const since = new Date().toISOString();
  let before = await supervisor(state);
  let gone = '';
  if (before && before.release !== release) {
    await giveWay(state, before, say);
    gone = ` Release ${before.release}, which was up, was taken down for it: open runs stand still until one is up again.`;
    before = undefined;
  }
  const notUp = (words: string) => new Mistake(`${words}${gone} On the nodes nothing was touched.`);
  if (before?.phase === 'up') return before;
  const out = openSync(`${state}/up.log`, 'a', 0o600);
  let child = before ? undefined : start(state, out);
  let words = '';
  for (const end = Date.now() + comesUpWithin; Date.now() < end; await pause(100)) {
    const now = statusIn(state);
    const fresh = now && (now.startedAt >= since || holds(now.pid, supervisorFiles(state).lock)) ? now : undefined;
    if (fresh?.phase === 'up') return fresh;
    if (fresh?.phase === 'failed') throw notUp(fresh.words);
    if (fresh && fresh.words !== words) {
      words = fresh.words;
      say(words);
    }
    // Another `up` may have been quicker: then ours ends at once, and we wait for that one. Or somebody only asked who holds the lock.
    if (child?.exitCode === held && !(await isHeld(supervisorFiles(state).lock))) child = start(state, out);
    else if (child && child.exitCode !== null && child.exitCode !== held)
      throw notUp(
        `The supervisor ended at once (exit code ${child.exitCode}). See ${state}/up.log and ${supervisorFiles(state).log}.`,
      );
  }
  throw notUp(
    `The supervisor did not come up within ${comesUpWithin / 60_000} minutes; last: "${words}". See ${supervisorFiles(state).log}.`,
  );
}

async function giveWay(state: string, { pid, release: theirs }: SupervisorStatus, say: (words: string) => void) {
  if (readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('/pfrunbook.service'))
    throw new Mistake(
      `pfrunbook.service still runs release ${theirs}; this is ${release}. Nothing was touched. As root: pfrunbook service install && systemctl daemon-reload && systemctl restart pfrunbook.service. Open runs go on with the release that they began with.`,
    );
  say(`release ${theirs} was up and gives way to ${release}; open runs go on with the release that they began with`);
  await takeDown(state);
}

function start(state: string, out: number) {
  const child = spawn('flock', flockArguments(state), { detached: true, stdio: ['ignore', out, out] });
  child.unref();
  return child;
}

/** The lock goes over to the supervisor itself and ends with it, however it ends. */
export const flockArguments = (state: string): string[] => [
  ...['--nonblock', '--no-fork', '--conflict-exit-code', `${held}`, supervisorFiles(state).lock],
  ...programCommand('worker/up'),
];

/** True: it was up and is down now. */
export async function takeDown(state: string): Promise<boolean> {
  const status = await supervisor(state);
  if (!status) return false;
  process.kill(status.pid, 'SIGTERM');
  for (const end = Date.now() + goesDownWithin; Date.now() < end; await pause(100)) {
    if (!(await isHeld(supervisorFiles(state).lock))) return true; // a process that ends lets go of it last
  }
  throw new Error(
    `The supervisor (process ${status.pid}) did not end within ${goesDownWithin / 1000} s. See ${supervisorFiles(state).log}.`,
  );
}
