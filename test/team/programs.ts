/**
 * The programs that stand in the images of docker-compose.yml, for a machine without Docker: PostgreSQL by apt, Temporal's
 * server and SQL tool built from Go's module proxy at the very version of the image, the `temporal` command as ever, our own
 * as the Dockerfile builds it. What took long is kept by version.
 */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../lab/shell.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { root } from '../compose/compose.js';

const cache = '/var/cache/pfrunbook-temporal';
const proxy = 'https://proxy.golang.org';
const anHour = 3_600_000; // a cold build on one slow core

/** Compose's own parser, as a program. */
const parser = { module: 'github.com/compose-spec/compose-go/v2/cmd', version: 'v2.16.2' };

const say = (words: string) => console.log(`test:team: ${words}`);

/** Made once per version: `make` fills a folder beside it, which then takes its name. */
async function kept(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'new-'));
  try {
    await make(fresh);
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** A folder with `temporal-server` and `temporal-sql-tool`. `version` is the images', without a "v". */
export const temporalPrograms = (version: string): Promise<string> =>
  kept(`server-${version}`, async (folder) => {
    say(`building Temporal ${version} from its Go module (5 minutes on two idle cores, once)`);
    const paths = ['cmd/server', 'cmd/tools/sql'].map((path) => `go.temporal.io/server/${path}@v${version}`);
    await goInstall(folder, paths);
    await rename(join(folder, 'server'), join(folder, 'temporal-server'));
    await rename(join(folder, 'sql'), join(folder, 'temporal-sql-tool'));
  });

/** A folder with `ui-server`, and the image's configuration, `docker.yaml`. */
export const uiPrograms = (version: string): Promise<string> =>
  kept(`ui-${version}`, async (folder) => {
    say(`building Temporal's Web UI ${version} from its Go module (half a minute, once)`);
    const module = 'github.com/temporalio/ui-server/v2';
    const go = await goInstall(folder, [`${module}/cmd/server@v${version}`]);
    await rename(join(folder, 'server'), join(folder, 'ui-server'));
    const modules = await run(go, ['env', 'GOMODCACHE']);
    await copyFile(`${modules}/${module}@v${version}/config/docker.yaml`, join(folder, 'docker.yaml'));
  });

/** The path of a program that reads a compose file as Compose does, and prints it as it understood it. */
export const composeParser = async (): Promise<string> =>
  join(
    await kept(`compose-go-${parser.version}`, (folder) => goInstall(folder, [`${parser.module}@${parser.version}`])),
    'cmd',
  );

/** Builds programs of one module ("module/path@version"); says by which Go. */
async function goInstall(folder: string, programs: readonly string[]): Promise<string> {
  const [path = '', version = ''] = programs[0]?.split('@') ?? [];
  const go = await goFor(`${path.replace(/\/cmd.*/, '')}/@v/${version}.mod`);
  await run('nice', ['-n', '19', go, 'install', ...programs], {
    env: { GOBIN: folder, GOTOOLCHAIN: 'local' },
    timeout: anHour,
  });
  return go;
}

/** A Go that is new enough for the module: the one here, else the toolchain that the proxy keeps for it. */
async function goFor(goMod: string): Promise<string> {
  const line = /^go (\S+)$/m.exec(await text(`${proxy}/${goMod}`))?.[1] ?? '';
  const wanted = line.replace(/^\d+\.\d+$/, '$&.0'); // "go 1.24" means the first of them
  for (const go of ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go']) {
    const here = await run(go, ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }).catch(() => '');
    if (here && isAtLeast(here.replace('go', ''), wanted)) return go;
  }
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const toolchain = `v0.0.1-go${wanted}.linux-${arch}`;
  const folder = await kept(`go-${wanted}`, async (fresh) => {
    say(`fetching Go ${wanted} (the one here is older, or missing)`);
    const answer = await fetch(`${proxy}/golang.org/toolchain/@v/${toolchain}.zip`);
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}. Install Go ${wanted} or newer.`);
    const zip = join(fresh, 'go.zip');
    await writeFile(zip, Buffer.from(await answer.arrayBuffer()));
    await run('python3', ['-m', 'zipfile', '-e', zip, fresh]);
    await rename(join(fresh, `golang.org/toolchain@${toolchain}`), join(fresh, 'go'));
    await rm(zip);
    await run('chmod', ['-R', 'a+x', join(fresh, 'go/bin'), join(fresh, 'go/pkg/tool')]); // a zip made for Go carries no modes
  });
  return join(folder, 'go/bin/go');
}

async function text(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

function isAtLeast(version: string, wanted: string): boolean {
  const [a = [], b = []] = [version, wanted].map((each) => each.split('.').map(Number));
  const different = b.findIndex((part, i) => part !== (a[i] ?? 0));
  return different < 0 || (a[different] ?? 0) > (b[different] ?? 0);
}

/** The folder of PostgreSQL's programs. Installs it, and nc for the health checks, where they are missing. */
export async function postgresql(): Promise<string> {
  const versions = () => readdir('/usr/lib/postgresql').catch(() => []);
  if ((await versions()).length === 0 || !existsSync('/usr/bin/nc')) {
    say('installing postgresql and netcat-openbsd (apt-get)');
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql', 'netcat-openbsd'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const newest = (await versions()).toSorted((a, b) => Number(a) - Number(b)).at(-1);
  return `/usr/lib/postgresql/${newest}/bin`;
}

/** `bin/pfrunbook` and `bin/temporal` in this folder: ours as the Dockerfile makes it, from a fresh build. */
export async function ownPrograms(folder: string): Promise<string> {
  say('building pfrunbook');
  await run('npm', ['run', '--silent', '--prefix', root, 'build']);
  const main = join(root, 'dist/client/main.js');
  await chmod(main, 0o755);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(main, join(bin, 'pfrunbook'));
  await symlink(await findTemporal(), join(bin, 'temporal'));
  return bin;
}
