/** What would hinder a recovery, from what was read: each fault is named with its remedy, and a well cluster gives none. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cacheKitFrom, kitFromText } from '../../activities/look/kit.js';
import { diagnose } from '../../cluster/diagnosis.js';
import type { Check } from '../../cluster/doctor/check.js';
import { doctor, type Examined } from '../../cluster/doctor/doctor.js';
import type { Kit, Machine, Ready, TemporalSeen } from '../../cluster/doctor/kit.js';
import { machineChecks } from '../../cluster/doctor/machine.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { flat } from './confs.js';
import { order } from './generate.js';
import { addressOf, cluster, nodeSeen, primary, vip, well } from './nodes.js';

const now = Date.parse('2026-11-24T10:00:00Z');
const hours = 3_600_000;

const ready = (node: string, parts: Partial<Ready> = {}): Ready => ({
  ...{ node, reachable: true, hasClient: true, forwards: 'yes', server: '10.11.6', socat: true, datadirIsMount: false },
  copyTool: { path: '/usr/bin/mariadb-backup', version: '10.11.6' },
  backups: [{ path: '/root/backup/packetfence-exportable-backup-2026.tgz', at: now - 10 * hours, bytes: 5e7 }],
  ...{ backupStatus: { db: 'OK' }, autofixInConf: '' },
  networks: [{ network: '198.51.100.0/24', kind: 'internal, vlan' }],
  cache: { bytes: 128 * 2 ** 20, now: 1024, average: 12 * 1024 },
  ...parts,
});

const machine: Machine = {
  interfaces: [{ name: 'eth0', address: '192.0.2.99', mac: '02:00:00:00:00:99' }],
  gateways: ['192.0.2.1'],
  state: { path: '/var/lib/pfrunbook-server', freeBytes: 1e11 },
  temporal: { server: 'not up', program: '/usr/bin/temporal' },
};

interface Situation extends Partial<Omit<Examined, 'kits'>> {
  /** Of pf1; the others are well. */
  readonly kit?: Partial<Ready> | Kit;
}

const autofix = { active: 'active', enabled: 'enabled', mainPid: 1 };
const healthy = well.map((one) => nodeSeen(one.node, { units: { autofix } }));

function examine({ kit, seen = healthy, ...rest }: Situation = {}): readonly Check[] {
  const kits = order.map((node) => (node === 'pf1' ? ({ ...ready(node), ...kit } as Kit) : ready(node)));
  return doctor({
    ...{ cluster: 'hq', seen, kits, vips: [vip], clusterConf: flat, machine, heldPorts: [], now },
    diagnosis: diagnose({ cluster, seen, vips: [vip] }),
    addresses: new Map(order.map((node) => [addressOf(node), node])),
    ...rest,
  });
}

const ill = (checks: readonly Check[]) =>
  checks
    .filter(({ severity }) => severity !== 'fine')
    .map(({ severity, about, what }) => `${severity} ${about}: ${what}`);

const one = (node: string, seen: NodeSeen) => healthy.map((each) => (each.node === node ? seen : each));

test('a cluster and a machine in good order: everything was looked at, and nothing is said against it', () => {
  const checks = examine();
  expect(ill(checks)).toEqual([]);
  const words = (about: string) => checks.find((check) => check.about === about)?.what;
  expect(words('IST')).toBe('gcache covers 3 h of writes (128 MB on pf1, 12 kB/s on average).');
  expect(words('backup')).toMatch(/^The newest of the database is 10 h old: pf1:/);
  expect(words('autofix')).toMatch(/^It works on pf1, pf2 and pf3: a run masks it/);
  expect(new Set(checks.map(({ about }) => about)).size).toBe(checks.length);
});

