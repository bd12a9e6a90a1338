/** What needs no Temporal is a program of worker/ or lab/: run as a child, so that the client loads none of it. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { exits } from './exit.js';

/** `name` is like "worker/up". Built or from the sources, the program stands beside us under the same name. */
export function programCommand(name: string, args: readonly string[] = []): readonly [string, ...string[]] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return [
    process.execPath,
    ...process.execArgv,
    fileURLToPath(new URL(`../${name}.${extension}`, import.meta.url)),
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
