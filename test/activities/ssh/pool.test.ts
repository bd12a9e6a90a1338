import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Unreachable } from '../../../activities/errors.js';
import { NotForwarded, SshPool } from '../../../activities/ssh/pool.js';
import { accessThrough, type Cable, cableTo, program, type Sshd, startSshd, until } from '../sshd.js';

let sshd: Sshd;
let cable: Cable;
let pool: SshPool;

beforeAll(async () => {
  sshd = await startSshd();
  cable = await cableTo(sshd.port);
  pool = new SshPool();
});
afterAll(async () => {
  await pool.close();
  await cable[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
});

const throughCable = () => accessThrough(sshd, cable);

describe('a command', () => {
  test('gives its code and both its streams', async () => {
    const node = await pool.reach(sshd.access(), 'pf1');
    expect(await node.exec('echo out; echo err >&2; exit 7')).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('ended by a signal says so', async () => {
    const node = await pool.reach(sshd.access(), 'pf1');
    expect(await node.exec('kill -9 $$')).toMatchObject({ code: 255, signal: 'SIGKILL' });
  });

  test('reads its stdin, however long', async () => {
    const node = await pool.reach(sshd.access(), 'pf1');
    const stdin = Buffer.alloc(3_000_000, 'x');
    expect((await node.exec('wc -c', { stdin })).stdout.trim()).toBe('3000000');
    expect((await node.exec('true', { stdin })).code).toBe(0); // read by nobody
  });

  test('that is a script leaves nothing of itself in argv', async () => {
    const node = await pool.reach(sshd.access(), 'pf1');
    const { stdout } = await node.sh(
      `password='it''s "$x" \\ hidden'; echo "$password"; for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$p" 2>/dev/null | grep -c 'hid''den'; done | sort -u; cat`,
    );
    expect(stdout).toBe('its "$x" \\ hidden\n0\n');
  });

  test('shows its output as it comes', async () => {
    const node = await pool.reach(sshd.access(), 'pf1');
    const seen: string[] = [];
    let release = () => {};
    const go = new Promise<void>((done) => {
      release = done;
    });
    const fifo = join(sshd.folder, 'fifo');
    const running = node.sh(`mkfifo ${fifo}; echo one; cat ${fifo}`, {
      onOutput: (text) => {
        seen.push(text);
        release();
      },
    });
    await go;
    expect(seen.join('')).toBe('one\n');
    await node.sh(`echo two >${fifo}`);
    expect((await running).stdout).toBe('one\ntwo\n');
  });

  test('that takes too long is given up, and the connection stays', async () => {
    const node = await pool.reach(await throughCable(), 'pf1');
    const before = cable.made;
    await expect(node.exec('sleep 30', { deadline: 150 })).rejects.toThrow(/no answer within 0.15 s/);
    expect((await node.exec('echo on')).stdout).toBe('on\n');
    expect(cable.made).toBe(before);
  });
});

describe('the connection', () => {
  test('is one for everything at once', async () => {
    const access = await throughCable();
    await pool.close();
    const before = cable.made;
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => (await pool.reach(access, 'pf1')).exec(`echo ${i}`)),
    );
    expect(answers.map(({ stdout }) => stdout.trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(cable.made).toBe(before + 1);
  });

  test('lost in a command fails it, and is made again for the next', async () => {
    const node = await pool.reach(await throughCable(), 'pf1');
    const file = join(sshd.folder, 'started');
    const running = node.exec(`echo >${file}; sleep 30`);
    const failed = expect(running).rejects.toThrow(/the connection was lost before the command ended/);
    await until('the command has started', async () => (await readFile(file, 'utf8').catch(() => '')) !== '');
    cable.cut();
    await failed;
    await expect(node.exec('true')).rejects.toThrow(Unreachable);
    cable.plug();
    expect((await node.exec('echo again')).stdout).toBe('again\n');
  });

  test('carries a stream to a socket of the node', async () => {
    const path = join(sshd.folder, 'echo.sock');
    const server = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((done) => server.listen(path, done));
    const node = await pool.reach(sshd.access(), 'pf1');
    const stream = await node.stream(path);
    const echoed = new Promise((done) => stream.once('data', (data: Buffer) => done(data.toString())));
    stream.write('hello');
    expect(await echoed).toBe('hello');
    stream.destroy();
    server.close();
    await rm(path, { force: true });
    await expect(node.stream(path)).rejects.toThrow(NotForwarded);
  });
});

describe('a node that cannot be reached says why', () => {
  const why = async (access: ReturnType<Sshd['access']>, node = 'pf1') => {
    const error = await new SshPool().reach(access, node).then(
      () => 'reached',
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Unreachable)) throw new Error(`expected Unreachable, got ${String(error)}`);
    return error;
  };

  test('nothing listens', async () => {
    const { because, lasting } = await why(sshd.access({ port: 1 }));
    expect(because).toBe('connection refused (127.0.0.1 port 1)');
    expect(lasting).toBe(false);
  });

  test('closes at once', async () => {
    cable.cut();
    const { because } = await why(await throughCable()).finally(() => cable.plug());
    expect(because).toMatch(/connection/i);
  });

  test('its key is unknown', async () => {
    const knownHosts = join(sshd.folder, 'known_hosts-empty');
    await writeFile(knownHosts, '');
    const { because, next, lasting } = await why(sshd.access({ knownHosts }));
    expect(because).toMatch(/its host key is unknown: shown is ssh-ed25519 SHA256:/);
    expect(because).toContain(sshd.fingerprint);
    expect(next).toContain(knownHosts);
    expect(lasting).toBe(true);
  });

  test('its key has changed: both fingerprints', async () => {
    const knownHosts = join(sshd.folder, 'known_hosts-changed');
    await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${await readFile(join(sshd.folder, 'id.pub'), 'utf8')}`);
    const { because } = await why(sshd.access({ knownHosts }));
    expect(because).toMatch(/has changed: known is ssh-ed25519 SHA256:.{43}, shown is ssh-ed25519 SHA256:.{43}$/);
    expect(because).toContain(sshd.fingerprint);
  });

  test('its key is revoked', async () => {
    const knownHosts = join(sshd.folder, 'known_hosts-revoked');
    const pub = await readFile(join(sshd.folder, 'host.pub'), 'utf8');
    await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${pub}@revoked * ${pub}`);
    expect((await why(sshd.access({ knownHosts }))).because).toMatch(/is revoked in/);
  });

  test('a key of a less usual type is asked for where only that one is known', async () => {
    const knownHosts = join(sshd.folder, 'known_hosts-ecdsa');
    await writeFile(
      knownHosts,
      `[127.0.0.1]:${sshd.port} ${await readFile(join(sshd.folder, 'host-ecdsa.pub'), 'utf8')}`,
    );
    const own = new SshPool();
    expect((await (await own.reach(sshd.access({ knownHosts }), 'pf1')).exec('echo in')).stdout).toBe('in\n');
    await own.close();
  });

  test('the login is refused', async () => {
    const { because, next, lasting } = await why(sshd.access({ identity: join(sshd.folder, 'host') }));
    expect(because).toMatch(/^login refused to .* at 127.0.0.1 port/);
    expect(next).toContain('authorized_keys');
    expect(lasting).toBe(true);
  });

  test('a file of its access is missing', async () => {
    expect((await why(sshd.access({ identity: '/nonexistent/id' }))).because).toContain('/nonexistent/id');
  });

  test('it is not in cluster.conf', async () => {
    expect((await why(sshd.access(), 'pf9')).because).toBe('cluster test has no such node (it has pf1)');
  });
});

describe('where the login is not root', () => {
  test('everything runs by sudo', async () => {
    await using other = await sshdWithSudo('#!/bin/sh\n[ "$1" = -n ] || exit 9\nshift; AS=root exec "$@"\n');
    const own = new SshPool();
    const node = await own.reach(other.access({ sudo: true }), 'pf1');
    expect((await node.exec(`echo "$AS" 'a b'`)).stdout).toBe('root a b\n');
    expect((await node.sh('echo "$AS"')).stdout).toBe('root\n');
    await own.close();
  });

  test('a sudo that wants a password is told as such', async () => {
    await using other = await sshdWithSudo('#!/bin/sh\necho "sudo: a password is required" >&2; exit 1\n');
    const own = new SshPool();
    const node = await own.reach(other.access({ sudo: true }), 'pf1');
    await expect(node.sh('echo no')).rejects.toThrow(/sudo refuses \(sudo: a password is required\).*NOPASSWD/);
    await own.close();
  });

  async function sshdWithSudo(text: string): Promise<Sshd> {
    await program(sshd.folder, 'sudo', text);
    return startSshd({ PATH: `${join(sshd.folder, 'bin')}:/usr/bin:/bin` });
  }
});
