/** What keeps servers from becoming a cluster, each told with what to do; and what a look makes of a server's words. */
import { expect, test } from 'vitest';
import { serverFromText } from '../../activities/look/server.js';
import type { Reached } from '../../cluster/observation.js';
import { type PrepareFacts, preparation, preparedNow, type ServerSeen } from '../../cluster/prepare.js';
import { justInstalled } from '../workflows/installed.js';

const names = ['pf1', 'pf2', 'pf3'];
const clusterConf = `[CLUSTER]\nmanagement_ip=192.0.2.10\n${names
  .map((name, i) => `[${name}]\nmanagement_ip=192.0.2.1${i}\n[${name} interface eth0]\nip=192.0.2.1${i}\n`)
  .join('')}`;
const on = { now: true, kept: true };
const server = (node: string, i: number): ServerSeen => ({
  ...{ node, workerRunsHere: false, hasSocat: true, hasCopyTool: { mariabackup: true, xtrabackup: false } },
  ...{
    nonlocalBind: on,
    ipv6Off: on,
    databaseHost: 'localhost',
    databaseVersion: '',
    foreignUnits: [],
    clusterConf: [],
  },
  ...{ interfaces: [{ name: 'eth0', addresses: [`192.0.2.1${i}`] }], closed: [] },
  ...{ bootId: 'boot-1', osVersion: '12', systemd: 252, grubCfg: '', next: [], named: [], patterns: [], renamedBy: [] },
});
type Change = { readonly server?: Partial<ServerSeen>; readonly seen?: (seen: Reached) => Reached };
function facts({ server: changed = {}, seen = (one) => one }: Change = {}, disableIpv6 = false): PrepareFacts {
  const all = justInstalled().all.map((node) => node.see());
  return {
    ...{ cluster: { name: 'hq', nodes: names }, clusterConf, disableIpv6 },
    seen: all.map((one) => (one.node === 'pf2' && one.reachable ? seen({ ...one, units: {} }) : one)),
    servers: names.map((node, i) => ({ ...server(node, i), ...(node === 'pf2' && changed) })),
  };
}

test('three that are prepared lack nothing', () => {
  const { lacks, refusal, verdict } = preparation(facts());
  expect([Object.values(lacks).flat(), refusal]).toEqual([[], undefined]);
  expect(verdict.at(-1)).toBe('Every server is prepared: there is nothing to change.');
});

test.each<[RegExp, Change]>([
  [/pf2 lacks the tools/, { server: { hasSocat: false } }],
  [/pf2 lacks the tools/, { server: { hasCopyTool: { mariabackup: false, xtrabackup: true } } }],
  [/pf2 lacks net\.ipv4\.ip_nonlocal_bind/, { server: { nonlocalBind: { now: true, kept: false } } }],
  [/pf2 lacks an empty cluster\.conf/, { server: { clusterConf: ['CLUSTER'] } }],
  [/pf2 lacks net\.ipv6/, { server: { ipv6Off: { now: true, kept: false } } }],
])('%s', (words, change) => {
  const before = facts(change, true);
  expect(preparation(before).refusal).toBeUndefined();
  expect(preparation(before).verdict.join()).toMatch(words);
  expect(preparedNow(before).refusal).toMatch(words);
});

