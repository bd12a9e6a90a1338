import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { clusterConfFromText } from '../../cluster/cluster-conf.js';
import { placesOf } from '../../cluster/places.js';
import { BadSettings, loadCluster, readAccess } from '../../worker/settings.js';
import { named } from '../activities/sshd.js';
import { newHome } from './fixtures/home.js';
import { people } from './fixtures/signers.js';

const home = () => {
  const config = newHome();
  const folder = join(config, 'clusters', 'hq');
  return { folder, where: { config, state: join(config, 'state') } };
};

test('a cluster in order: nodes in the order of cluster.conf, paths beside access.ini', async () => {
  const { folder, where } = home();
  appendFileSync(join(folder, 'access.ini'), '[node pf2]\naddress=198.51.100.2\n[approval]\napprovers=anna, boris\n');
  appendFileSync(join(folder, 'access.ini'), '[webservices]\nuser=packet\npassword=file:ws\n');
  writeFileSync(join(folder, 'ws'), 'fence\n', { mode: 0o600 });
  expect(await loadCluster('hq', where)).toEqual({
    name: 'hq',
    nodes: [
      { node: 'pf1', address: '192.0.2.11' },
      { node: 'pf2', address: '198.51.100.2' },
      { node: 'pf3', address: '192.0.2.13' },
    ],
    vips: ['192.0.2.10'],
    clusterConf: readFileSync(join(folder, 'cluster.conf'), 'utf8'),
    ssh: { user: 'root', port: 22, identity: join(folder, 'id'), knownHosts: join(folder, 'known_hosts'), sudo: false },
    mysql: { user: 'root' },
    logins: { webservices: { user: 'packet', password: `file:${join(folder, 'ws')}` } },
    approval: { ...named, approvers: ['anna', 'boris'], allowedSigners: join(folder, 'allowed_signers') },
  });
});

const complaintsOf = (where: ReturnType<typeof home>['where']) =>
  loadCluster('hq', where).then(
    () => expect.fail('was accepted'),
    (error: unknown) => (error instanceof BadSettings ? error : expect.fail(String(error))),
  );

test('everything that is wrong is said at once, with its line and the nearest name', async () => {
  const { folder, where } = home();
  const wrong = [
    ...[
      '[ssh]',
      'usr=x',
      'port=99999',
      'identity=id',
      'sudo=perhaps',
      'jump=-oProxyCommand=x',
      'user=',
      'user=a',
      'oops',
    ],
    ...['[node pf9]', 'address=192.0.2.9', '[node pf1]', 'address=pf1', '[node pf2]', 'address='],
    ...['[mysql]', 'password=hunter2', '[aproval]', '[ssh]', 'port=ssh', '[approval]', 'policy=none', '[constructor]'],
    ...['[webservices]', 'user=packet', '[replication]', 'password=secret'],
  ];
  writeFileSync(join(folder, 'access.ini'), `early=1\n${wrong.join('\n')}\n`);
  appendFileSync(join(folder, 'cluster.conf'), '[pf4]\n');
  chmodSync(join(folder, 'id'), 0o644);
  rmSync(join(folder, 'known_hosts'));
  const { complaints, message } = await complaintsOf(where);
  for (const words of [
    /access\.ini: line 1: early stands before the first section\. Move it/,
    /line 3: \[ssh\] unknown key "usr"\. Did you mean "user"/,
    /line 4: \[ssh\] port: is no port\. Write a number from 1 to 65535\.$/,
    /line 6: \[ssh\] sudo: is neither yes nor no\.$/,
    /line 7: \[ssh\] jump: is no way through jump hosts\. Write user@host:port/,
    /line 8: \[ssh\] user: has no value/,
    /line 9: \[ssh\] user is here a second time, after line 8\. Keep one\.$/,
    /line 10: this is no \[section\]/,
    /line 11: \[node pf9\] names a node/,
    /line 14: \[node pf1\] address: must be an IPv4 address/,
    /line 16: \[node pf2\] address: must be an IPv4 address/,
    /line 18: \[mysql\] password: must be a reference/,
    /line 19: unknown section \[aproval\]\. Did you mean "approval"/,
    /line 20: \[ssh\] is here a second time, after line 2\. Make one/,
    /line 21: \[ssh\] port is here a second time, after line 4/,
    /line 23: \[approval\] policy: is not a policy\. Write named or signed\.$/,
    /line 24: unknown section \[constructor\]/,
    /line 25: \[webservices\] has no password\. It takes both, user and password\.$/,
    /line 27: \[replication\] has no user\./,
    /line 28: \[replication\] password: must be a reference/,
    /cluster\.conf: line \d+: /,
    /chmod 600/,
    /known_hosts is missing/,
  ]) {
    expect(complaints).toContainEqual(expect.stringMatching(words));
  }
  expect(message).not.toMatch(/Invalid input|NaN|undefined/);
  expect(message).not.toContain('hunter2'); // the complaint about a secret must not tell it
});

