/**
 * docker-compose.yml on a machine without Docker. Read from the file: the services, their order and conditions, environment,
 * commands, health checks, and that what lasts is started again. Put in Docker's place: an address and /etc/hosts for each
 * service, and the images' own entry points.
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { run } from '../../lab/shell.js';
import { Kept } from '../../worker/kept.js';
import { type Compose, inOrder, readCompose, root, type Service } from '../compose/compose.js';
import { seen } from '../lab/stage.js';
import { ownPrograms, postgresql, temporalPrograms, uiPrograms } from './programs.js';

/** With every kind of character that docs/team-server.md allows. */
const password = 'TeamTest0123456789abcdef';

export class Team {
  private readonly running = new Map<string, Kept>();

  private constructor(
    readonly compose: Compose,
    private readonly folder: string,
    private readonly path: string,
  ) {}

  static async open(): Promise<Team> {
    const compose = readCompose({ PFRUNBOOK_POSTGRES_PASSWORD: password });
    const version = (name: string) => compose.services[name]?.image?.split(':')[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-team-'));
    await run('chmod', ['0755', folder]); // PostgreSQL runs as another user
    const ui = await uiPrograms(version('ui'));
    const folders = [await ownPrograms(folder), await temporalPrograms(version('temporal')), ui, await postgresql()];
    const team = new Team(compose, folder, [...folders, process.env.PATH].join(':'));
    // The image listens on every address of its container; here it has one.
    const configuration = await readFile(join(ui, 'docker.yaml'), 'utf8');
    await writeFile(join(folder, 'docker.yaml'), `${configuration}\nhost: ${team.addressOf('ui')}\n`);
    const hosts = Object.keys(compose.services).map((name) => `${team.addressOf(name)} ${name}\n`);
    await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${hosts.join('')}`);
    return team;
  }

  /** A loopback address of its own, so that the ports are those of the file, whatever else runs here. */
  addressOf(name: string): string {
    return `127.88.${process.pid % 250}.${1 + Object.keys(this.compose.services).indexOf(name)}`;
  }

  /** Temporal's, as a client outside reaches it. */
  get temporal(): string {
    return `${this.addressOf('temporal')}:7233`;
  }

  get ui(): string {
    return `http://${this.addressOf('ui')}:8080`;
  }

  pidOf(name: string): number {
    const { pid } = this.running.get(name) ?? {};
    if (!pid) throw new Error(`${name} does not run just now`);
    return pid;
  }

  restartsOf(name: string): number {
    return this.running.get(name)?.restarts ?? 0;
  }

  /** `docker compose up`, but for the worker: each service once what it depends on is healthy, or has ended well. */
  async up(): Promise<void> {
    for (const name of inOrder(this.compose).filter((each) => each !== 'worker')) {
      const service = this.serviceOf(name);
      if (!service.restart) await this.runOnce(name);
      else if (!this.running.has(name)) {
        this.start(name, await this.entry(name));
        await this.healthy(name);
      }
    }
  }

  /** `--scale worker=N`. `env`: in place of the two folders that are mounted. */
  async workers(names: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    for (const name of names) this.start(name, this.serviceOf('worker').command ?? [], env, 'worker');
    await this.healthy('worker', env);
  }

  async runOnce(name: string): Promise<void> {
    const { code, all } = await this.answerOf(name, this.serviceOf(name).command ?? []);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${all}`);
  }

  /** Waits as Compose does, by the service's own check. */
  async healthy(name: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { test = [] } = this.serviceOf(name).healthcheck ?? {};
    let last = '';
    await seen(`${name} healthy`, 120_000, async () => {
      const { code, all } = await this.answerOf(name, test.slice(1), env);
      last = all;
      return code === 0 || undefined;
    }).catch(async (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}: ${last}\n${await this.log(name)}`);
    });
  }

  async log(name: string): Promise<string> {
    return (await readFile(this.logOf(name), 'utf8').catch(() => '')).slice(-4_000);
  }

  async close(): Promise<void> {
    for (const kept of [...this.running.values()].toReversed()) await kept.stop(15_000);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answerOf(name: string, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [file, ...args] = this.inside(name, command);
    const given = { env: { ...this.environmentOf(name), ...env }, extendEnv: false };
    const { exitCode, all } = await execa(file, args, { ...given, reject: false, all: true, timeout: 120_000 });
    return { code: exitCode, all };
  }

  private start(
    name: string,
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
    service = name,
  ): void {
    const [file, ...args] = this.inside(service, command);
    const kept = new Kept(
      { file, args, env: { ...this.environmentOf(service), ...env } },
      { log: this.logOf(name), told: () => {} },
    );
    this.running.set(name, kept);
    kept.start();
  }

  private serviceOf(name: string): Service {
    const service = this.compose.services[name];
    if (!service) throw new Error(`docker-compose.yml has no service ${name}`);
    return service;
  }

  /** The file's own, and nothing of ours but where programs are found. */
  private environmentOf(name: string): Record<string, string> {
    const given = Object.entries(this.serviceOf(name).environment).map(([key, value]) => [key, this.here(value)]);
    return { ...Object.fromEntries(given), PATH: this.path };
  }

  /** ./compose is mounted at /compose. */
  private readonly here = (word: string): string => word.replace(/^\/compose\//, `${root}/compose/`);

  /** Where the service's name, and the others', lead to it: a mount namespace with /etc/hosts. It dies with us. */
  private inside(name: string, command: readonly string[]): [string, ...string[]] {
    const user = name === 'postgresql' ? ['--reuid=postgres', '--regid=postgres', '--init-groups'] : [];
    const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
    return [
      ...(['unshare', '--mount', 'sh', '-c', script, 'sh', join(this.folder, 'hosts')] as const),
      ...['setpriv', ...user, '--pdeathsig', 'KILL', ...command.map(this.here)],
    ];
  }

  private logOf(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** What the image starts. The server's binds to the container's own address, too. */
  private async entry(name: string): Promise<readonly string[]> {
    if (name === 'postgresql') return this.postgres();
    if (name === 'ui') return ['ui-server', '--root', this.folder, '--config', '.', '--env', 'docker', 'start'];
    return ['env', `BIND_ON_IP=${this.addressOf(name)}`, 'temporal-server', 'start'];
  }

  /** As the image's entry point: the first time it makes the database; any host may come in, with the password. */
  private async postgres(): Promise<readonly string[]> {
    const data = join(this.folder, 'postgresql');
    const { POSTGRES_USER = '', POSTGRES_PASSWORD = '' } = this.serviceOf('postgresql').environment;
    if (!existsSync(data)) {
      const secret = join(this.folder, 'password');
      await writeFile(secret, POSTGRES_PASSWORD);
      await run('install', ['-d', '-o', 'postgres', '-m', '0700', data]);
      await run('chown', ['postgres', secret]);
      const initdb = ['initdb', '--pgdata', data, '--username', POSTGRES_USER, '--pwfile', secret, '--locale=C.UTF-8'];
      const { code, all } = await this.answerOf('postgresql', initdb);
      if (code !== 0) throw new Error(`initdb ended with ${code}: ${all}`);
      await appendFile(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
    }
    return ['postgres', '-D', data, '-k', data, '-c', `listen_addresses=${this.addressOf('postgresql')}`];
  }
}
