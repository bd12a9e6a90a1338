/**
 * The writer: inserts numbered rows through the VIP for as long as it lives, and notes the number of each row that was acknowledged, so
 * that "nothing lost" can be counted (verify.ts). A process of its own, in the lab's cgroup: it outlives commands and dies with the lab.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.js';
import { labCgroup, labFolder } from './places.js';
import { ourProgram, until } from './shell.js';

export interface WriterStatus {
  readonly running: boolean;
  readonly acknowledged: number;
  /** Sent, and no answer came: such a row may be there or not. */
  readonly unanswered: number;
}

/** Lines: `17` acknowledged, `18?` sent and not answered. Written by the writer only. */
const journal = (lab: Lab): string => join(labFolder(lab.name), 'acknowledged');
const pidFile = (lab: Lab): string => join(labFolder(lab.name), 'writer.pid');

/** Returns when the first row of this start was acknowledged. */
export async function startWriter(lab: Lab): Promise<void> {
  if ((await writerPid(lab)) !== undefined) return;
  const group = join(labCgroup(lab.name), 'writer');
  await mkdir(group, { recursive: true });
  const log = await open(join(labFolder(lab.name), 'writer.log'), 'a');
  const before = (await writerRows(lab)).acknowledged.length;
  const process = spawn(
    'sh',
    ['-c', 'echo $$ >"$0/cgroup.procs"; exec "$@"', group, ...ourProgram('writer-process'), lab.name],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  process.unref();
  await log.close();
  await writeFile(pidFile(lab), String(process.pid));
  await until('the writer to have a row acknowledged', 60, async () =>
    (await writerRows(lab)).acknowledged.length > before ? true : undefined,
  );
}

export async function stopWriter(lab: Lab): Promise<void> {
  const pid = await writerPid(lab);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  process.kill(pid, 'SIGCONT'); // a `verify` that was cut off leaves it standing still: it would not hear
  await until('the writer to end', 30, async () => ((await writerPid(lab)) === undefined ? true : undefined));
  await rm(pidFile(lab), { force: true });
}

/** Stands still while `work` runs, so that nodes can be compared; what was sent is noted afterwards. */
export async function writerPaused<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const pid = await writerPid(lab);
  if (pid === undefined) return work();
  process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

export async function writerStatus(lab: Lab): Promise<WriterStatus> {
  const { acknowledged, unanswered } = await writerRows(lab);
  return { running: (await writerPid(lab)) !== undefined, acknowledged: acknowledged.length, unanswered };
}

export async function writerRows(lab: Lab): Promise<{ acknowledged: number[]; unanswered: number }> {
  const lines = (await readFile(journal(lab), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const acknowledged = lines.filter((line) => !line.endsWith('?')).map(Number);
  return { acknowledged, unanswered: lines.length - acknowledged.length };
}

/** The process that the file names, if it is still ours. */
async function writerPid(lab: Lab): Promise<number | undefined> {
  const pid = (await readFile(pidFile(lab), 'utf8').catch(() => '')).trim();
  const members = await readFile(join(labCgroup(lab.name), 'writer/cgroup.procs'), 'utf8').catch(() => '');
  return pid !== '' && members.split('\n').includes(pid) ? Number(pid) : undefined;
}
