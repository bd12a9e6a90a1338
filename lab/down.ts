/** Ends a lab and removes everything that it made, also one that died half way. */
import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { killGroup, processesIn, removeGroup } from './cgroup.js';
import { linksOf, removeNetwork } from './network.js';
import { clusterFolder, LABS, labCgroup, labFolder, netns } from './places.js';
import { ofRouting } from './routing.js';
import { LabError, removeFolder, run, until } from './shell.js';

export async function down(name: string): Promise<void> {
  await removeLab(name);
  await rm(clusterFolder(name), { recursive: true, force: true });
  const left = await leftovers(name);
  if (left.length > 0)
    throw new LabError(`lab ${name} is down, but this is left:\n${left.map((what) => `  ${what}`).join('\n')}`);
}

/** Processes first: mounts and loop devices go with the last of them. */
export async function removeLab(name: string): Promise<void> {
  await killGroup(labCgroup(name));
  await removeGroup(labCgroup(name));
  await until(`the loop devices of lab ${name} to be free`, 30, async () =>
    (await loopDevices(name)).length === 0 ? true : undefined,
  );
  await removeNetwork(name);
  await removeFolder(labFolder(name));
  await rmdir(LABS).catch(() => undefined);
}

/** What of a lab is to be found on this machine, in words; nothing after `down`. */
export async function leftovers(name: string): Promise<string[]> {
  const mounts = (await run('cat', ['/proc/mounts']))
    .split('\n')
    .filter((line) => line.includes(`${labFolder(name)}/`));
  const namespaces = (await run('ip', ['netns', 'list']))
    .split('\n')
    .filter((line) => [netns(name), ...ofRouting(name)].includes(line.split(' ')[0] ?? ''));
  return [
    ...(await processesIn(labCgroup(name))).map((pid) => `process ${pid}`),
    ...mounts.map((line) => `mount ${line}`),
    ...(await loopDevices(name)).map((line) => `loop device ${line}`),
    ...(await linksOf(name)).map((link) => `link ${link}`),
    ...namespaces.map((line) => `network namespace ${line}`),
    ...[labCgroup(name), labFolder(name), clusterFolder(name)].filter(existsSync),
  ];
}

async function loopDevices(name: string): Promise<string[]> {
  return (await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']))
    .split('\n')
    .filter((line) => line.includes(`${labFolder(name)}/`));
}
