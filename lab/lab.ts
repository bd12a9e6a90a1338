/** A lab as it is recorded in its folder: which nodes, which addresses, which image. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LABS, labExists, labFolder } from './places.js';
import { BadInput, LabError } from './shell.js';

export interface Lab {
  readonly name: string;
  /** Which /27 of the documentation ranges it uses: 0..7. */
  readonly slot: number;
  /** In the order of cluster.conf. */
  readonly nodes: readonly string[];
  /** One zone without a name: a flat cluster. */
  readonly zones: readonly Zone[];
  /** Its nodes begin as just installed, no cluster. */
  readonly blank: boolean;
  /** The image's layers, top first, as overlayfs takes them. */
  readonly layers: readonly string[];
  readonly profile: string;
  /** PacketFence's own waits are multiplied by this: 1 is the real thing. */
  readonly timeFactor: number;
  /** Folder of the first disks. */
  readonly seed: string;
}

export interface Zone {
  readonly name: string;
  readonly nodes: readonly string[];
}

export const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
export const FLAT: readonly Zone[] = [{ name: '', nodes: ['pf1', 'pf2', 'pf3'] }];
/** As in the guide's section 7: quorum is in the first. */
export const TWO_ZONES: readonly Zone[] = [
  { name: 'DC1', nodes: ['pf1', 'pf2', 'pf3'] },
  { name: 'DC2', nodes: ['pf4', 'pf5'] },
];

/** Documentation ranges only (RFC 5737): a lab can never collide with a real network. A slot is a /27 of each; a zone is half of one. */
const RANGES = { management: '192.0.2', second: '198.51.100', clients: '203.0.113' } as const;
const inSlot = (range: keyof typeof RANGES, { slot }: Slotted, host: number): string =>
  `${RANGES[range]}.${32 * slot + host}`;

type Slotted = Pick<Lab, 'slot'>;
type Zoned = Pick<Lab, 'slot' | 'zones'>;

export const isZoned = ({ zones }: Pick<Lab, 'zones'>): boolean => zones.length > 1;
export const prefix = (lab: Zoned): number => (isZoned(lab) ? 28 : 27);
export const netmask = (lab: Zoned): string => `255.255.255.${256 - 2 ** (32 - prefix(lab))}`;
/** Of a zone's management network, and of its second one. */
export const bridges = (zone: number): readonly [string, string] => [`bra${zone || ''}`, `brb${zone || ''}`];
export const zoneOf = (lab: Zoned, node: string): number => lab.zones.findIndex(({ nodes }) => nodes.includes(node));
const place = (lab: Zoned, node: string): number =>
  16 * zoneOf(lab, node) + 11 + (lab.zones[zoneOf(lab, node)]?.nodes.indexOf(node) ?? 0);

/** This machine's own, on the first zone's management network. */
export const hostAddress = (lab: Zoned): string => inSlot('management', lab, isZoned(lab) ? 9 : 30);
export const vip = (lab: Zoned, zone = 0): string => inSlot('management', lab, 16 * zone + 10);
export const vip2 = (lab: Zoned, zone = 0): string => inSlot('second', lab, 16 * zone + 10);
export const address = (lab: Zoned, node: string): string => inSlot('management', lab, place(lab, node));
export const address2 = (lab: Zoned, node: string): string => inSlot('second', lab, place(lab, node));
/** What stands between the zones: their default gateway, and the next hop to the clients. */
export const gateway = (lab: Slotted, zone: number): string => inSlot('management', lab, 16 * zone + 14);
export const nextHop = (lab: Slotted, zone: number): string => inSlot('second', lab, 16 * zone + 14);
export const clientGateway = (lab: Slotted): string => inSlot('clients', lab, 30);
/** One client, on a network behind both zones' next hops. */
export const client = (lab: Slotted): string => inSlot('clients', lab, 20);
export const clientNetwork = (lab: Slotted): string => inSlot('clients', lab, 0);
export const CLIENT_PREFIX = 27;
/** All addresses of a zone on its management network. */
export const managementNetwork = (lab: Zoned, zone: number): string =>
  `${inSlot('management', lab, 16 * zone)}/${prefix(lab)}`;

export async function saveLab(lab: Lab): Promise<void> {
  await mkdir(labFolder(lab.name), { recursive: true });
  await writeFile(join(labFolder(lab.name), 'lab.json'), `${JSON.stringify(lab, null, 2)}\n`);
}

export async function loadLab(name: string): Promise<Lab> {
  if (!labExists(name)) {
    const others = await labNames();
    throw new LabError(
      `there is no lab named ${name}; \`pfrunbook lab up --name ${name}\` makes it${others.length > 0 ? `. There are: ${others.join(', ')} (--name ${others[0]})` : ''}`,
    );
  }
  return JSON.parse(await readFile(join(labFolder(name), 'lab.json'), 'utf8')) as Lab;
}

/** Those that are there now. */
async function labNames(): Promise<readonly string[]> {
  const folders = await readdir(LABS).catch(() => []);
  return folders.filter(labExists).toSorted();
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
