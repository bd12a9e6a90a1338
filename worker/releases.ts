/**
 * Kept installations. A run goes on with the code that it began with, and a workflow bundle runs only on the SDK that built
 * it: so no worker runs from an installation that can be replaced under it, but from a copy of the whole, made by `up` before
 * the worker starts. One folder per release: package.json, dist, node_modules, and release.json, which says that it is whole.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { execa } from 'execa';
import { releaseFolder, releasesFolder } from '../cluster/places.js';
import type { Command } from './kept.js';

const parts = ['package.json', 'dist', 'node_modules'];
const unfinished = '.new-';

/** release.json. */
interface Manifest {
  /** The Node that it was installed with. Not kept: see docs/decisions/releases.md. */
  readonly node: string;
  readonly files: number;
  readonly bytes: number;
  /** Those that `up` has served with it: in each of them may be open runs of it. Absent: not known. */
  readonly temporals?: readonly string[];
}

/** The Temporal that the settings name. The embedded one is the state folder's own, on whatever port. */
export function namedTemporal(): string {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  return `${connectionOptions.address || 'embedded'} ${namespace}`;
}

/** Ends when the supervisor ends, however that happens. */
export const workerCommand = (program: string): Command => ({
  file: 'setpriv',
  args: ['--pdeathsig', 'TERM', process.execPath, ...process.execArgv, program],
});

export const workerOf = (state: string, release: string): Command =>
  workerCommand(join(releaseFolder(state, release), 'dist/worker/main.js'));

/**
 * Copies this installation, unless it is there whole, and notes which Temporal it serves. Under the supervisor's lock. Errors: Error, in
 * words; nothing half is left.
 */
export async function keepRelease(
  state: string,
  release: string,
  installation: string,
  temporal: string,
): Promise<void> {
  const folder = releaseFolder(state, release);
  const before = await manifestOf(folder);
  const known = existsSync(folder) ? before?.temporals : [];
  const temporals = known && [...new Set([...known, temporal])];
  if (before && !(await damageOf(folder))) {
    if (temporals && !known.includes(temporal)) await writeManifest(folder, { ...before, temporals });
    return;
  }
  if (!existsSync(join(installation, 'node_modules/@temporalio/worker')))
    throw new Error(`${installation} does not hold its own packages: install it with npm install --global`);
  await mkdir(releasesFolder(state), { recursive: true, mode: 0o700 });
  for (const name of await readdir(releasesFolder(state)))
    if (name.startsWith(unfinished)) await rm(join(releasesFolder(state), name), { recursive: true });
  const fresh = await mkdtemp(join(releasesFolder(state), unfinished));
  try {
    await execa('cp', ['--archive', '--reflink=auto', ...parts.map((part) => join(installation, part)), fresh]);
    const sizes = await sizeOf(fresh);
    await writeManifest(fresh, { node: process.version, ...sizes, ...(temporals && { temporals }) });
    await rm(folder, { recursive: true, force: true }); // the damaged one
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** What is wrong with a kept release, in words; undefined: nothing that counting its files could find. */
export async function damageOf(folder: string): Promise<string | undefined> {
  const manifest = await manifestOf(folder);
  if (!manifest) return `missing (${folder})`;
  const { files, bytes } = await sizeOf(folder).catch(() => ({ files: 0, bytes: 0 }));
  if (files === manifest.files && bytes === manifest.bytes) return undefined;
  return `damaged (${folder} has ${files} files with ${bytes} bytes, of ${manifest.files} with ${manifest.bytes})`;
}

export const manifestOf = (folder: string): Promise<Manifest | undefined> =>
  readFile(join(folder, 'release.json'), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = join(folder, 'release.json');
  await writeFile(`${file}.new`, JSON.stringify(manifest));
  await rename(`${file}.new`, file);
}

async function sizeOf(folder: string): Promise<Pick<Manifest, 'files' | 'bytes'>> {
  const { stdout } = await execa('find', [...parts, '-type', 'f', '-printf', '%s\n'], { cwd: folder });
  const sizes = stdout.split('\n').map(Number);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

export const keptReleases = async (state: string): Promise<readonly string[]> =>
  (await readdir(releasesFolder(state)).catch(() => [])).filter((name) => !name.startsWith(unfinished));