test.each([
  ['is not there', undefined, 0o600, /secret is missing\. Put the secret there/],
  ['is empty', '\n', 0o600, /secret is empty/],
  ['others can read', 'x', 0o644, /secret: others can read this secret\. Run: chmod 600/],
  ['is no text', Buffer.from([0x70, 0xff]), 0o600, /secret cannot be read: it is no UTF-8 text/],
])('a password file that %s is told at the border', async (_, content, mode, words) => {
  const { folder, where } = home();
  if (content !== undefined) writeFileSync(join(folder, 'secret'), content, { mode });
  appendFileSync(join(folder, 'access.ini'), '[mysql]\npassword=file:secret\n');
  expect((await complaintsOf(where)).message).toMatch(words);
});

test('a way through jump hosts, and a password beside access.ini', async () => {
  const { folder, where } = home();
  writeFileSync(join(folder, 'secret'), 'x', { mode: 0o600 });
  writeFileSync(
    join(folder, 'access.ini'),
    '[ssh]\nuser=operator\nidentity=id\njump=anna@gate.example.com:2222, 192.0.2.99 ; two\n[mysql]\npassword=file:secret\n',
  );
  const { ssh, mysql } = await loadCluster('hq', where);
  expect(ssh.jump).toEqual([
    { user: 'anna', host: 'gate.example.com', port: 2222 },
    { user: 'operator', host: '192.0.2.99', port: 22 },
  ]);
  expect(mysql.password).toBe(`file:${join(folder, 'secret')}`);
});

const wrongWith = async (folder: string, where: ReturnType<typeof home>['where'], lines: readonly string[]) => {
  writeFileSync(join(folder, 'access.ini'), ['[ssh]', 'identity=id', ...lines, ''].join('\n'));
  return loadCluster('hq', where).then(
    () => [],
    (error: unknown) => (error instanceof BadSettings ? error.complaints : expect.fail(String(error))),
  );
};

test('who must sign, and who is told: whatever is wrong is said at once', async () => {
  const { folder, where } = home();
  const signers = join(folder, 'allowed_signers');
  expect(await wrongWith(folder, where, ['[approval]', 'policy=signed'])).toEqual([
    expect.stringMatching(/allowed_signers is missing: one line for each/),
  ]);
  const { allowedSigners } = await people(['anna', 'boris']);
  const good = readFileSync(allowedSigners, 'utf8');
  writeFileSync(signers, `# who may\n${good}* ${good.split(' ').slice(1).join(' ')}ssh-ed25519 AAAAC3Nz\nanna\n`, {
    mode: 0o666,
  });
  chmodSync(signers, 0o666);
  const inIt = await wrongWith(folder, where, ['[approval]', 'policy=signed', 'approvers=anna']);
  for (const words of [
    /allowed_signers: line 4: "\*" names no person/,
    /allowed_signers: line 6: is not "name key"/,
    /allowed_signers: line 7: is not "name key"/,
    /chmod go-w/,
  ])
    expect(inIt).toContainEqual(expect.stringMatching(words));
  writeFileSync(signers, good);
  chmodSync(signers, 0o644);
  vi.stubEnv('PATH', '/nowhere');
  const unchecked = await wrongWith(folder, where, ['[approval]', 'policy=signed']);
  vi.unstubAllEnvs();
  expect(unchecked).toEqual([expect.stringMatching(/^ssh-keygen is not on this machine/)]);
  const lines = [
    ...['[approval]', 'policy=signed', 'approvers=anna, carl', 'needed=2', 'requester_may_approve=no'],
    ...['[notify]', 'secret=file:x', 'remind=1 hour', '[escalate]', 'command=/nowhere/page me', 'webook=x'],
  ];
  const complaints = await wrongWith(folder, where, lines);
  for (const words of [
    /\[approval\] approvers: carl has no key/,
    /\[approval\] needed: 2 must sign, and only 1 can beside the one who started the run/,
    /\[notify\] secret: there is no webhook/,
    /\[notify\] secret: \S+\/x is missing/,
    /\[notify\] remind: whom\?/,
    /\[escalate\] command: \/nowhere\/page is missing/,
    /\[escalate\] after: is missing/,
    /unknown key "webook"\. Did you mean "webhook"/,
  ])
    expect(complaints).toContainEqual(expect.stringMatching(words));
  expect(await wrongWith(folder, where, ['[approval]', 'needed=2', '[notify]', 'webhook=chat', 'remind=soon'])).toEqual(
    [
      expect.stringMatching(/line 6: \[notify\] webhook: is no address\./),
      expect.stringMatching(/line 7: \[notify\] remind: is no time\./),
      expect.stringMatching(/\[approval\] needed: a name alone proves nobody; set policy = signed\./),
    ],
  );
});

