/**
 * One recovery at a site that allows little: no root login, a jump host, a node whose sshd forwards nothing, passwords of
 * every letter, answers that must be signed; and a host key that changes in the middle. Afterwards no password is anywhere
 * where it should not be.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../activities/mysql/query.js';
import { SshPool } from '../../activities/ssh/pool.js';
import type { Notice } from '../../cluster/approval.js';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { nodeExec, nodeRun } from '../../lab/machine.js';
import { runSql } from '../../lab/sql.js';
import { LAB_USERS } from '../../lab/users.js';
import { loadCluster, places } from '../../worker/settings.js';
import { type Sshd, startSshd } from '../activities/sshd.js';
import { Stage, seen } from '../lab/stage.js';
import { people } from '../worker/fixtures/signers.js';
import { canaries, filesWith, passwords, watchProcesses, words } from './secrets.js';

const NAME = 'strict';
let stage: Stage;
let gate: Sshd;
let folder: string;
let agent: ChildProcess;
const signers = await people(['anna']);
const notices: Notice[] = [];
const receiver = createServer(async (request, response) => {
  notices.push((await json(request)) as Notice);
  response.writeHead(204).end();
});

beforeAll(async () => {
  stage = await Stage.open(NAME);
  folder = join(places().config, 'clusters', NAME);
  gate = await startSshd();
  await givePasswords();
  await stage.on(
    'pf2',
    'printf "AllowTcpForwarding no\\nAllowStreamLocalForwarding no\\n" >/etc/ssh/sshd_config.d/00-none.conf; systemctl reload ssh',
  );
  // One key for the whole way; the jump host is known as the nodes are.
  await writeFile(join(gate.folder, 'id.pub'), await readFile(join('/var/lib/pfrunbook-lab', NAME, 'id_ed25519.pub')));
  await appendFile(join(folder, 'known_hosts'), await readFile(join(gate.folder, 'known_hosts'), 'utf8'));
  await writeFile(join(folder, 'db-password'), `${passwords.mysql}\n`, { mode: 0o600 });
  await copyFile(signers.allowedSigners, join(folder, 'allowed_signers'));
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  await writeFile(
    join(folder, 'access.ini'),
    `[ssh]
user = operator
sudo = yes
identity = id_ed25519
jump = root@127.0.0.1:${gate.port}
[mysql]
user = recoverer
password = file:db-password   ; beside this file
[approval]
policy = signed
[notify]
webhook = http://127.0.0.1:${(receiver.address() as AddressInfo).port}/
`,
  );
  const socket = join(folder, 'agent');
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  process.env.SSH_AUTH_SOCK = socket;
  await seen('the agent', 10_000, async () => existsSync(socket) || undefined);
});
afterAll(async () => {
  agent.kill();
  receiver.close();
  await stage.close();
  await gate[Symbol.asyncDispose]();
});

/** On every node, in PacketFence's own files and in the database. */
async function givePasswords(): Promise<void> {
  const { replication, webservices, database, mysql } = passwords;
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const alter = [
    [LAB_USERS.GALERA_USER, replication],
    [LAB_USERS.DB_USER, database],
  ].flatMap(([user, password = '']) =>
    ['%', 'localhost'].map((host) => `alter user '${user}'@'${host}' identified by '${escaped(password)}';`),
  );
  await runSql(
    stage.lab,
    'pf1',
    `set names utf8mb4; create user recoverer@localhost identified by '${escaped(mysql)}'; grant all on *.* to recoverer@localhost; ${alter.join(' ')}`,
  );
  const script = `import json, sys
new = json.load(sys.stdin)
for name in ('pf.conf', 'pfconfig.conf'):
    path = '/usr/local/pf/conf/' + name
    text = open(path, encoding='utf-8').read()
    for old, now in new: text = text.replace('=' + old + '\\n', '=' + now + '\\n')
    open(path, 'w', encoding='utf-8').write(text)`;
  const input = JSON.stringify([
    [LAB_USERS.GALERA_PASSWORD, replication],
    [LAB_USERS.DB_PASSWORD, database],
    [LAB_USERS.WEBSERVICES_PASSWORD, webservices],
  ]);
  for (const node of stage.lab.nodes) await nodeRun(stage.lab, node, `python3 -c "${script}"`, { input });
}

