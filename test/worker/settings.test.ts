import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placesOf } from '../../cluster/places.js';
import { BadSettings, loadCluster } from '../../worker/settings.js';
import { newHome } from './fixtures/home.js';

const home = () => {
  const config = newHome();
  const folder = join(config, 'clusters', 'hq');
  return { folder, where: { config, state: join(config, 'state') } };
};

test('a cluster in order: nodes in the order of cluster.conf, paths beside access.ini', async () => {
  const { folder, where } = home();
  appendFileSync(join(folder, 'access.ini'), '[node pf2]\naddress=198.51.100.2\n[approval]\napprovers=anna, boris\n');
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
    approvers: ['anna', 'boris'],
  });
});

test('everything that is wrong is said at once, with the nearest name', async () => {
  const { folder, where } = home();
  writeFileSync(
    join(folder, 'access.ini'),
    '[ssh]\nusr=x\nport=99999\nidentity=id\nsudo=perhaps\n[node pf9]\naddress=192.0.2.9\n[node pf1]\naddress=pf1\n[mysql]\npassword=hunter2\n[aproval]\n',
  );
  appendFileSync(join(folder, 'cluster.conf'), '[pf4]\n');
  chmodSync(join(folder, 'id'), 0o644);
  rmSync(join(folder, 'known_hosts'));
  const { complaints, message } = await loadCluster('hq', where).then(
    () => expect.fail('was accepted'),
    (error: unknown) => (error instanceof BadSettings ? error : expect.fail(String(error))),
  );
  for (const words of [
    /unknown key "usr"\. Did you mean "user"/,
    /\[ssh\] port: /,
    /\[ssh\] sudo: /,
    /\[node pf9\] names a node/,
    /\[node pf1\] address: must be an IPv4 address/,
    /\[mysql\] password: must be a reference/,
    /unknown section \[aproval\]\. Did you mean "approval"/,
    /cluster\.conf: line \d+: /,
    /chmod 600/,
    /known_hosts is missing/,
  ]) {
    expect(complaints).toContainEqual(expect.stringMatching(words));
  }
  expect(message).not.toContain('hunter2'); // the complaint about a secret must not tell it
});

test('two nodes at one address are two names for one machine', async () => {
  const { folder, where } = home();
  appendFileSync(join(folder, 'access.ini'), '[node pf1]\naddress=192.0.2.77\n[node pf2]\naddress=192.0.2.77\n');
  await expect(loadCluster('hq', where)).rejects.toThrow(/\[node pf2\] address: pf2 and pf1 are both 192\.0\.2\.77/);
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