test.each([...examine(), ...machineChecks(machine)].map(({ about }) => about))(
  'docs/doctor.md explains "%s"',
  (about) => {
    expect(readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')).toContain(`\n| ${about} | `);
  },
);

test('with no node to be seen, it says how to reach them, and judges nothing that it did not see', () => {
  const off = order.map((node) => ({ node, reachable: false, because: 'no route to host' }) as const);
  const kits = off.map((one) => ({ ...one, next: 'Is the node up?' }));
  expect(doctorWith(kits, off).map(({ about }) => about)).toEqual([
    ...['ssh', 'ssh', 'ssh', 'this machine', 'the cluster'],
  ]);
});

describe('what would hinder a recovery', () => {
  test.each<[string, Situation, RegExp]>([
    [
      'an unknown host key',
      { kit: { node: 'pf1', reachable: false, because: 'its host key is unknown: shown is ...', next: 'Compare it.' } },
      /hinders ssh: pf1 cannot be reached: its host key is unknown/,
    ],
    [
      'sudo that asks for a password',
      {
        kit: {
          node: 'pf1',
          reachable: false,
          because: 'sudo refuses (sudo: a password is required)',
          next: 'NOPASSWD.',
        },
      },
      /hinders ssh: .*sudo refuses/,
    ],
    [
      'no way to ask the database',
      { kit: { forwards: 'no', hasClient: false } },
      /hinders sql: pf1 has no mariadb program/,
    ],
    [
      'two nodes whose clocks are apart, though neither is far from ours',
      { seen: healthy.map((each, i) => nodeSeen(each.node, { host: { clockAheadMs: [1_500, 0, -1_500][i] ?? 0 } })) },
      /hinders clocks: pf1 is 3.0 s ahead of pf3/,
    ],
    [
      'our own clock, from which all nodes differ alike',
      { seen: healthy.map((each) => nodeSeen(each.node, { host: { clockAheadMs: 60_000 } })) },
      /hinders clocks: The clock of this machine is 60.0 s behind those of the nodes/,
    ],
    [
      'no room beside the data',
      {
        seen: one(
          'pf2',
          nodeSeen('pf2', { database: { datadir: { path: '/d', holdsData: true, usedBytes: 9e9, freeBytes: 1e9 } } }),
        ),
      },
      /hinders room: pf2 has 954 MB free beside 8583 MB of data/,
    ],
    [
      'no room for the ledger',
      { seen: one('pf2', nodeSeen('pf2', { host: { varFreeBytes: 1e6 } })) },
      /hinders room: pf2 has 1 MB free/,
    ],
    [
      'mixed versions',
      { seen: one('pf2', nodeSeen('pf2', { host: { version: '13.2.0' } })) },
      /hinders versions: .*pf2 13.2.0/,
    ],
    [
      'another cluster.conf',
      { seen: one('pf2', nodeSeen('pf2', { flags: { clusterConf: { sha256: 'c1', differs: [] } } })) },
      /hinders cluster.conf: The nodes do not hold the same/,
    ],
    [
      'no tool for a full copy',
      { kit: { copyTool: { path: '', version: '' } } },
      /hinders full copy: pf1 lacks mariadb-backup/,
    ],
    [
      'a copy tool of another release',
      { kit: { copyTool: { path: '/usr/bin/mariabackup', version: '10.5.2' } } },
      /hinders full copy: pf1: mariadb-backup is of 10.5.2 and the server of 10.11.6/,
    ],
    [
      'a datadir that cannot be renamed',
      { kit: { datadirIsMount: true } },
      /hinders full copy: pf1: the datadir is a mount/,
    ],
    [
      'a run that owes something',
      {
        seen: one('pf2', nodeSeen('pf2', { flags: { owedGuards: { 'hq_1.stopMonit.pf2.sh': 'Start monit on pf2' } } })),
      },
      /hinders owed: Owed on pf2: Start monit/,
    ],
    [
      'this machine in a network that the cluster serves',
      { machine: { ...machine, interfaces: [{ name: 'eth1', address: '198.51.100.7', mac: '' }] } },
      /hinders this machine: Its eth1 lies in 198.51.100.0\/24, which the cluster serves \(internal, vlan\)/,
    ],
    [
      'a way out that is a virtual address',
      { machine: { ...machine, gateways: [vip] } },
      /hinders this machine: Its default gateway, 192.0.2.10, is a virtual address/,
    ],
    [
      'a port that PacketFence controls',
      { heldPorts: [{ mac: '02:00:00:00:00:99', switch: '203.0.113.2', port: '17', role: 'staff' }] },
      /hinders this machine: PacketFence controls its port: 02:.* is on 203.0.113.2, port 17, role staff/,
    ],
  ])('%s', (_, situation, words) => {
    const said = examine(situation).filter(({ severity }) => severity === 'hinders');
    expect(ill(said).join('\n')).toMatch(words);
    expect(said.every(({ remedy }) => remedy)).toBe(true);
  });

  test('no backup is none where there is no cluster yet, or it is being set up', () => {
    const kits = order.map((node) => ready(node, { backups: [], backupStatus: {} }));
    const installed = (node: string, setUpBegun = false) =>
      nodeSeen(node, {
        database: { sql: primary({ clusterStatus: 'standalone', stateUuid: '' }) },
        flags: { clusterConf: { sha256: '', differs: ['it names no server'], namesNobody: true }, setUpBegun },
      });
    const said = (seen: readonly NodeSeen[]) =>
      doctorWith(kits, seen).flatMap(({ about, severity, what }) =>
        about === 'backup' ? [`${severity}: ${what}`] : [],
      );
    const none = ['fine: None yet: there is no cluster whose data it would hold. PacketFence makes one every night.'];
    expect(said(order.map((node) => installed(node)))).toEqual(none);
    expect(said(order.map((node) => installed(node, node === 'pf1')))).toEqual(none);
    const [first, ...others] = healthy;
    const noted = { ...(first as Reached), flags: { ...(first as Reached).flags, setUpBegun: true } };
    expect(said([noted, ...others])).toEqual([expect.stringMatching(/^hinders/)]); // it serves: there is data to be lost
    expect(said([...healthy.slice(0, 2), installed('pf3')])).toEqual([expect.stringMatching(/^hinders/)]);
  });

  test('no backup of the database on any node, or an old one', () => {
    const kits = (backups: Ready['backups']) => order.map((node) => ready(node, { backups }));
    const said = (backups: Ready['backups']) => ill(doctorWith(kits(backups))).join('\n');
    expect(said([])).toMatch(/hinders backup: No node that answers has a backup/);
    const files = { path: '/root/backup/packetfence-files-dump-1.tgz', at: now, bytes: 1 };
    const dump = { path: '/root/backup/packetfence-db-dump-1.sql.gz', at: now - 80 * hours, bytes: 1 };
    expect(said([files])).toMatch(/No node that answers has a backup of the database/);
    expect(said([files, dump])).toMatch(/hinders backup: The newest of the database is 3 days old/);
  });
});

const doctorWith = (kits: readonly Kit[], seen: readonly NodeSeen[] = healthy) => {
  const diagnosis = diagnose({ cluster, seen, vips: [vip] });
  const rest = { cluster: 'hq', vips: [vip], clusterConf: flat, machine, heldPorts: [], now, addresses: new Map() };
  return doctor({ ...rest, seen, kits, diagnosis });
};

describe('what is worth a note, and hinders nothing', () => {
  const masked = { active: 'inactive', enabled: 'masked', mainPid: 0 };
  test.each<[string, Situation, RegExp]>([
    [
      'an even number of servers',
      { clusterConf: flat.replace(/\[pf3[\s\S]*$/, '') },
      /note cluster.conf: 2 servers: cut in two halves, neither has a quorum/,
    ],
    [
      'a small cache',
      { kit: { cache: { bytes: 2 ** 20, now: 2048, average: 0 } } },
      /note IST: gcache covers 9 min .*just now.*full copy of 954 MB/,
    ],
    [
      'autofix masked by hand',
      { seen: one('pf2', nodeSeen('pf2', { units: { autofix: masked } })) },
      /note autofix: .*masked on pf2, by hand/,
    ],
    [
      'autofix idle on one node',
      { seen: one('pf2', nodeSeen('pf2', { units: { autofix: { ...masked, enabled: 'disabled' } } })) },
      /note autofix: galera-autofix works on pf1 and pf3 and not on pf2/,
    ],
    [
      'autofix disabled in pf.conf',
      { kit: { autofixInConf: 'disabled' } },
      /note autofix: .*disabled in pf.conf of pf1/,
    ],
    [
      'a backup that failed',
      { kit: { backupStatus: { db: 'mariabackup failed' } } },
      /note backup: pf1: the last one \(db\) said "mariabackup failed"/,
    ],
    [
      'this machine is a node',
      {
        machine: {
          ...machine,
          interfaces: [
            { name: 'eth0', address: addressOf('pf2'), mac: '' },
            { name: 'eth1', address: '198.51.100.12', mac: '' },
          ],
        },
      },
      /^note this machine: It is pf2[^\n]*$/,
    ],
    [
      'a cluster that is ill',
      { seen: one('pf2', { node: 'pf2', reachable: false, because: 'no route' }) },
      /note the cluster: node down/,
    ],
  ])('%s', (_, situation, words) => {
    const said = ill(examine(situation));
    expect(said.join('\n')).toMatch(words);
    expect(said.filter((line) => line.startsWith('hinders'))).toEqual([]);
  });

  test('a server that was installed anew: join-node, and no known_hosts by hand', () => {
    const because = 'its host key has changed: known is ssh-ed25519 SHA256:a, shown is ssh-ed25519 SHA256:b';
    const away = { node: 'pf1', reachable: false, because } as const;
    const two = healthy.slice(1).map((each) => {
      const sql = primary({ clusterSize: 2, incoming: ['pf2', 'pf3'].map(addressOf) });
      return { ...each, database: { ...each.database, sql } };
    });
    const ssh = examine({ kit: { ...away, next: 'take its old line out' }, seen: [away, ...two] });
    expect(ssh.find(({ about }) => about === 'ssh')?.remedy).toBe('pfrunbook start join-node hq --node pf1');
    const member = examine({ kit: { ...away, next: 'take its old line out' }, seen: one('pf1', away) });
    expect(member.find(({ about }) => about === 'ssh')?.remedy).toBe('take its old line out');
  });

  test('servers just installed: nothing of cluster.conf, and no recovery', () => {
    const flags = { clusterConf: { sha256: 'p', differs: ['it names nobody'], namesNobody: true } };
    const sql = primary({ clusterStatus: 'standalone', stateUuid: '', clusterSize: 0 });
    const checks = examine({ seen: order.map((node) => nodeSeen(node, { database: { sql }, flags })) });
    expect(checks.find(({ about }) => about === 'cluster.conf')).toMatchObject({
      severity: 'fine',
      what: 'None that names another cluster than ours.',
    });
    expect(ill(checks).join('\n')).toMatch(/note the cluster: no cluster yet: .*prepare-nodes, then setup-cluster/);
  });

  test('autofix masked by a run: the run owes it, and says so', () => {
    const flags = { owedGuards: { 'hq_1.maskAutofix.pf2.sh': 'Let galera-autofix work again on pf2' } };
    const said = ill(examine({ seen: one('pf2', nodeSeen('pf2', { units: { autofix: masked }, flags })) }));
    expect(said).toEqual([
      'note autofix: galera-autofix is masked on pf2 by a run that owes it.',
      'hinders owed: Owed on pf2: Let galera-autofix work again on pf2.',
      expect.stringContaining('note the cluster'),
    ]);
  });
});

test.each<[TemporalSeen, RegExp | undefined]>([
  [{ server: 'not up', program: '/usr/bin/temporal' }, undefined],
  [{ server: 'not up' }, /hinders Temporal: Its program is not on this machine/],
  [
    { server: 'silent', elsewhere: 'temporal:7233', because: 'refused' },
    /hinders Temporal: The server at temporal:7233 does not answer: refused/,
  ],
  [{ server: 'answers', elsewhere: 'temporal:7233', workers: 0, retentionDays: 365 }, /hinders Temporal: No worker/],
  [
    { server: 'answers', elsewhere: 'temporal:7233', workers: 2, retentionDays: 1 },
    /note Temporal: .*forgets closed runs after 24 h/,
  ],
  [{ server: 'answers', program: 't', workers: 1, retentionDays: 365 }, undefined],
])('Temporal: %j', (temporal, words) => {
  const said = ill(machineChecks({ ...machine, temporal }));
  if (words) expect(said.join('\n')).toMatch(words);
  else expect(said).toEqual([]);
});

test('a full disk under the state folder', () => {
  const said = ill(machineChecks({ ...machine, state: { path: '/s', freeBytes: 2e8 } }));
  expect(said.join()).toMatch(/hinders state folder: \/s has 191 MB free/);
});

describe('what a node says', () => {
  const text = [
    'client\t/usr/bin/mariadb',
    'server\tmariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)',
    'copyTool\t/usr/bin/mariadb-backup',
    'copyToolVersion\tmariadb-backup based on MariaDB server 10.11.6-MariaDB debian-linux-gnu (x86_64)',
    'socat\t/usr/bin/socat',
    'backup\t1795509000.5 1234 /root/backup/packetfence-db-dump-innobackup-2026 11.xbstream.gz',
    'backupStatus\tdb OK',
    'backupStatus\tfiles tar: no space left',
    'interface\tinterface eth0\tip\t192.0.2.11',
    'interface\tinterface eth0\tmask\t255.255.255.0',
    'interface\tinterface eth0\ttype\tmanagement,high-availability',
    'interface\tinterface eth0.3\tip\t198.51.100.77',
    'interface\tinterface eth0.3\tmask\t255.255.255.192',
    'interface\tinterface eth0.3\ttype\tinternal',
    'interface\tinterface eth0.3\tenforcement\tvlan',
    'network\t203.0.113.0\tnetmask\t255.255.255.0',
    'network\t203.0.113.0\ttype\tvlan-isolation',
    'service\tservices\tgalera-autofix\tdisabled',
    'end\tend',
  ].join('\n');

  test('is read', () => {
    expect(kitFromText('pf1', text, 'no', { bytes: 1, now: 0, average: 0 })).toEqual({
      ...ready('pf1'),
      ...{ forwards: 'no', autofixInConf: 'disabled', cache: { bytes: 1, now: 0, average: 0 } },
      backups: [
        { path: '/root/backup/packetfence-db-dump-innobackup-2026 11.xbstream.gz', at: 1795509000500, bytes: 1234 },
      ],
      backupStatus: { db: 'OK', files: 'tar: no space left' },
      networks: [
        { network: '198.51.100.64/26', kind: 'internal, vlan' },
        { network: '203.0.113.0/24', kind: 'vlan-isolation' },
      ],
    });
  });

  test('and cut off before its end, it is not believed', () => {
    expect(() => kitFromText('pf1', text.slice(0, -8), 'yes', undefined)).toThrow(/cut off/);
  });

  test('the cache is asked of the provider; the rate now and since the start, whatever FLUSH STATUS did', () => {
    const counted = { written: 3600_000, uptime: 3600, lately: 10_000, seconds: 5 };
    expect(cacheKitFrom('gcache.recover = yes; gcache.size = 128M; gmcast.x = 1', counted)).toEqual({
      ...{ bytes: 128 * 2 ** 20, now: 2000, average: 1000 },
    });
    expect(cacheKitFrom('gcache.size = 2G', { ...counted, lately: -5 })?.now).toBe(0);
    expect(cacheKitFrom('', counted)).toBeUndefined();
  });
});
