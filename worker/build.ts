/**
 * The rest of `npm run build`, after tsc: what the programs read beside their code (sh, pl, the lab's image and
 * profiles) goes to dist/ too, and the workflows are bundled ahead, so that a worker starts without webpack.
 */
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const folder of ['activities', 'lab']) {
  cpSync(`${root}/${folder}`, `${root}/dist/${folder}`, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
  });
}

const { code } = await bundleWorkflowCode({
  workflowsPath: `${root}/dist/workflows/index.js`,
  logger: new DefaultLogger('WARN'),
});
writeFileSync(`${root}/dist/workflow-bundle.js`, code);