test('names that a semicolon parts are refused, never lost or taken for one', async () => {
  const { folder, where } = home();
  for (const names of ['anna;boris', '"anna; boris"'])
    expect(await wrongWith(folder, where, ['[approval]', `approvers = ${names}`])).toEqual([
      expect.stringMatching(/line 4: \[approval\] approvers: is no list of names\. Separate them by commas\.$/),
    ]);
  expect(await wrongWith(folder, where, ['[approval]', 'approvers = anna, boris   ; ask them; or carl'])).toEqual([]);
  expect((await loadCluster('hq', where)).approval.approvers).toEqual(['anna', 'boris']);
});

test.each(['access', 'approvals'])('what docs/%s.md shows as access.ini is right, key by key', (page) => {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const blocks = text.match(/^ {4}\[\w.*\n(?:(?: {4}.*)?\n)*/gm) ?? [];
  expect(blocks.length).toBeGreaterThan(0);
  const servers = clusterConfFromText('[CLUSTER]\nmanagement_ip=192.0.2.10\n[pf2]\nmanagement_ip=192.0.2.12\n').servers;
  for (const block of blocks)
    expect(readAccess(block.replace(/^ {4}/gm, ''), 'access.ini', servers).complaints).toEqual([]);
});

test('a cluster whose decisions are signed, and somebody told of them', async () => {
  const { folder, where } = home();
  const { allowedSigners, signers } = await people(['anna', 'boris', 'carl']);
  writeFileSync(join(folder, 'allowed_signers'), readFileSync(allowedSigners));
  const lines = [
    ...['[approval]', 'policy=signed', 'needed=2', 'requester_may_approve=no', '[notify]', 'remind=30 minutes, 2h'],
    ...[
      'webhook=https://chat.example.com/hook',
      'secret=env:HOOK',
      '[escalate]',
      'command=/bin/echo on call',
      'after=1 day',
    ],
  ];
  expect(await wrongWith(folder, where, lines)).toEqual([]);
  expect((await loadCluster('hq', where)).approval).toMatchObject({
    ...{ policy: 'signed', needed: 2, requesterMayApprove: false, signers },
    notify: { remind: [1800, 7200], webhook: 'https://chat.example.com/hook', header: 'Authorization' },
    escalate: { command: ['/bin/echo', 'on', 'call'], after: 86_400 },
  });
});

test('two nodes at one address are two names for one machine', async () => {
  const { folder, where } = home();
  appendFileSync(join(folder, 'access.ini'), '[node pf1]\naddress=192.0.2.77\n[node pf2]\naddress=192.0.2.77\n');
  await expect(loadCluster('hq', where)).rejects.toThrow(
    /line 6: \[node pf2\] address: pf2 and pf1 are both 192\.0\.2\.77\. Give/,
  );
});

test('an unknown cluster is answered with the nearest known one', async () => {
  await expect(loadCluster('hp', home().where)).rejects.toThrow('Did you mean "hq"?');
});

test('a node whose name holds dots keeps its section', async () => {
  const { folder, where } = home();
  const conf = readFileSync(join(folder, 'cluster.conf'), 'utf8').replaceAll('pf2', 'pf2.example.com');
  writeFileSync(join(folder, 'cluster.conf'), conf);
  appendFileSync(join(folder, 'access.ini'), '[node pf2.example.com]\naddress=198.51.100.2\n');
  const { nodes } = await loadCluster('hq', where);
  expect(nodes[1]).toEqual({ node: 'pf2.example.com', address: '198.51.100.2' });
});

test('settings and state stand in PFRUNBOOK_HOME, else in the system’s folders, else in the person’s own', () => {
  const home = '/home/anna';
  expect(placesOf({ env: { PFRUNBOOK_HOME: '/x' }, home, root: true })).toEqual({ config: '/x', state: '/x/state' });
  expect(placesOf({ env: {}, home, root: true }).state).toBe('/var/lib/pfrunbook-server');
  expect(placesOf({ env: {}, home, root: false }).config).toBe('/home/anna/.config/pfrunbook');
  expect(() => placesOf({ env: { PFRUNBOOK_HOME: 'x' }, home, root: true })).toThrow('absolute');
});
