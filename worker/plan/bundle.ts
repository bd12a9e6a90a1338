/** The code of the workflow bundle, without loading a worker where it was built with the package: a plan is wanted soon. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export async function bundleCode(): Promise<string> {
  const built = new URL('../../workflow-bundle.js', import.meta.url);
  if (existsSync(built)) return readFile(built, 'utf8');
  const { bundle } = await import('../worker.js');
  return (await bundle(new URL('../../workflows/index.ts', import.meta.url))).code;
}
