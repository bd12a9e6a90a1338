/** What a part found, as data: every sample, the machine and the versions, in bench/results/<date>-<part>.json. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  /** In the order in which they were taken. */
  readonly samples: readonly number[];
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
  return { min: at(0), median: at(0.5), p95: at(0.95), max: at(1), samples };
}

export const ratio = (a: Spread, b: Spread): number => Math.round((a.median / b.median) * 100) / 100;

/** `say` prints to people; the file is for everyone else. */
export async function keep(part: string, found: object): Promise<void> {
  const folder = fileURLToPath(new URL('./results', import.meta.url));
  await mkdir(folder, { recursive: true });
  const file = `${folder}/${new Date().toISOString().slice(0, 10)}-${part}.json`;
  await writeFile(
    file,
    `${JSON.stringify({ part, at: new Date().toISOString(), ...(await machine()), ...found }, null, 1)}\n`,
  );
}

async function machine() {
  const ask = async (file: string, ...args: string[]): Promise<string> =>
    (await execa(file, args, { reject: false })).stdout.split('\n')[0]?.trim() ?? '';
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  return {
    machine: {
      processors: cpus().length,
      model: cpus()[0]?.model ?? '',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      loadAtEnd: loadavg().map((load) => Math.round(load * 100) / 100),
    },
    versions: {
      commit: await ask('git', 'rev-parse', '--short', 'HEAD'),
      node: process.version,
      ssh: (await execa('ssh', ['-V'], { reject: false })).stderr,
      ...Object.fromEntries(['@temporalio/worker', 'ssh2'].map((name) => [name, versionOf(name)])),
    },
  };
}

/** Milliseconds that `act` takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return Math.round(performance.now() - begun);
}

export const say = (words: string): void => console.error(words);

export function sayTable(rows: Readonly<Record<string, Spread>>): void {
  console.table(
    Object.fromEntries(
      Object.entries(rows).map(([name, { min, median, p95, max, samples }]) => [
        name,
        { min, median, p95, max, n: samples.length },
      ]),
    ),
  );
}
