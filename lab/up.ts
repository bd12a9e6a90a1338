/** Brings a lab up: three nodes, Synced, with the access that pfrunbook needs. Again on a lab that is up, it mends what is missing. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAccess } from './access.js';
import { image, PROFILE } from './image.js';
import { checkLabName, type Lab, loadLab, saveLab } from './lab.js';
import { answersSsh, boot, dress, kill } from './machine.js';
import { joinAgain, makeNetwork, networkStands } from './network.js';
import { LABS, labExists, labFolder, nodeFolder } from './places.js';
import { prepare } from './prerequisites.js';
import { seed } from './seed.js';
import { locked, run } from './shell.js';
import { type LabStatus, whole } from './status.js';
import { stopWriter } from './writer.js';

export interface UpOptions {
  readonly profile?: string;
  /** PacketFence's own waits are multiplied by this: 1 is the real thing. */
  readonly timeFactor?: number;
  readonly say?: (words: string) => void;
}

const NODES = ['pf1', 'pf2', 'pf3'] as const;

export async function up(
  name: string,
  { profile = PROFILE, timeFactor = 0.1, say = () => {} }: UpOptions = {},
): Promise<LabStatus> {
  checkLabName(name);
  await prepare(say);
  const made = await image(profile, say);
  const disks = await seed(made, NODES, profile, say);
  const lab = await locked(await lockFile(), async () => {
    const known = labExists(name) ? await loadLab(name) : undefined;
    const stands = known !== undefined && (await networkStands(known));
    // After a reboot of this machine the folder is here and the network is not.
    const slot = stands ? known.slot : await makeNetwork(name, known?.slot);
    const record: Lab = { name, slot, nodes: NODES, layers: known?.layers ?? made.layers, seed: known?.seed ?? disks };
    if (!existsSync(join(labFolder(name), 'id_ed25519'))) {
      await mkdir(labFolder(name), { recursive: true });
      await run('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-C',
        `lab ${name}`,
        '-f',
        join(labFolder(name), 'id_ed25519'),
      ]);
    }
    await saveLab(record);
    return record;
  });
  say(`starting ${lab.nodes.join(', ')}`);
  await Promise.all(
    lab.nodes.map(async (node) => {
      if (!existsSync(join(nodeFolder(name, node), 'dressed'))) await fresh(lab, node, profile, timeFactor);
      await boot(lab, node);
    }),
  );
  await writeAccess(lab);
  await Promise.all(lab.nodes.map((node) => answersSsh(lab, node)));
  return whole(lab, 120);
}

/** Fresh nodes over fresh disks, as right after `up`; keys and addresses stay. */
export async function reset(name: string, { profile = PROFILE, timeFactor = 0.1 }: UpOptions = {}): Promise<LabStatus> {
  const lab = await loadLab(name);
  await Promise.all(lab.nodes.map((node) => kill(lab, node)));
  await joinAgain(lab);
  await stopWriter(lab);
  for (const file of ['acknowledged', 'no-disk.json', 'census.json'])
    await rm(join(labFolder(name), file), { force: true });
  await Promise.all(
    lab.nodes.map(async (node) => {
      await fresh(lab, node, profile, timeFactor);
      await boot(lab, node);
    }),
  );
  await writeAccess(lab);
  return whole(lab, 120);
}

async function fresh(lab: Lab, node: string, profile: string, timeFactor: number): Promise<void> {
  const done = join(nodeFolder(lab.name, node), 'dressed');
  await rm(done, { force: true });
  await mkdir(nodeFolder(lab.name, node), { recursive: true });
  await dress(lab, node, join(lab.seed, `${node}.ext4`), { profile, timeFactor });
  await run('touch', [done]);
}

async function lockFile(): Promise<string> {
  await mkdir(LABS, { recursive: true });
  return join(LABS, '.lock');
}