const host = (change: Partial<Reached['host']>) => (seen: Reached) => ({ ...seen, host: { ...seen.host, ...change } });
test.each<[RegExp, Change]>([
  [
    /pf2 calls itself server2.*hostnamectl set-hostname pf2; or correct our cluster\.conf/,
    { seen: host({ hostname: 'server2' }) },
  ],
  [/do not run one version/, { seen: host({ version: '13.2.0' }) }],
  [/clocks are 60 s apart/, { seen: host({ clockAheadMs: 60_000 }) }],
  [
    /pf2 has 0 MB free/,
    {
      seen: (seen) => ({
        ...seen,
        database: { ...seen.database, datadir: { ...seen.database.datadir, freeBytes: 9 } },
      }),
    },
  ],
  [/maintenance/, { seen: (seen) => ({ ...seen, flags: { ...seen.flags, maintenance: true } }) }],
  [/pf2 uses the database at db\.example\.com: an external database/, { server: { databaseHost: 'db.example.com' } }],
  [/mysql runs on pf2 beside/, { server: { foreignUnits: ['mysql'] } }],
  [/is no MariaDB/, { server: { databaseVersion: 'mysqld  Ver 8.0.36 for Linux' } }],
  [
    /192\.0\.2\.11 is on eno1, and cluster\.conf calls that interface eth0\. It is no interface of the server’s own .*, or correct our cluster\.conf/,
    { server: { interfaces: [{ name: 'eno1', addresses: ['192.0.2.11'] }] } },
  ],
  [/eth0 of pf2 does not hold/, { server: { interfaces: [{ name: 'eth0', addresses: [] }] } }],
  [/no interface eth0, and none that holds/, { server: { interfaces: [] } }],
  [/does not get through to 192\.0\.2\.10:4567/, { server: { closed: ['192.0.2.10:4567 (timed out)'] } }],
])('refuses: %s', (words, change) => {
  const { refusal } = preparation(facts(change));
  expect(refusal).toMatch(words);
  expect(refusal).toMatch(/Nothing was touched\.$/);
});

test('all that is wrong is told at once; the worker’s own machine is not rebooted', () => {
  const wrong = facts(
    { server: { foreignUnits: ['mysql'], workerRunsHere: true }, seen: host({ hostname: 'x' }) },
    true,
  );
  expect(preparation(wrong).refusal).toMatch(/machine that this worker runs on.*calls itself x.*mysql runs on pf2/s);
  expect(preparation({ ...wrong, disableIpv6: false }).refusal).not.toContain('this worker');
});

test('ports behind PacketFence’s own firewall are its affair', () => {
  const unit = { active: 'active', enabled: 'enabled', mainPid: 1 };
  const behind = facts({
    server: { closed: ['192.0.2.10:4567 (timed out)'] },
    seen: (seen) => ({ ...seen, units: { iptables: unit } }),
  });
  expect(preparation(behind).refusal).toBeUndefined();
});

test('a server’s words are read', () => {
  const text = [
    ...['machine\tabc', 'tool\tsocat', 'tool\tmariabackup', 'now\tnet.ipv4.ip_nonlocal_bind 1'],
    ...['kept\tnet.ipv4.ip_nonlocal_bind 0', 'databaseHost\tlocalhost', 'conf\tCLUSTER', 'link\tlo - - - -'],
    ...['link\teth0 02:00:00:00:00:01 - - -', 'link\teth0.2 02:00:00:00:00:01 vlan eth0 2', 'kernel\teth0 eth1'],
    ...['next\t02:00:00:00:00:01 lan0', 'names\teth0 /etc/network/interfaces.d/my file', 'pattern\ten* /etc/a.network'],
    ...['address\teth0 192.0.2.11', 'closed\t192.0.2.12:4567 (timed out)', 'end\tend'],
  ].join('\n');
  expect(serverFromText('pf1', text, 'abc')).toMatchObject({
    ...{ workerRunsHere: true, hasSocat: true, hasCopyTool: { mariabackup: true, xtrabackup: false } },
    ...{ nonlocalBind: { now: true, kept: false }, ipv6Off: { now: false, kept: false }, clusterConf: ['CLUSTER'] },
    interfaces: [
      { name: 'lo', addresses: [] },
      { name: 'eth0', addresses: ['192.0.2.11'], mac: '02:00:00:00:00:01', kernelName: 'eth1' },
      { name: 'eth0.2', addresses: [], mac: '02:00:00:00:00:01', kind: 'vlan', vlan: { parent: 'eth0', id: 2 } },
    ],
    next: [{ mac: '02:00:00:00:00:01', name: 'lan0' }],
    named: [{ name: 'eth0', path: '/etc/network/interfaces.d/my file' }],
    patterns: [{ name: 'en*', path: '/etc/a.network' }],
    closed: ['192.0.2.12:4567 (timed out)'],
  });
  expect(() => serverFromText('pf1', text.replace('end\tend', ''), '')).toThrow('cut off');
});
