/** Three servers as just installed, one of them with all that a run can mend: prepared, rebooted one at a time, and then left alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from '../lab/stage.js';

const name = 'prepare';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(name, { blank: true });
});
afterAll(async () => stage.close());

const prepare = (...args: string[]) => stage.type('start', 'prepare-nodes', name, ...args, '--yes');
const boots = () => stage.onAll('cat /proc/sys/kernel/random/boot_id');
const ledger = () => stage.onAll('ls -d /var/lib/pfrunbook/e.* 2>/dev/null | wc -l');

test('what only a person can mend is told at once, with nothing touched', async () => {
  await stage.on('pf2', 'hostname server2; systemd-run -q --unit=postgresql sleep 600');
  const before = await ledger();
  const { code, all } = await prepare();
  expect(code).toBe(1);
  const said = all.replaceAll(/\s+/g, ' ');
  expect(said).toMatch(/pf2 calls itself server2.*postgresql runs on pf2 beside PacketFence’s own database/);
  expect(await ledger()).toEqual(before);
  await stage.on('pf2', 'hostname pf2; systemctl stop postgresql');
});

test('a server is given what it lacks, and each is rebooted in its turn', async () => {
  // There is no mirror in the lab: what installs the package is a stand-in, that brings the program back.
  await stage.on(
    'pf2',
    `mv /usr/bin/socat /usr/bin/socat.away
     printf '#!/bin/sh\\n[ ! -e /usr/bin/socat.away ] || mv /usr/bin/socat.away /usr/bin/socat\\n' >/usr/local/bin/apt-get; chmod 755 /usr/local/bin/apt-get
     printf '[CLUSTER]\\nmanagement_ip=192.0.2.99\\n' >/usr/local/pf/conf/cluster.conf`,
  );
  const before = await boots();
  const { code, all } = await prepare('--disable-ipv6');
  expect(code, all).toBe(0);
  expect(await stage.on('pf2', 'command -v socat; grep -c "^#" /usr/local/pf/conf/cluster.conf')).toBe(
    '/usr/bin/socat\n2',
  );
  const after = await boots();
  expect(after.map((boot, i) => boot === before[i])).toEqual([false, false, false]);
  expect(await stage.onAll('cat /etc/sysctl.d/99-zz-packetfence-*.conf; sysctl -n net.ipv4.ip_nonlocal_bind')).toEqual(
    stage.lab.nodes.map(() => 'net.ipv4.ip_nonlocal_bind = 1\nnet.ipv6.conf.all.disable_ipv6 = 1\n1'),
  );
});

test('prepared servers are not touched, and the run says so', async () => {
  const before = [await ledger(), await boots()];
  const { code, all } = await prepare('--disable-ipv6');
  expect(code, all).toBe(0);
  expect(all.replaceAll(/\s+/g, ' ')).toContain('nothing: every server was prepared already');
  expect([await ledger(), await boots()]).toEqual(before);
});
