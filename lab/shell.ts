/** Running commands on this machine: arguments as a list, what was seen in the error, secrets through the environment or stdin. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What an operator reads: what was being done, what was seen, what to do next. Never a stack. */
export class LabError extends Error {}

/** The command line is wrong: nothing was touched. */
export class BadInput extends LabError {}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface How {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; no answer in time is a failure that says so. */
  readonly timeout?: number;
}

/** Runs a program and returns its answer, whatever the exit code. 124: no answer within the time limit. */
export async function ask(
  file: string,
  args: readonly string[],
  { input = '', env = {}, timeout = 600_000 }: How = {},
): Promise<Answer> {
  const seen = await execa(file, args, {
    input,
    env,
    timeout,
    reject: false,
    stripFinalNewline: true,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (seen.timedOut)
    return { code: 124, stdout: seen.stdout, stderr: `${seen.stderr}\n(no answer within ${timeout / 1000} s)` };
  return {
    code: seen.exitCode ?? 128,
    stdout: seen.stdout,
    stderr: seen.stderr || (seen.exitCode === undefined ? (seen.originalMessage ?? '') : ''),
  };
}

/** Runs a program that must succeed, and returns its standard output. */
export async function run(file: string, args: readonly string[], how: How = {}): Promise<string> {
  const { code, stdout, stderr } = await ask(file, args, how);
  if (code === 0) return stdout;
  const words = [file, ...args].map((word) => (word.includes('\n') ? '...' : word));
  throw new LabError(
    `\`${words.join(' ').slice(0, 200)}\` ended with ${code}: ${(stderr || stdout).slice(-600) || 'it said nothing'}`,
  );
}

/** What was copied for a maker that died is written to its end: folders may fill while they are emptied. */
export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

/** Asks again until the answer is not undefined. The limit is a bug's or a broken machine's, so it says what was last seen. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
  seen: () => string = () => '',
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new LabError(`waited ${seconds} s for ${what}, in vain. ${seen()}`.trim());
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Holds an advisory lock while `work` runs; the lock dies with this process. */
export async function locked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = execa('flock', [file, 'sh', '-c', 'echo held; cat >/dev/null'], { stdin: 'pipe', reject: false });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('exit', (code) => reject(new LabError(`no lock on ${file}: flock ended with ${code}`)));
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await holder;
  }
}

/** A file that stands beside the code, in the sources as in the built package. */
export const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The command line that runs one of our own modules as a process of its own: from the sources through tsx, else as built. */
export function ourProgram(module: string): readonly string[] {
  const sources = import.meta.url.endsWith('.ts');
  return [
    process.execPath,
    ...(sources ? ['--import', import.meta.resolve('tsx')] : []),
    beside(`./${module}.${sources ? 'ts' : 'js'}`),
  ];
}
