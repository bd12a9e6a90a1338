/** The product as it is installed, for tests that start it as a process: from the sources each start costs three times as much. */
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['cluster', 'workflows', 'activities', 'worker', 'client', 'model', 'lab'];

/** The package's folder, a new one: `dist/client/main.js` stands in it. Inside node_modules, where its packages are found and no tool looks. */
export async function build(bundle: string): Promise<string> {
  const at = await mkdtemp(join(root, 'node_modules/.pfrunbook-'));
  const into = join(at, 'dist');
  for (const folder of folders) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const file = join(folder, name);
      const target = join(into, file);
      if (/\.(sh|pl)$/.test(file)) await put(target, await readFile(join(root, file), 'utf8'));
      if (!file.endsWith('.ts')) continue;
      const { code } = await transformWithOxc(await readFile(join(root, file), 'utf8'), file);
      await put(target.replace(/\.ts$/, '.js'), code);
    }
  }
  await cp(join(root, 'package.json'), join(at, 'package.json'));
  await cp(bundle, join(into, 'workflow-bundle.js'));
  return at;
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
