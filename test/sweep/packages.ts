/** Two releases of pfrunbook as an operator gets them, by `npm pack`: their runbook differs by a step, and so does their SDK. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from '../compose/compose.js';
import { copyCode, linkModules } from '../worker/fixtures/code.js';

export interface Packed {
  readonly version: string;
  /** Of every @temporalio package. */
  readonly sdk: string;
  /** Between the gate and its successor: a run that waits at the gate cannot go on with the other code. */
  readonly newStep: boolean;
}

const npm = (cwd: string, ...args: readonly string[]) => execa('npm', args, { cwd, timeout: 900_000 });

/** The path of its tarball. `folder` is the test's own; what builds it is found above, in its node_modules. */
export async function pack(folder: string, packed: Packed): Promise<string> {
  const { version, sdk } = packed;
  const own = join(folder, version);
  await mkdir(own);
  if (!existsSync(join(folder, 'node_modules'))) linkModules(folder); // or the other's has made it
  copyCode(own);
  await edit(join(own, 'package.json'), (text) => {
    const file = JSON.parse(text);
    for (const name of Object.keys(file.dependencies))
      if (name.startsWith('@temporalio/')) file.dependencies[name] = sdk;
    return JSON.stringify({ ...file, version });
  });
  await writeFile(join(own, 'workflows/waiting.ts'), waiting(packed));
  await edit(join(own, 'workflows/index.ts'), (text) => `${text}export { waiting } from './waiting.js';\n`);
  await edit(join(own, 'workflows/catalogue.ts'), (text) =>
    text.replace(/(export const catalogue: [^=]+= \{)/, `$1 waiting: ${JSON.stringify(entry)},`),
  );
  await npm(own, 'install', '--omit=dev', '--prefer-offline', '--no-package-lock'); // the SDK that bundles is the one that runs
  await symlink(join(root, 'node_modules/typescript-7'), join(own, 'node_modules/typescript-7')); // named by its path
  await npm(own, 'pack', '--pack-destination', folder);
  return join(folder, `pfrunbook-${version}.tgz`);
}

/** As the README says; over what is there. Answers the command. */
export async function install(prefix: string, tarball: string): Promise<string> {
  await npm('/', 'install', '--global', '--prefix', prefix, '--prefer-offline', tarball);
  return join(prefix, 'bin/pfrunbook');
}

const entry = { workflow: 'waiting', title: 'Waiting', guide: '0', words: 'Waits.', locks: true, args: {} };

/** Judgements only: no node is needed for it. */
const waiting = ({ version, newStep }: Packed): string => `
import type { Order } from './messages.js';
import { judge } from './proxies.js';
import { runbook } from './runbook.js';

const facts = { order: [], seen: [] };
export const waiting = (order: Order) =>
  runbook('Waiting', order, async (run) => {
    await run.gate('go', {
      ...{ question: 'Go on?', cost: 'nothing', minutes: '1', lastExit: 'this question' },
      evidence: async () => ({
        ...(await run.judge('Judge before the gate', judge.mayAutofixReturn, facts)),
        choices: { go: 'goes on' },
        goOn: 'go',
      }),
    });
    ${newStep ? "await run.judge('Judge the pairs, too', judge.pairs, { order: [], recovered: [], caches: [] });" : ''}
    await run.judge('Judge after the gate', judge.mayAutofixReturn, facts);
    return { code: '${version}' };
  });
`;

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file} is not as this test knows it`);
  await writeFile(file, changed);
}
