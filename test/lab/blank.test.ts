/** Servers as just installed: the guide's chapter 3, typed by hand, makes a cluster of them; and a server that was replaced is a stranger. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configure } from '../../lab/configure.js';
import { down } from '../../lab/down.js';
import { address, type Lab, loadLab } from '../../lab/lab.js';
import { nodeExec, nodeRun } from '../../lab/machine.js';
import { until } from '../../lab/shell.js';
import { whole } from '../../lab/status.js';
import { reinstall, up } from '../../lab/up.js';
import { LAB_USERS } from '../../lab/users.js';
import { verify } from '../../lab/verify.js';
import { startWriter, stopWriter } from '../../lab/writer.js';

const NAME = 'blanktest';
let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pfrunbook-lab-'));
  process.env.PFRUNBOOK_HOME = home;
  await up(NAME, { blank: true });
  lab = await loadLab(NAME);
});

afterAll(async () => {
  await down(NAME);
  await rm(home, { recursive: true, force: true });
});

const settings = (file: string) => readFile(join(home, 'clusters', NAME, file), 'utf8');

/** What nobody has set up yet, a word each. */
const INSTALLED = `
  systemctl get-default
  systemctl is-active packetfence-base.target packetfence-mariadb packetfence-config packetfence-httpd.webservices packetfence-keepalived
  systemctl is-enabled packetfence-galera-autofix packetfence-keepalived
  test -s /usr/local/pf/conf/pf.conf || echo no pf.conf
  grep -c wsrep /usr/local/pf/var/conf/mariadb.conf
  mariadb --user=root --skip-password -NBe "select count(*) from information_schema.schemata where schema_name = 'pf'"
  sysctl -n net.ipv4.ip_nonlocal_bind
  /usr/local/pf/bin/pfcmd checkup | grep -c FATAL
  :`;

const AS_INSTALLED =
  'packetfence.target active active active inactive inactive disabled enabled no pf.conf 0 0 0 3'.replaceAll(
    ' no pf.conf',
    '\nno pf.conf',
  );

async function asInstalled(node: string): Promise<void> {
  expect((await nodeRun(lab, node, INSTALLED)).split('\n').join(' ')).toBe(AS_INSTALLED.replaceAll('\n', ' '));
}

test('the nodes are as their package leaves them', async () => {
  await Promise.all(lab.nodes.map(asInstalled));
});

/**
 * Types one command after the other there; says which one failed, and all that it said. A service is started again while its checkup
 * finds no database: right after a restart of the proxies that is chance.
 */
async function type(node: string, commands: readonly string[], input = ''): Promise<void> {
  for (const command of commands) {
    let seen = '';
    await until(
      `${node}: ${command}`,
      command.includes(' service ') ? 60 : 0,
      async () => {
        const { code, stdout, stderr } = await nodeExec(lab, node, `cd /usr/local/pf; ${command}`, {
          input,
          timeout: 180_000,
        });
        seen = `${stdout}\n${stderr}`;
        return code === 0 ? true : undefined;
      },
      () => `It said:\n${seen}`,
    );
  }
}

const ROOT = `MYSQL_PWD=${LAB_USERS.ROOT_PASSWORD} mariadb -u root`;
const RELOADED = [
  'systemctl restart packetfence-config',
  // It says that it is up before it listens.
  'for i in $(seq 60); do bin/cluster/node >/dev/null 2>&1 && break; sleep 0.5; done',
  'bin/pfcmd configreload hard',
];

test('by the guide’s commands they become a cluster', { timeout: 600_000 }, async () => {
  const [first = '', ...others] = lab.nodes;
  for (const node of lab.nodes)
    await type(node, ['echo net.ipv4.ip_nonlocal_bind = 1 >>/etc/sysctl.conf', 'sysctl -p']);
  await configure(lab, first);
  for (const node of others) await configure(lab, node, { onlyNetwork: true });
  await type(first, [
    'systemctl restart packetfence-mariadb',
    ...['%', 'localhost'].flatMap((host) => [
      `${ROOT} -e "create user pfcluster@'${host}' identified by '${LAB_USERS.GALERA_PASSWORD}'"`,
      `${ROOT} -e "grant process, reload, lock tables, replication client, super on *.* to pfcluster@'${host}'"`,
    ]),
    "sed -i '/^\\[database\\]/a host=100.64.0.1\\nport=6033' conf/pf.conf",
    "sed -i '/^\\[mysql\\]/a host=100.64.0.1\\nport=6033' conf/pfconfig.conf",
  ]);
  await type(first, ['cat >>conf/pf.conf'], PF_CONF);
  await type(first, ['cat >conf/cluster.conf'], await settings('cluster.conf'));
  await type(first, [
    ...RELOADED,
    'bin/pfcmd checkup | grep FATAL | grep -vi database; [ $? -eq 1 ]',
    'systemctl stop packetfence-mariadb',
    'bin/pfcmd generatemariadbconfig',
    'systemctl set-environment MARIADB_ARGS=--force-new-cluster',
    'systemctl start packetfence-mariadb',
    'systemctl unset-environment MARIADB_ARGS',
    'bin/pfcmd service pf restart',
  ]);
  for (const node of others) {
    const from = `--from=${address(lab, first)} --api-user=${LAB_USERS.WEBSERVICES_USER}`;
    await type(node, [
      `bin/cluster/sync ${from} --api-password=${LAB_USERS.WEBSERVICES_PASSWORD} | grep -A 1 ERROR; [ $? -eq 1 ]`,
      'systemctl stop packetfence-iptables',
      ...RELOADED,
      'bin/pfcmd service proxysql restart',
      'bin/pfcmd service httpd.webservices restart',
      'systemctl stop packetfence-mariadb',
      'rm -fr /var/lib/mysql/*',
      'systemctl start packetfence-mariadb',
      'bin/pfcmd service pf restart',
    ]);
  }
  for (const node of lab.nodes) await type(node, ['systemctl set-default -q packetfence-cluster.target']);
  expect((await whole(lab, 60)).nodes.filter((node) => node.vip).map(({ node }) => node)).toEqual([first]);
  await startWriter(lab);
  await stopWriter(lab);
  expect(await verify(lab)).toMatchObject({ good: true });
});

const PF_CONF = `
[active_active]
galera_replication_username=pfcluster
galera_replication_password=${LAB_USERS.GALERA_PASSWORD}

[webservices]
user=${LAB_USERS.WEBSERVICES_USER}
pass=${LAB_USERS.WEBSERVICES_PASSWORD}

[advanced]
configurator=disabled
`;

test('a server that was replaced is as installed, and another host', async () => {
  const before = await settings('known_hosts');
  await reinstall(lab, 'pf2');
  await asInstalled('pf2');
  const key = (await nodeRun(lab, 'pf2', 'cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub')).trim();
  expect(before).not.toContain(key);
  // Nobody accepts it silently.
  await up(NAME);
  expect(await settings('known_hosts')).toBe(before);
});
