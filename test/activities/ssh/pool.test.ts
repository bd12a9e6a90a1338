import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
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
    // What a person does, and never this program: it takes two looks, and the second is not over the network.
    expect(next).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >new-key`);
    expect(next).toContain('its console says (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`');
    expect(next).toContain(`cat new-key >>${knownHosts}`);
    expect(lasting).toBe(true);
    expect(await readFile(knownHosts, 'utf8')).toBe('');
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

describe('an authority that signs host keys', () => {
  const knowing = async (...lines: readonly string[]) => {
    const knownHosts = join(sshd.folder, 'known_hosts-authority');
    await writeFile(knownHosts, lines.map((line) => `${line}\n`).join(''));
    return knownHosts;
  };
  const pub = async (name: string) => (await readFile(join(sshd.folder, `${name}.pub`), 'utf8')).trim();
  const says = async (access: ReturnType<Sshd['access']>) => {
    const own = new SshPool();
    try {
      return (await (await own.reach(access, 'pf1')).exec('echo in')).stdout;
    } catch (error) {
      return String(error);
    } finally {
      await own.close();
    }
  };

  test('makes a host known that has a certificate of it', async () => {
    const knownHosts = await knowing(`@cert-authority [127.0.0.1]:${sshd.port} ${await pub('ca')}`);
    expect(await says(sshd.access({ knownHosts }))).toBe('in\n');
  });

  test('does so through a jump host', async () => {
    const knownHosts = await knowing(
      `@cert-authority [127.0.0.1]:* ${await pub('ca')}`,
      `[127.0.0.1]:${sshd.port} ${await pub('host')}`,
      `@cert-authority [127.0.0.1]:${cable.port} ${await pub('ca')}`,
    );
    const jump = [{ user: sshd.access().ssh.user, host: '127.0.0.1', port: sshd.port }];
    expect(await says(sshd.access({ knownHosts, jump, port: cable.port }))).toBe('in\n');
  });

  test('that is another one does not, and it is said why', async () => {
    const knownHosts = await knowing(`@cert-authority * ${await pub('id')}`);
    expect(await says(sshd.access({ knownHosts }))).toMatch(
      /host key is unknown: shown is \S+ SHA256:\S+, and no authority of \S+ vouches for it: its authority SHA256:\S+ is not one of ours/,
    );
  });

  test('counts for nothing once it is revoked, or the key is', async () => {
    const ca = await pub('ca');
    expect(
      await says(sshd.access({ knownHosts: await knowing(`@cert-authority * ${ca}`, `@revoked * ${ca}`) })),
    ).toMatch(/its authority SHA256:\S+ is revoked/);
    const knownHosts = await knowing(`@cert-authority * ${ca}`, `@revoked * ${await pub('host')}`);
    expect(await says(sshd.access({ knownHosts }))).toMatch(/its host key is revoked in/);
  });

  test('is not asked where the host’s own key is known and another is shown', async () => {
    const port = sshd.port;
    const knownHosts = await knowing(`@cert-authority * ${await pub('ca')}`, `[127.0.0.1]:${port} ${await pub('id')}`);
    expect(await says(sshd.access({ knownHosts }))).toMatch(/its host key has changed/);
  });
});

