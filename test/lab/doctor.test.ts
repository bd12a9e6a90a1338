/** The doctor on real nodes: a fault of each kind is made, named with its remedy, and taken away again. */
import { readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../cluster/doctor/check.js';
import { hostAddress } from '../../lab/lab.js';
import { fillDisk, freeDisk } from '../../lab/scenarios/disk-full.js';
import { runSql } from '../../lab/sql.js';
import { Stage } from './stage.js';

const NAME = 'doctor';
let stage: Stage;
let folder: string;

beforeAll(async () => {
  stage = await Stage.open(NAME);
  folder = join(process.env.PFRUNBOOK_HOME ?? '', 'clusters', NAME);
});
afterAll(() => stage.close());

/** What is not fine, of the cluster. */
async function ills(): Promise<{ code: number; said: string; checks: readonly Check[] }> {
  const { code, stdout, all } = await stage.type('doctor', NAME, '--quiet', '--json');
  if (code > 1) throw new Error(all);
  const checks = JSON.parse(stdout) as readonly Check[];
  return { code, checks, said: checks.map(({ severity, about, what }) => `${severity} ${about}: ${what}`).join('\n') };
}

/** Rewrites a file of the cluster's folder, and puts it back. */
async function withFile(name: string, change: (text: string) => string, act: () => Promise<void>): Promise<void> {
  const file = join(folder, name);
  const before = await readFile(file, 'utf8');
  await writeFile(file, change(before));
  try {
    await act();
  } finally {
    await writeFile(file, before);
  }
}

test('a lab has no backup; once one is there, nothing hinders', async () => {
  const first = await ills();
  expect(first.code).toBe(1);
  expect(first.said).toMatch(/hinders backup: No node that answers has a backup of the database/);
  await stage.on('pf2', 'mkdir -p /root/backup; echo x >/root/backup/packetfence-exportable-backup-1.tgz');
  const { code, said } = await ills();
  expect(said).not.toContain('hinders');
  expect(code).toBe(0);

  const { stdout } = await stage.type('doctor', NAME);
  expect(stdout).toMatch(/IST +gcache covers .* of writes \(\d+ MB on pf\d/);
  expect(stdout).toMatch(/ssh +Root on pf1, pf2 and pf3/);
  await stage.on('pf2', 'touch -d "3 days ago" /root/backup/*');
  expect((await ills()).said).toMatch(/hinders backup: The newest of the database is 3 days old: pf2:/);
  await stage.on('pf2', 'touch /root/backup/*');
});

describe('the way to the nodes', () => {
  test('an unknown host key', async () => {
    await withFile(
      'known_hosts',
      (text) => text.replace(/^pf2.*\n/m, ''),
      async () => {
        const { code, checks, said } = await ills();
        expect(code).toBe(1);
        expect(said).toMatch(
          /hinders ssh: pf2 cannot be reached: its host key is unknown: shown is ssh-ed25519 SHA256:/,
        );
        expect(checks.find(({ about }) => about === 'ssh')?.remedy).toContain('compare with what its console says');
      },
    );
  });

  test('sudo that asks, and sshd that forwards nothing', async () => {
    await withFile(
      'access.ini',
      (text) => text.replace('user=root', 'user=operator').replace('sudo=no', 'sudo=yes'),
      async () => {
        expect((await ills()).said).not.toContain('hinders');
        await stage.on('pf3', 'mkdir -p /root/kept; mv /etc/sudoers.d/* /root/kept/');
        expect((await ills()).said).toMatch(/hinders ssh: pf3 cannot be reached: sudo refuses/);
        await stage.on('pf3', 'mv /root/kept/* /etc/sudoers.d/');
      },
    );
    await stage.onAll(
      'echo "AllowStreamLocalForwarding no" >/etc/ssh/sshd_config.d/00-none.conf; systemctl reload ssh',
    );
    const { stdout, code } = await stage.type('doctor', NAME);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'By the mariadb program on pf1, pf2 and pf3: sshd forwards no socket.',
    );
    expect(code).toBe(0);
    await stage.onAll('rm /etc/ssh/sshd_config.d/00-none.conf; systemctl reload ssh');
  });

  test('settings that are wrong', async () => {
    await withFile(
      'access.ini',
      (text) => text.replace('identity', 'identiy'),
      async () => {
        expect((await ills()).said).toMatch(/hinders settings: .*unknown key "identiy"/);
      },
    );
  });
});

test('autofix masked by hand', async () => {
  await stage.on('pf3', 'systemctl mask --now packetfence-galera-autofix');
  expect((await ills()).said).toMatch(/note autofix: galera-autofix is masked on pf3, by hand/);
  await stage.on('pf3', 'systemctl unmask packetfence-galera-autofix');
});

test('a disk that is full, and what a full copy needs', async () => {
  await fillDisk(stage.lab, 'pf1');
  await stage.on('pf2', 'mv /usr/bin/socat /usr/bin/socat.away');
  const { said } = await ills();
  await freeDisk(stage.lab, 'pf1');
  await stage.on('pf2', 'mv /usr/bin/socat.away /usr/bin/socat');
  expect(said).toMatch(/hinders room: pf1 has 0 MB free on \/var\/lib/);
  expect(said).toMatch(/hinders full copy: pf2 lacks socat/);
});

test('another cluster.conf on one node', async () => {
  await stage.on('pf3', 'echo "# edited" >>/usr/local/pf/conf/cluster.conf');
  expect((await ills()).said).toMatch(/hinders cluster.conf: The nodes do not hold the same/);
  await stage.on('pf3', 'sed -i "/# edited/d" /usr/local/pf/conf/cluster.conf');
});

test('this machine in a network that the cluster serves, on a port that PacketFence controls', async () => {
  const mine = hostAddress(stage.lab);
  const mac = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.address === mine)?.mac;
  await runSql(
    stage.lab,
    'pf1',
    `create table pf.locationlog (mac char(17), \`switch\` varchar(17), port varchar(20), role varchar(255), end_time datetime not null);
     insert into pf.locationlog values ('${mac}', '203.0.113.2', '17', 'staff', '0000-00-00 00:00:00'), ('${mac}', '203.0.113.2', '9', 'guest', '2026-01-01 00:00:00')`,
  );
  await stage.on(
    'pf1',
    `printf '[%s]\\nnetmask=255.255.255.255\\ntype=vlan-registration\\n' ${mine} >/usr/local/pf/conf/networks.conf`,
  );
  const { said } = await ills();
  expect(said).toMatch(
    /hinders this machine: Its pflab\d+ lies in [\d.]+\/32, which the cluster serves \(vlan-registration\)/,
  );
  expect(said).toContain(`PacketFence controls its port: ${mac} is on 203.0.113.2, port 17, role staff`);
  expect(said).not.toContain('guest');
});
