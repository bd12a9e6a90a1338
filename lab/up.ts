/** Brings a lab up: three nodes, Synced, with the access that pfrunbook needs. Again on a lab that is up, it mends what is missing. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAccess } from './access.js';
import { image, PROFILE } from './image.js';
import { checkLabName, type Lab, loadLab, saveLab } from './lab.js';
import { answersSsh, boot, dress, kill, makeKey } from './machine.js';
import { joinAgain, makeNetwork, networkStands } from './network.js';
import { CACHE, labExists, labFolder, nodeFolder } from './places.js';
import { prepare } from './prerequisites.js';
import { seed } from './seed.js';
import { locked } from './shell.js';
import { type LabStatus, labStatus, whole } from './status.js';
import { stopWriter } from './writer.js';

export interface UpOptions {
  readonly profile?: string;
  readonly timeFactor?: number;
  readonly say?: (words: string) => void;
}

const NODES = ['pf1', 'pf2', 'pf3'] as const;

/** Profile and time factor are those of the lab's first `up`. */
export async function up(name: string, options: UpOptions = {}): Promise<LabStatus> {
  const { profile = PROFILE, timeFactor = 0.1, say = () => {} } = options;
  checkLabName(name);
  await prepare(say);
  const made = labExists(name) ? undefined : await image(profile, say);
  const disks = made && (await seed(made, NODES, profile, say));
  const lab = await locked(join(CACHE, 'labs.lock'), async (): Promise<Lab> => {
    if (made === undefined || disks === undefined) {
      const known = await loadLab(name);
      // After a reboot of this machine the folder is here and the network is not.
      return (await networkStands(known)) ? known : { ...known, slot: await makeNetwork(name, known.slot) };
    }
    const slot = await makeNetwork(name);
    const fresh: Lab = { name, slot, nodes: NODES, profile, timeFactor, layers: made.layers, seed: disks };
    await mkdir(labFolder(name), { recursive: true });
    await makeKey(join(labFolder(name), 'id_ed25519'), `lab ${name}`);
    await saveLab(fresh);
    return fresh;
  });
  return disks === undefined ? started(lab, say) : formed(lab, say);
}

/** Fresh nodes over fresh disks, with today's programs; keys and addresses stay. */
export async function reset(name: string, say: (words: string) => void = () => {}): Promise<LabStatus> {
  const known = await loadLab(name);
  const made = await image(known.profile, say);
  const lab: Lab = { ...known, layers: made.layers, seed: await seed(made, known.nodes, known.profile, say) };
  await stopWriter(lab);
  await joinAgain(lab);
  await undress(lab);
  for (const file of ['acknowledged', 'no-disk.json', 'census.json'])
    await rm(join(labFolder(name), file), { force: true });
  await saveLab(lab);
  return formed(lab, say);
}

/**
 * From fresh disks. Rarely, on a busy machine, the first node asks its peers when they already answer, though none is Primary: by
 * PacketFence's rule it joins them instead of forming the cluster, and all wait for ever. That is for a scenario to make, not for chance.
 */
async function formed(lab: Lab, say: (words: string) => void): Promise<LabStatus> {
  try {
    return await started(lab, say, 60);
  } catch (error) {
    const { nodes } = await labStatus(lab.name);
    if (nodes.some(({ unit, cluster }) => unit !== 'activating' || cluster === 'Primary')) throw error;
    say('the nodes wait for each other: once more, from fresh disks');
    await undress(lab);
    return started(lab, say);
  }
}

/** Off, and to be made again. */
async function undress(lab: Lab): Promise<void> {
  await Promise.all(lab.nodes.map((node) => kill(lab, node)));
  for (const node of lab.nodes) await rm(dressed(lab, node), { force: true });
}

async function started(lab: Lab, say: (words: string) => void, patience = 120): Promise<LabStatus> {
  say(`starting ${lab.nodes.join(', ')}`);
  await Promise.all(
    lab.nodes.map(async (node) => {
      if (!existsSync(dressed(lab, node))) {
        await mkdir(nodeFolder(lab.name, node), { recursive: true });
        await dress(lab, node, join(lab.seed, `${node}.ext4`));
        await writeFile(dressed(lab, node), '');
      }
      await boot(lab, node);
    }),
  );
  await writeAccess(lab);
  await Promise.all(lab.nodes.map((node) => answersSsh(lab, node)));
  return whole(lab, patience);
}

/** Written last: a node that was being made when its maker died is made again. */
const dressed = (lab: Lab, node: string): string => join(nodeFolder(lab.name, node), 'dressed');