describe('through jump hosts', () => {
  let gate: Sshd;
  beforeAll(async () => {
    gate = await startSshd();
    await writeFile(join(gate.folder, 'id.pub'), await readFile(join(sshd.folder, 'id.pub'), 'utf8')); // one key for the whole way
  });
  afterAll(() => gate[Symbol.asyncDispose]());

  const hop = (port: number) => ({ user: sshd.access().ssh.user, host: '127.0.0.1', port });
  async function access(jump: readonly ReturnType<typeof hop>[], known: readonly Sshd[] = [sshd, gate]) {
    const knownHosts = join(gate.folder, 'known_hosts-way');
    const lines = known.map(async (one) => readFile(join(one.folder, 'known_hosts'), 'utf8'));
    await writeFile(knownHosts, (await Promise.all(lines)).join(''));
    return sshd.access({ knownHosts, jump });
  }

  test('a node is reached as if it were near, and the way is one connection for all', async () => {
    const way = await access([hop(gate.port), hop(gate.port)]);
    const own = new SshPool();
    const { nodes, ...rest } = way;
    const two = { ...rest, nodes: [...nodes, { node: 'pf2', address: '127.0.0.1' }] };
    const said = await Promise.all(
      ['pf1', 'pf2'].map(async (name) => (await own.reach(two, name)).exec('echo $SSH_CONNECTION')),
    );
    for (const { stdout } of said) expect(stdout).toMatch(new RegExp(` ${sshd.port}\n$`));
    await own.close();
  });

  test.each(['behind', 'before'])(
    'a connection that is lost %s them is told as such, and made again',
    async (where) => {
      await using cut = await cableTo(where === 'behind' ? sshd.port : gate.port);
      const { ssh, ...rest } = await access([hop(where === 'before' ? cut.port : gate.port)]);
      const host = await readFile(join((where === 'behind' ? sshd : gate).folder, 'host.pub'), 'utf8');
      await appendFile(ssh.knownHosts, `[127.0.0.1]:${cut.port} ${host}`);
      const own = new SshPool();
      const node = await own.reach({ ...rest, ssh: { ...ssh, ...(where === 'behind' && { port: cut.port }) } }, 'pf1');
      const file = join(gate.folder, where);
      const failed = expect(node.exec(`echo >${file}; exec sleep 30`)).rejects.toThrow(
        /the connection was lost before the command ended/,
      );
      await until('the command has started', async () => (await readFile(file, 'utf8').catch(() => '')) !== '');
      cut.cut();
      await failed;
      await expect(node.exec('true')).rejects.toThrow(Unreachable);
      cut.plug();
      expect((await node.exec('echo again')).stdout).toBe('again\n');
      await own.close();
    },
  );

  test('the key of each is verified', async () => {
    const unknown = await new SshPool().reach(await access([hop(gate.port)], [sshd]), 'pf1').catch(String);
    expect(unknown).toMatch(/pf1: .*its jump host 127\.0\.0\.1: its host key is unknown: shown is ssh-ed25519 SHA256:/);
    expect(unknown).toContain(`ssh-keyscan -p ${gate.port} 127.0.0.1`);
    const behind = await new SshPool().reach(await access([hop(gate.port)], [gate]), 'pf1').catch(String);
    expect(behind).toMatch(/SSH: its host key is unknown/);
    expect(behind).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1`);
  });

  test('that are down, or get no further, say which', async () => {
    expect(await new SshPool().reach(await access([hop(1)]), 'pf1').catch(String)).toMatch(
      /its jump host 127\.0\.0\.1: connection refused \(127\.0\.0\.1 port 1\)/,
    );
    const { ssh, ...rest } = await access([hop(gate.port)]);
    expect(await new SshPool().reach({ ...rest, ssh: { ...ssh, port: 1 } }, 'pf1').catch(String)).toMatch(
      /its jump host gets no connection to 127\.0\.0\.1 port 1 \(.*refused\)/,
    );
    await using closed = await startSshd({}, ['AllowTcpForwarding no']);
    await writeFile(join(closed.folder, 'id.pub'), await readFile(join(sshd.folder, 'id.pub'), 'utf8'));
    const way = await access([hop(closed.port)], [sshd, closed]);
    expect(await new SshPool().reach(way, 'pf1').catch(String)).toMatch(
      /its jump host may not forward to 127\.0\.0\.1 port \d+\. .*AllowTcpForwarding/,
    );
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

  test.each([
    ['that wants a password', 'sudo: a password is required', 1, 'visudo): `root ALL=(root) NOPASSWD: ALL`'],
    ['that wants a terminal', 'sudo: sorry, you must have a tty to run sudo', 1, '`Defaults:root !requiretty`'],
    ['that does not know the user', 'root is not in the sudoers file.', 1, 'NOPASSWD'],
    ['that speaks another language', 'sudo : il est nécessaire de saisir un mot de passe', 1, 'NOPASSWD'],
    ['that is not there', 'sh: 1: sudo: not found', 127, 'Install sudo there'],
  ])('a sudo %s is told as such, with the remedy', async (_, words, code, remedy) => {
    await using other = await sshdWithSudo(`#!/bin/sh\necho "${words}" >&2; exit ${code}\n`);
    const own = new SshPool();
    const node = await own.reach(other.access({ sudo: true, user: userInfo().username }), 'pf1');
    const error = await node.sh('echo no').then(
      () => expect.fail('it ran'),
      (thrown: unknown) => (thrown instanceof Unreachable ? thrown : expect.fail(String(thrown))),
    );
    expect(error.because).toBe(`sudo refuses (${words})`);
    expect(error.next).toContain(
      remedy.replaceAll('root ', `${userInfo().username} `).replace(':root', `:${userInfo().username}`),
    );
    expect(error.lasting).toBe(true);
    await own.close();
  });

  test('a failure of the command itself is not sudo’s, even where sudo warns', async () => {
    await using other = await sshdWithSudo(
      '#!/bin/sh\necho "sudo: unable to resolve host pf1" >&2; shift; exec "$@"\n',
    );
    const own = new SshPool();
    const node = await own.reach(other.access({ sudo: true }), 'pf1');
    expect(await node.sh('echo hm >&2; exit 1')).toMatchObject({
      code: 1,
      stderr: 'sudo: unable to resolve host pf1\nhm\n',
    });
    await own.close();
  });

  async function sshdWithSudo(text: string): Promise<Sshd> {
    await program(sshd.folder, 'sudo', text);
    return startSshd({ PATH: `${join(sshd.folder, 'bin')}:/usr/bin:/bin` });
  }
});
