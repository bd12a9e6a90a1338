/**
 * The rest of `npm run build`, after tsc: what the programs read beside their code (sh, pl, the lab's image and
 * profiles) goes to dist/ too, the whole is given its name (workflows/release.ts), and the workflows are bundled ahead,
 * so that a worker starts without webpack. The programs that a person waits for are put into few files.
 */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { inFewFiles } from './few-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const folder of ['activities', 'lab']) {
  cpSync(`${root}/${folder}`, `${root}/dist/${folder}`, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
  });
}

const stamp = join(root, 'dist/workflows/release.js');
const unnamed = readFileSync(stamp, 'utf8');
if (!unnamed.includes("'sources'"))
  throw new Error(`${stamp} has no 'sources' to be replaced by the name of this release.`);
writeFileSync(stamp, unnamed.replace("'sources'", `'${nameOf(root)}'`));

const { code } = await bundleWorkflowCode({
  workflowsPath: `${root}/dist/workflows/index.js`,
  logger: new DefaultLogger('WARN'),
});
writeFileSync(`${root}/dist/workflow-bundle.js`, code);
await inFewFiles(join(root, 'dist'));

/** Of the code, and of the exact versions that it runs with: package.json pins them. */
function nameOf(folder: string): string {
  const files = readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const digest = createHash('sha256');
  for (const file of [join(folder, 'package.json'), ...files.toSorted()])
    digest.update(`${file.slice(folder.length)}\0`).update(readFileSync(file));
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${version}-${digest.digest('hex').slice(0, 8)}`;
}
