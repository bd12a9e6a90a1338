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

/** Takes our terminal, and its exit code becomes ours. Interrupted, it decides for itself what that means. */
export async function runProgram(name: string, args: readonly string[]): Promise<number> {
  const [file, ...rest] = programCommand(name, args);
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    const { exitCode } = await execa(file, rest, { stdio: 'inherit', reject: false });
    return exitCode ?? exits.failed;
  } finally {
    process.off('SIGINT', ignore);
  }
}
