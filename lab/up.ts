/** Brings a lab up: three nodes, Synced, with the access that pfrunbook needs. Again on a lab that is up, it mends what is missing. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAccess } from './access.js';
import { blankDisks, dressInstalled, installed } from './blank.js';
import { type Image, image, PROFILE } from './image.js';
import { checkLabName, FLAT, type Lab, loadLab, saveLab, TWO_ZONES } from './lab.js';
import { answersSsh, boot, dress, kill, makeKey } from './machine.js';
import { joinAgain, makeNetwork, networkStands } from './network.js';
import { CACHE, clusterFolder, labExists, labFolder, nodeFolder } from './places.js';
import { prepare } from './prerequisites.js';
import { seed } from './seed.js';
import { locked } from './shell.js';
import { type LabStatus, labStatus, whole } from './status.js';
import { stopWriter } from './writer.js';

export interface UpOptions {
  readonly profile?: string;
  /** Servers as just installed, no cluster. */
  readonly blank?: boolean;
  /** Five nodes in two zones. */
  readonly zoned?: boolean;
  readonly timeFactor?: number;
  readonly say?: (words: string) => void;
}

/** Profile, time factor and form are those of the lab's first `up`. */
export async function up(name: string, options: UpOptions = {}): Promise<LabStatus> {
  const { profile = PROFILE, timeFactor = 0.1, blank = false, zoned = false, say = () => {} } = options;
  const zones = zoned ? TWO_ZONES : FLAT;
  checkLabName(name);
  await prepare(say);
  const from = labExists(name) ? undefined : await image(profile, say);
  const disks = from && (await firstDisks(from, { blank, zones, profile }, say));
  const lab = await locked(join(CACHE, 'labs.lock'), async (): Promise<Lab> => {
    if (from === undefined || disks === undefined) {
      const known = await loadLab(name);
      // After a reboot of this machine the folder is here and the network is not.
      return (await networkStands(known))
        ? known
        : { ...known, slot: await makeNetwork(name, known.zones, known.slot) };
    }
    const slot = await makeNetwork(name, zones);
    const nodes = zones.flatMap((zone) => zone.nodes);
    const made: Lab = { name, slot, nodes, zones, blank, profile, timeFactor, layers: from.layers, seed: disks };
    await mkdir(labFolder(name), { recursive: true });
    await makeKey(join(labFolder(name), 'id_ed25519'), `lab ${name}`);
    await saveLab(made);
    return made;
  });
  return disks === undefined ? started(lab, say) : fresh(lab, say);
}

/** Fresh nodes over fresh disks, with today's programs; keys and addresses stay. */
export async function reset(name: string, say: (words: string) => void = () => {}): Promise<LabStatus> {
  const known = await loadLab(name);
  const made = await image(known.profile, say);
  const lab: Lab = { ...known, layers: made.layers, seed: await firstDisks(made, known, say) };
  await stopWriter(lab);
  await joinAgain(lab);
  await undress(lab);
  for (const file of ['acknowledged', 'no-disk.json', 'census.json'])
    await rm(join(labFolder(name), file), { force: true });
  await saveLab(lab);
  return fresh(lab, say);
}

/**
 * From fresh disks. Rarely, on a busy machine, the first node asks its peers when they already answer, though none is Primary: by
 * PacketFence's rule it joins them instead of forming the cluster, and all wait for ever. That is for a scenario to make, not for chance.
 */
async function fresh(lab: Lab, say: (words: string) => void): Promise<LabStatus> {
  await rm(join(clusterFolder(lab.name), 'access.ini'), { force: true });
  if (lab.blank) return started(lab, say);
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
        if (lab.blank) await dressInstalled(lab, node, lab.seed);
        else await dress(lab, node, join(lab.seed, `${node}.ext4`));
        await writeFile(dressed(lab, node), '');
      }
      await boot(lab, node);
      if (lab.blank) await installed(lab, node);
    }),
  );
  // Else it stays: an operator's, and the keys that he knows.
  if (!existsSync(join(clusterFolder(lab.name), 'access.ini'))) await writeAccess(lab);
  await Promise.all(lab.nodes.map((node) => answersSsh(lab, node)));
  return lab.blank ? labStatus(lab.name) : whole(lab, patience);
}

/** The node is replaced by a server as just installed: another host key, an empty disk. Whoever knows the old key must be told. */
export async function reinstall(lab: Lab, node: string, say: (words: string) => void = () => {}): Promise<void> {
  const disks = await blankDisks(await image(lab.profile, say));
  await kill(lab, node);
  await rm(dressed(lab, node), { force: true });
  for (const part of ['', '.pub']) await rm(join(nodeFolder(lab.name, node), `ssh_host_ed25519_key${part}`));
  await dressInstalled(lab, node, disks);
  await writeFile(dressed(lab, node), '');
  await boot(lab, node);
  await installed(lab, node);
  await answersSsh(lab, node);
}

const firstDisks = (
  made: Image,
  { blank, zones, profile }: Pick<Lab, 'blank' | 'zones' | 'profile'>,
  say: (words: string) => void,
): Promise<string> => (blank ? blankDisks(made) : seed(made, zones, profile, say));

/** Written last: a node that was being made when its maker died is made again. */
const dressed = (lab: Lab, node: string): string => join(nodeFolder(lab.name, node), 'dressed');
