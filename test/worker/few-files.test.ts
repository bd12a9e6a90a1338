/** The programs as they are built and installed: each goes all the way to the nodes, over a real sshd. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sshd, startSshd } from '../activities/sshd.js';
import { copyCode, linkModules } from './fixtures/code.js';
import { newHome } from './fixtures/home.js';

const folder = mkdtempSync(join(tmpdir(), 'pfrunbook-built-'));
const home = newHome();
let sshd: Sshd;

beforeAll(async () => {
  copyCode(folder);
  linkModules(folder);
  await execa('npm', ['run', '--silent', 'build'], { cwd: folder });

  sshd = await startSshd({}, ['ListenAddress 127.0.0.11']); // pf2 and pf3 refuse
  const { ssh } = sshd.access();
  const at = (name: string) => join(home, 'clusters/hq', name);
  const nodes = { pf1: '127.0.0.11', pf2: '127.0.0.12', pf3: '127.0.0.13' };
  const section = ([name, ip]: readonly [string, string]) =>
    `[${name}]\nmanagement_ip=${ip}\n\n[${name} interface eth0]\nip=${ip}\n`;
  writeFileSync(
    at('cluster.conf'),
    Object.entries({ CLUSTER: '127.0.0.10', ...nodes })
      .map(section)
      .join('\n'),
  );
  writeFileSync(at('access.ini'), `[ssh]\nuser=${ssh.user}\nidentity=${ssh.identity}\nport=${ssh.port}\n`);
  const key = (await execa('ssh-keyscan', ['-t', 'ed25519', '-p', `${ssh.port}`, '127.0.0.11'])).stdout;
  writeFileSync(at('known_hosts'), ['11', '12', '13'].map((host) => key.replace('.0.11]', `.0.${host}]`)).join('\n'));
});
afterAll(async () => {
  await sshd?.[Symbol.asyncDispose]();
  for (const one of [folder, home]) rmSync(one, { recursive: true });
});

const pfrunbook = (...args: readonly string[]) =>
  execa(process.execPath, [join(folder, 'dist/client/main.js'), ...args], {
    env: { PFRUNBOOK_HOME: home, TEMPORAL_ADDRESS: '', PFRUNBOOK_STATE: '' },
    reject: false,
    all: true,
  });

test('diagnose sees a node, and says which ones it cannot reach', async () => {
  const { exitCode, stdout, all } = await pfrunbook('diagnose', 'hq', '--json');
  expect(exitCode, all).toBe(1);
  expect(JSON.parse(stdout).seen).toMatchObject([
    { node: 'pf1', reachable: true },
    { node: 'pf2', reachable: false, because: expect.stringContaining('refused') },
    { node: 'pf3', reachable: false },
  ]);
});

test('guards and doctor look there too', async () => {
  const guards = await pfrunbook('guards', 'hq');
  expect(guards.all).toContain('pf2: cannot be reached over SSH: connection refused');
  expect(guards.all).not.toContain('pf1: cannot');
  const doctor = await pfrunbook('doctor', 'hq', '--json');
  expect(doctor.stdout, doctor.all).toContain('pf2 cannot be reached: connection refused');
  expect(doctor.stdout).not.toContain('pf1 cannot be reached');
});

test('what asks the server loads its client, and says that there is none', async () => {
  const { exitCode, all } = await pfrunbook('list');
  expect([exitCode, all]).toEqual([2, expect.stringContaining('No Temporal server')]);
});
