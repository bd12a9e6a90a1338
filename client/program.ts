/** What needs no Temporal is a program of worker/ or lab/: run as a child, so that the client loads none of it. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { exits } from './exit.js';

/** `name` is like "worker/up": built or in the sources (then run by tsx), the program stands beside us under it. */
export function programCommand(name: string, args: readonly string[] = []): readonly [string, ...string[]] {
  const sources = import.meta.url.endsWith('.ts');
  return [
    process.execPath,
    ...(sources ? ['--import', import.meta.resolve('tsx')] : []),
    fileURLToPath(new URL(`../${name}.${sources ? 'ts' : 'js'}`, import.meta.url)),
    ...args,
  ];
}

export const runProgram = (name: string, args: readonly string[]): Promise<number> =>
  runChild(programCommand(name, args));

/**
 * Takes our terminal, and its exit code becomes ours. Told to end, it decides for itself what that means, and we wait for
 * it: Ctrl-C reaches it from the terminal, a SIGTERM (systemd, docker stop) only through us.
 */
export async function runChild([file, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = execa(file, args, { stdio: 'inherit', reject: false, cleanup: false });
  const ignore = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  try {
    return (await child).exitCode ?? exits.failed;
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', pass);
  }
}