test('a whole recovery, with nothing left behind', async () => {
  await stage.cutPower();
  const watch = await watchProcesses({ ...passwords, ...canaries });
  await Promise.all([stage.on('pf1', `sh -c 'sleep 1; :' ${canaries.node}`), stage.type('help', canaries.here)]);

  const told: string[] = [];
  const type = async (...args: readonly string[]): Promise<string> => {
    const { code, all } = await stage.type(...args);
    told.push(all);
    expect(code, all).toBe(0);
    return all.replaceAll(/\s+/g, ' ');
  };
  await type('start', 'full-recovery', NAME, '--resync-from-scratch', '--detach');
  const keep = await stage.asked();
  const choice = keep.evidence.goOn ?? '';
  expect(keep.token, await type('show', NAME)).toMatch(/^keep-/);

  // pf3 gets a new host key under the run; its console, and nobody else, tells which.
  await stage.on(
    'pf3',
    "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/new; for e in '' .pub; do mv /etc/ssh/new$e /etc/ssh/ssh_host_ed25519_key$e; done; systemctl restart ssh; pkill -9 -f '^sshd: operator' || :",
  );
  const [, fingerprint = ''] = (await stage.on('pf3', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ');
  const unsigned = await stage.type('decide', NAME, keep.token, choice);
  told.push(unsigned.all);
  expect(unsigned.all.replaceAll(/\s+/g, ' ')).toContain('needs the signature of anna. Your SSH agent holds 0 keys');
  await execa('ssh-add', ['-q', signers.key('anna')]);
  await type('decide', NAME, keep.token, choice);
  const changed = await stage.asked();
  expect(await type('show', NAME)).toMatch(
    /host key has changed: known is ssh-ed25519 SHA256:\S+, shown is ssh-ed25519/,
  );
  expect(changed.evidence.verdict.join()).toContain(`shown is ssh-ed25519 ${fingerprint}`);

  const known = join(folder, 'known_hosts');
  const key = (await stage.on('pf3', 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
  await writeFile(known, (await readFile(known, 'utf8')).replace(/^(pf3\S*) .*$/m, `$1 ${key}`));
  await type('decide', NAME, changed.token, 'retry');
  await type('watch', NAME);
  expect(await type('report', NAME)).toContain(
    `**${choice}** at \`${keep.token}\`, by anna, known by signature: anna with ED25519 key`,
  );
  const kinds = ['asked', 'closed'].flatMap((kind) => [keep, changed].map(({ token }) => `${kind} ${token}`));
  expect(notices.map(({ kind, token }) => `${kind} ${token}`).toSorted()).toEqual(kinds.toSorted());
  told.push(JSON.stringify(notices));
  await type('guards', NAME);
  told.push((await stage.type('doctor', NAME)).all); // a lab has no backup

  expect((await stage.json<Diagnosis>('diagnose', NAME)).condition).toBe('healthy');
  expect(await stage.verify()).toMatchObject({ duplicated: 0, lostByChoice: 0, differing: [] });
  await answersAlike();

  const { found, looked } = await watch.end();
  expect(found).toContainEqual({ of: 'here', args: expect.stringContaining(`help ${canaries.here}`) });
  expect(found).toContainEqual({ of: 'node', args: expect.stringMatching(/^sh -c sleep 1/) });
  expect(found.filter(({ of }) => of in passwords)).toEqual([]);
  expect(looked).toBeGreaterThan(500);
  expect(told.filter((text) => words(passwords).some(({ word }) => text.includes(word)))).toEqual([]);

  const { state } = places();
  await writeFile(join(state, 'canary'), canaries.here, { mode: 0o600 });
  await writeFile(join(state, 'history'), JSON.stringify(await (await stage.handle()).fetchHistory()), { mode: 0o600 });
  expect(await filesWith(state, { ...passwords, ...canaries })).toEqual([`${join(state, 'canary')}: here`]);
  for (const node of stage.lab.nodes) expect(await leftOn(node), node).toBe('/run/pfrunbook/canary');
});

/** By the mariadb program, as by the socket: root asks either way, and the password is right. */
async function answersAlike(): Promise<void> {
  const pool = new SshPool();
  const sql = `select 1 as one, null as nothing, 'a\tb\\\\c\nü€😀' as text, hex(@@version) as version, current_user() as me`;
  const [near, far] = await Promise.all(
    ['pf1', 'pf2'].map(async (node) => query(await pool.reach(await loadCluster(NAME), node), sql)),
  );
  await pool.close();
  expect(near).toEqual(far);
  expect(near?.[0]).toMatchObject({ nothing: null, text: 'a\tb\\c\nü€😀', me: 'recoverer@localhost' });
}

/** Files of the node's ledger and logs that hold a password; the words go there over stdin. */
async function leftOn(node: string): Promise<string> {
  const script = `set -e; umask 077; cat >/run/words; echo ${canaries.node} >/run/pfrunbook/canary
journalctl -q --no-pager -a >/run/pfrunbook/journal
grep -rlaF -f /run/words /var/lib/pfrunbook /run/pfrunbook /var/log /usr/local/pf/logs || :
rm /run/words /run/pfrunbook/canary /run/pfrunbook/journal`;
  const input = words({ ...passwords, ...canaries })
    .map(({ word }) => `${word}\n`)
    .join('');
  return (await nodeExec(stage.lab, node, script, { input })).stdout.trim();
}

test('nothing that was written is open to others', async () => {
  const find = [places().state, '-not', '-type', 'l', '-perm', '/077', '-printf', '%m %p\n'];
  expect((await execa('find', find)).stdout).toBe('');
  // mysqld must get through to its own log in there; what is there cannot be listed, nor read.
  const nodes = await stage.onAll(
    "find /var/lib/pfrunbook /run/pfrunbook -not -type l \\( -type d -perm /066 -o -not -type d -perm /077 \\) -printf '%m %p\\n'",
  );
  expect(nodes).toEqual(stage.lab.nodes.map(() => ''));
});

test('a sudo that wants a terminal, or a password, is refused in words by the doctor and by the first look', async () => {
  const rules = { pf2: 'Defaults requiretty', pf3: 'operator ALL=(ALL) ALL' };
  for (const [node, rule] of Object.entries(rules)) await stage.on(node, `echo '${rule}' >/etc/sudoers.d/zz`);
  const { code, all } = await stage.type('doctor', NAME);
  const doctor = all.replaceAll(/\s+/g, ' ');
  const look = JSON.stringify(await stage.json('diagnose', NAME));
  for (const node of Object.keys(rules)) await stage.on(node, 'rm /etc/sudoers.d/zz');
  expect(code).toBe(1);
  for (const words of ['sorry, you must have a tty to run sudo', 'a password is required']) {
    expect(doctor).toContain(`cannot be reached: sudo refuses (sudo: ${words}).`);
    expect(look).toContain(`sudo refuses (sudo: ${words})`);
  }
  expect(doctor).toContain('`Defaults:operator !requiretty`');
  expect(doctor).toContain('`operator ALL=(root) NOPASSWD: ALL`');
});
