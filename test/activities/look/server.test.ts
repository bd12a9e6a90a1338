/** server.sh on a server of ours: a folder with its files, and `ip` that says what was recorded of one with VLANs and a bridge. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverFromText } from '../../../activities/look/server.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-server-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ether = (name: string, mac: string, more = '') =>
  `<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\\    link/ether ${mac} brd ff:ff:ff:ff:ff:ff promiscuity 0 ${more}addrgenmode eui64 numtxqueues 1`.replace(
    /^/,
    `${name}: `,
  );
const links = [
  '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 addrgenmode eui64',
  `2: ${ether('eno1', '02:00:00:00:00:01')}`,
  `3: ${ether('eno16780032', '02:00:00:00:00:02')}`,
  `4: ${ether('eno1.2@eno1', '02:00:00:00:00:01', '\\    vlan protocol 802.1Q id 2 <REORDER_HDR> ')}`,
  `5: ${ether('br0', '02:00:00:00:00:05', '\\    bridge forward_delay 1500 vlan_filtering 0 ')}`,
];
const scripts = '/etc/sysconfig/network-scripts';
const files: Readonly<Record<string, string>> = {
  '/etc/os-release': 'ID="centos"\nVERSION_ID="7"\n',
  '/etc/network/interfaces': 'iface eno1 inet static\niface veno16780032 inet manual\n',
  '/etc/network/interfaces.d/$(: >pwned) eno1': 'auto eno1.2\n',
  '/etc/systemd/network/a.network': '[Match]\nName=en*\n',
  '/etc/systemd/network/10-eno1.link':
    '[Match]\nMACAddress=02:00:00:00:00:0A\nOriginalName=eno16780032\n[Link]\nName=lan7\n',
  [`${scripts}/ifcfg-eno1`]: 'DEVICE="lan0"\nHWADDR=02:00:00:00:00:01\n',
  [`${scripts}/route-eno16780032`]: '203.0.113.0/24 via 192.0.2.1\n',
  '/etc/netplan/50.yaml': 'network: {ethernets: {eno1: {}}}\n',
  '/var/lib/pfrunbook/files/hq-1/interfaces-back.sh.done': '02:00:00:00:00:01 eno1 lan0\n02:00:00:00:00:02 eno2 lan1\n',
  '/var/lib/pfrunbook/files/hq-0/interfaces-back.sh.done': '', // of an older release
  '/var/lib/pfrunbook/files/hq-2/interfaces-back.sh': 'put back, or never written to its end',
  '/usr/local/pf/conf/pf.conf': '[interface eno1]\nip=192.0.2.11\n[database]\npass=eno16780032\n',
};

test('names, MAC addresses, kinds, and the files that name an interface, by whole words', () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'links'), `${links.join('\n')}\n`);
  const script = readFileSync(new URL('../../../activities/look/server.sh', import.meta.url), 'utf8')
    .replaceAll(/(?<![\w/])\/(?=(?:etc|usr\/local|sys|var\/lib)\/)/g, `${folder}/`)
    .replace('pf=/usr/local/pf', `pf=${folder}/usr/local/pf`);
  const ip = `ip() { case "$*" in *link*) cat ${folder}/links ;; *) echo '2: eno1    inet 192.0.2.11/24 brd 192.0.2.255 scope global eno1' ;; esac; }`;
  const said = `journalctl() { echo 'e1000 0000:02:01.0 eno1: renamed from eth0'; }; systemctl() { echo 'systemd 219'; }`;
  const { stdout } = execaSync('sh', ['-c', `${ip}; ${said}; peers=; ports=\n${script}`], { cwd: folder });
  const { interfaces, named, patterns, next, renamedBy, osVersion, systemd, grubCfg } = serverFromText(
    'pf1',
    stdout,
    '',
  );
  expect(interfaces).toEqual([
    { name: 'lo', addresses: [] },
    { name: 'eno1', mac: '02:00:00:00:00:01', addresses: ['192.0.2.11'], kernelName: 'eth0' },
    { name: 'eno16780032', mac: '02:00:00:00:00:02', addresses: [] },
    { name: 'eno1.2', mac: '02:00:00:00:00:01', kind: 'vlan', vlan: { parent: 'eno1', id: 2 }, addresses: [] },
    { name: 'br0', mac: '02:00:00:00:00:05', kind: 'bridge', addresses: [] },
  ]);
  const here = ({ name, path }: { name: string; path: string }) => `${name} ${path.replace(folder, '')}`;
  expect(named.map(here).toSorted()).toEqual(
    [
      ...['eno1 /etc/network/interfaces', 'eno1 /etc/network/interfaces.d/$(: >pwned) eno1'],
      ...['eno1.2 /etc/network/interfaces.d/$(: >pwned) eno1', 'eno1 /etc/netplan/50.yaml'],
      ...[`eno1 ${scripts}/ifcfg-eno1`, `eno16780032 ${scripts}/route-eno16780032`, 'eno1 /usr/local/pf/conf/pf.conf'],
    ].toSorted(),
  );
  expect(patterns.map(here)).toEqual(['en* /etc/systemd/network/a.network']);
  expect(next).toEqual([
    { mac: '02:00:00:00:00:0a', name: 'lan7' },
    { mac: '02:00:00:00:00:01', name: 'lan0' },
  ]);
  expect(renamedBy).toEqual([
    { run: 'hq-1', mac: '02:00:00:00:00:01', from: 'eno1', to: 'lan0' },
    { run: 'hq-1', mac: '02:00:00:00:00:02', from: 'eno2', to: 'lan1' },
  ]);
  expect([osVersion, systemd, grubCfg]).toEqual(['7', 219, '/boot/grub2/grub.cfg']);
});
