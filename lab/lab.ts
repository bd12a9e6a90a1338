/** A lab as it is recorded in its folder: which nodes, which addresses, which image. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labExists, labFolder } from './places.js';
import { BadInput, LabError } from './shell.js';

export interface Lab {
  readonly name: string;
  /** Which /27 of the documentation ranges it uses: 0..7. */
  readonly slot: number;
  readonly nodes: readonly string[];
  /** The image's layers, top first, as overlayfs takes them. */
  readonly layers: readonly string[];
  readonly profile: string;
  /** PacketFence's own waits are multiplied by this: 1 is the real thing. */
  readonly timeFactor: number;
  /** Folder of the first disks. */
  readonly seed: string;
}

export const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
export const PREFIX = 27;

/** Documentation ranges only (RFC 5737): a lab can never collide with a real network. */
const management = (slot: number, host: number): string => `192.0.2.${32 * slot + host}`;
const second = (slot: number, host: number): string => `198.51.100.${32 * slot + host}`;

export const hostAddress = (slot: number): string => management(slot, 30);
export const vip = (lab: Lab): string => management(lab.slot, 10);
export const vip2 = (lab: Lab): string => second(lab.slot, 10);
export const address = (lab: Lab, node: string): string => management(lab.slot, 11 + lab.nodes.indexOf(node));
export const address2 = (lab: Lab, node: string): string => second(lab.slot, 11 + lab.nodes.indexOf(node));

export async function saveLab(lab: Lab): Promise<void> {
  await mkdir(labFolder(lab.name), { recursive: true });
  await writeFile(join(labFolder(lab.name), 'lab.json'), `${JSON.stringify(lab, null, 2)}\n`);
}

export async function loadLab(name: string): Promise<Lab> {
  if (!labExists(name))
    throw new LabError(`there is no lab named ${name}; \`pfrunbook lab up --name ${name}\` makes it`);
  return JSON.parse(await readFile(join(labFolder(name), 'lab.json'), 'utf8')) as Lab;
}

/** Names become interface names, folders and cgroups: short and plain. */
export function checkLabName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(name)) return name;
  throw new BadInput(`a lab's name is 1 to 20 of a-z, 0-9 and -, beginning with a letter; got ${JSON.stringify(name)}`);
}

export function checkNodes(lab: Lab, names: readonly string[]): readonly string[] {
  const unknown = names.filter((name) => !lab.nodes.includes(name));
  if (unknown.length === 0) return names;
  throw new BadInput(
    `lab ${lab.name} has the nodes ${lab.nodes.join(', ')}; not ${unknown.join(', ')}. Nothing was touched.`,
  );
}
