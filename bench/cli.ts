/** The command line as it is installed: built, without tsx. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const main = fileURLToPath(new URL('../dist/client/main.js', import.meta.url));

export const isBuilt = (): boolean => existsSync(main);

export function cli(args: readonly string[]) {
  if (!isBuilt()) throw new Error('There is no dist/client/main.js: run `npm run build` first.');
  return execa(process.execPath, [main, ...args], { reject: false, timeout: 580_000 });
}
