/** Where the lab keeps things on this machine. Everything that `down` must remove lies under one of these. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Images and the databases' first state, kept between labs. */
export const CACHE = '/var/cache/pfrunbook-lab';
/** One folder per lab. */
export const LABS = '/var/lib/pfrunbook-lab';

export const labFolder = (lab: string): string => join(LABS, lab);
export const nodeFolder = (lab: string, node: string): string => join(LABS, lab, node);
export const netns = (lab: string): string => `pfrunbook-${lab}`;

/** Where this machine mounts cgroups of version 2: alone, or beside version 1. */
export function cgroups(): string | undefined {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, place, kind] = line.split(' ');
    if (kind === 'cgroup2' && place !== undefined) return place;
  }
  return undefined;
}

/** A lab's own part of the tree: killing it kills every process of the lab, and nothing else. */
export const labCgroup = (lab: string): string => join(cgroups() ?? '/sys/fs/cgroup', 'pfrunbook-lab', lab);

/** The operators' settings (design 8): `up` adds a cluster there, `down` takes it away. */
export function clusterFolder(lab: string): string {
  const home = process.env.PFRUNBOOK_HOME;
  const config =
    process.getuid?.() === 0
      ? '/etc/pfrunbook'
      : join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'pfrunbook');
  return join(home ?? config, 'clusters', lab);
}

export const labExists = (lab: string): boolean => existsSync(join(labFolder(lab), 'lab.json'));
