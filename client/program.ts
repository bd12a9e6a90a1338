/** Programs of worker/ that run as children: they live longer than the command, or its terminal. */
import { execa } from 'execa';
import { exits } from './exit.js';
import { programFile } from './programs.js';

export function programCommand(name: string, args: readonly string[] = []): readonly [string, ...string[]] {
  const file = programFile(name);
  return [process.execPath, ...(file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []), file, ...args];
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
