/** Control groups as a means to know, to end and to leave nothing of a lab's processes, whoever started them. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, run, until } from './shell.js';

export async function isPopulated(group: string): Promise<boolean> {
  return (await readFile(join(group, 'cgroup.events'), 'utf8').catch(() => '')).includes('populated 1');
}

/** SIGKILL for every process in the group and below it, in the same instant. */
export async function killGroup(group: string): Promise<void> {
  if (existsSync(group)) await writeFile(join(group, 'cgroup.kill'), '1');
}

/** Waits for the processes to end, and removes the group: the kernel may still hold it a moment after its last process. */
export async function removeGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  await until(`the processes of ${group} to end`, 30, async () => ((await isPopulated(group)) ? undefined : true));
  await until(`${group} to be free`, 30, async () =>
    (await ask('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'])).code === 0 ? true : undefined,
  );
}

export async function processesIn(group: string): Promise<string[]> {
  if (!existsSync(group)) return [];
  const pids = await run('find', [group, '-name', 'cgroup.procs', '-exec', 'cat', '{}', '+']);
  return pids.split('\n').filter((pid) => pid !== '');
}
