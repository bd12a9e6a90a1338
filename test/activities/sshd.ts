/** A real sshd on 127.0.0.1, as the current user, with keys of its own; and a cable to it that can be cut. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import type { ClusterAccess, SshAccess } from '../../activities/access.js';
import type { LedgerPlaces } from '../../activities/runner/request.js';

export interface Sshd extends AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  /** Of the host key ed25519, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
  readonly places: LedgerPlaces;
  /** The access of a cluster whose only node, pf1, is this sshd. */
  access(ssh?: Partial<SshAccess>): ClusterAccess;
}

/** Anyone with a name decides, nobody is told. */
export const named: ClusterAccess['approval'] = {
  ...{ policy: 'named', approvers: [], signers: [], needed: 1, requesterMayApprove: true, allowedSigners: '' },
  notify: { header: 'Authorization', remind: [] },
  escalate: { header: 'Authorization' },
};

/**
 * `env`: of its sessions. Their home is empty, so that no start file of the shell runs. `more`: lines of its configuration. The
 * authority `ca` of its folder signs its host keys.
 */
export async function startSshd(
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-sshd-'));
  const at = (name: string) => join(folder, name);
  for (const [name, type] of [
    ['host', 'ed25519'],
    ['host-ecdsa', 'ecdsa'],
    ['id', 'ed25519'],
    ['ca', 'ed25519'],
  ] as const)
    await execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', at(name)]);
  await execa('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'a host', '-h', '-n', '127.0.0.1', at('host.pub')]);
  const port = await freePort();
  await writeFile(at('known_hosts'), `[127.0.0.1]:${port} ${await readFile(at('host.pub'), 'utf8')}`);
  await writeFile(
    at('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `HostKey ${at('host-ecdsa')}`,
      `HostCertificate ${at('host-cert.pub')}`,
      `AuthorizedKeysFile ${at('id.pub')}`,
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PermitRootLogin yes',
      `SetEnv ${Object.entries({ HOME: folder, ...env })
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
      ...more,
    ]
      .map((line) => `${line}\n`)
      .join(''),
  );
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true }); // where it drops its rights
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(server, port);
  const [, fingerprint = ''] = (await execa('ssh-keygen', ['-lf', at('host.pub')])).stdout.split(' ');
  const ssh = { user: userInfo().username, port, identity: at('id'), knownHosts: at('known_hosts'), sudo: false };
  return {
    folder,
    port,
    fingerprint,
    places: { dir: at('ledger'), tmp: at('tmp') },
    access: (more) => ({
      name: 'test',
      nodes: [{ node: 'pf1', address: '127.0.0.1' }],
      vips: [],
      clusterConf: '',
      approval: named,
      ssh: { ...ssh, ...more },
      mysql: { user: 'root' },
      logins: {},
    }),
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a program into `bin` of the folder, for a PATH of sessions. */
export async function program(folder: string, name: string, text: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', name), text);
  await chmod(join(folder, 'bin', name), 0o755);
}

/** Stands between a pool and an sshd. */
export interface Cable extends AsyncDisposable {
  readonly port: number;
  /** Breaks every connection; new ones are taken again after `plug`. */
  cut(): void;
  plug(): void;
  /** Connections made so far. */
  readonly made: number;
}

export async function cableTo(port: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let plugged = true;
  let made = 0;
  const server: Server = createServer((near) => {
    if (!plugged) return near.destroy();
    made += 1;
    const far = createConnection(port, '127.0.0.1');
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(a);
      a.on('error', () => undefined).on('close', () => b.destroy());
      a.pipe(b);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: portOf(server),
    get made() {
      return made;
    },
    cut: () => {
      plugged = false;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    plug: () => {
      plugged = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The access of that node through that cable: its known_hosts names the cable's port too. */
export async function accessThrough(sshd: Sshd, { port }: Cable): Promise<ClusterAccess> {
  const knownHosts = join(sshd.folder, 'known_hosts-cable');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${await readFile(join(sshd.folder, 'host.pub'), 'utf8')}`);
  return sshd.access({ port, knownHosts });
}

/** Asks again and again until it is so; throws with what was seen last. */
export async function until(what: string, ask: () => Promise<boolean> | boolean, limit = 10_000): Promise<void> {
  for (const end = Date.now() + limit; !(await ask()); await pause(20))
    if (Date.now() > end) throw new Error(`Not so within ${limit / 1000} s: ${what}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const port = portOf(server);
  await new Promise((done) => server.close(done));
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  let said = '';
  server.stderr?.on('data', (text: Buffer) => {
    said += text;
  });
  await until('sshd listens', () => {
    if (server.exitCode !== null) throw new Error(`sshd ended with ${server.exitCode}: ${said}`);
    return new Promise((done) => {
      const socket = createConnection(port, '127.0.0.1');
      socket
        .on('connect', () => done(true))
        .on('error', () => done(false))
        .on('connect', () => socket.destroy());
    });
  });
}
