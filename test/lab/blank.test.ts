/** Servers as just installed: the guide's chapter 3, typed by hand, makes a cluster of them; and a server that was replaced is a stranger. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configure } from '../../lab/configure.js';
import { down } from '../../lab/down.js';
import { address, type Lab, loadLab, vip } from '../../lab/lab.js';
import { nodeExec, nodeRun } from '../../lab/machine.js';
import { ask } from '../../lab/shell.js';
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

test('by the guide’s commands they become a cluster', { timeout: 600_000 }, async () => {
  const [first = '', ...others] = lab.nodes;
  const galera = `identified by '${LAB_USERS.GALERA_PASSWORD}'`;
  for (const node of lab.nodes)
    await nodeRun(lab, node, 'echo net.ipv4.ip_nonlocal_bind = 1 >>/etc/sysctl.conf; sysctl -qp');
  await configure(lab, first);
  for (const node of others) await configure(lab, node, { onlyNetwork: true });
  await nodeRun(
    lab,
    first,
    `set -e
     systemctl restart packetfence-mariadb
     for host in % localhost; do MYSQL_PWD=${LAB_USERS.ROOT_PASSWORD} mariadb -u root -e "create user pfcluster@'$host' ${galera};
       grant process, reload, lock tables, replication client, super on *.* to pfcluster@'$host'"; done
     cd /usr/local/pf
     sed -i '/^\\[database\\]/a host=100.64.0.1\\nport=6033' conf/pf.conf
     printf '[active_active]\\ngalera_replication_username=pfcluster\\ngalera_replication_password=%s\\n[webservices]\\nuser=%s\\npass=%s\\n[advanced]\\nconfigurator=disabled\\n' \\
       ${LAB_USERS.GALERA_PASSWORD} ${LAB_USERS.WEBSERVICES_USER} ${LAB_USERS.WEBSERVICES_PASSWORD} >>conf/pf.conf
     sed -i '/^\\[mysql\\]/a host=100.64.0.1\\nport=6033' conf/pfconfig.conf
     cat >conf/cluster.conf
     systemctl restart packetfence-config
     i=0; until bin/cluster/node >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 60 ]; sleep 1; done
     bin/pfcmd configreload hard
     systemctl stop packetfence-mariadb
     bin/pfcmd generatemariadbconfig
     systemctl set-environment MARIADB_ARGS=--force-new-cluster
     systemctl start packetfence-mariadb
     systemctl unset-environment MARIADB_ARGS
     bin/pfcmd service pf restart`,
    { input: await settings('cluster.conf') },
  );
  const { stdout } = await nodeExec(lab, first, 'ip -o -4 address; systemctl is-active packetfence-cluster.target');
  expect(stdout).toMatch(/active$/);
  for (const node of others) {
    const synced = await nodeExec(
      lab,
      node,
      `/usr/local/pf/bin/cluster/sync --from=${address(lab, first)} --api-user=${LAB_USERS.WEBSERVICES_USER} --api-password=${LAB_USERS.WEBSERVICES_PASSWORD}`,
    );
    expect(synced.stdout).not.toContain('ERROR');
    await nodeRun(
      lab,
      node,
      `set -e
       systemctl stop packetfence-iptables
       systemctl restart packetfence-config
       cd /usr/local/pf
       i=0; until bin/cluster/node >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 60 ]; sleep 1; done
       bin/pfcmd configreload
       bin/pfcmd service proxysql restart
       bin/pfcmd service httpd.webservices restart
       systemctl stop packetfence-mariadb
       rm -fr /var/lib/mysql/*
       systemctl start packetfence-mariadb
       bin/pfcmd service pf updatesystemd
       bin/pfcmd service pf restart`,
      { timeout: 180_000 },
    );
  }
  for (const node of lab.nodes) await nodeRun(lab, node, 'systemctl set-default -q packetfence-cluster.target');
  expect((await whole(lab, 60)).nodes.filter((node) => node.vip).map(({ node }) => node)).toEqual([first]);
  await startWriter(lab);
  await stopWriter(lab);
  expect(await verify(lab)).toMatchObject({ good: true });
  expect((await ask('ping', ['-c', '1', '-W', '1', vip(lab)])).code).toBe(0);
});

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
