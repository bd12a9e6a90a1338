/** What the renaming makes of a server's files, by a real shell in a folder of ours; what it makes anew is a word that is written down. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renameInterfaces } from '../../../cluster/commands/rename.js';
import type { FileRenamed, Renaming } from '../../../cluster/renaming.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-rename-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = 'hq/20261123-0312-7f3a';
const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const kept = '/var/lib/pfrunbook/files/hq-20261123-0312-7f3a';

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), mode);
}
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
/** Every file that is there, but for what a run keeps. */
const all = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => !/^(var|sys)\//.test(path) && path !== 'said' && statSync(join(folder, path)).isFile())
      .toSorted()
      .map((path) => [`/${path}`, read(path)]),
  );

/** Debian has update-initramfs, newer RHEL dracut, RHEL 7 grub2-mkconfig. */
function sh(text: string, programs: readonly string[] = []) {
  const here = text
    .replaceAll(/(?<![\w/])\/(?=(?:var|run|etc|usr\/local|sys|boot)\/)/g, `${folder}/`)
    .replaceAll(/(?:pf:pf|root:root)/g, `${process.getuid?.()}:${process.getgid?.()}`);
  const table = ['update-initramfs', 'dracut', 'grub2-mkconfig'];
  mkdirSync(join(folder, 'var/bin'), { recursive: true });
  for (const name of table) {
    const file = join(folder, 'var/bin', name);
    const made = name === 'grub2-mkconfig' ? `cat ${folder}/etc/default/grub >"$2"` : ':';
    if (programs.includes(name))
      writeFileSync(file, `#!/bin/sh\necho "${name} $*" | sed 's|${folder}||' >>${folder}/said\n${made}\n`, {
        mode: 0o755,
      });
    else rmSync(file, { force: true });
  }
  return execaSync('sh', ['-c', here], { reject: false, env: { PATH: `${folder}/var/bin:/usr/bin:/bin` } });
}
const codes = (programs: readonly string[], ...texts: readonly string[]) =>
  texts.map((text) => sh(text, programs).exitCode);

const file = (path: string, rule: FileRenamed['rule'], more: Partial<FileRenamed> = {}): FileRenamed => ({
  path,
  as: path,
  rule,
  ...more,
});
function renaming(
  more: Partial<Renaming> = {},
  names: readonly (readonly [string, string])[] = [
    ['eno1', 'lan0'],
    ['eno2', 'lan1'],
  ],
): Renaming {
  for (const [i, [from]] of names.entries()) write(`/sys/class/net/${from}/address`, `${macs[i]}\n`);
  return {
    ...{ node: 'pf1', by: 'link files', vlans: [], files: [], systemd: 252, grubCfg: '/boot/grub2/grub.cfg' },
    moves: names.map(([from, to], i) => ({ mac: macs[i] ?? '', from, to })),
    ...more,
  };
}

const debian = `# eno1 is the management's, eno16780032 another's
auto lo eno1 eno1.2 eno2
iface eno1 inet static
  address 192.0.2.11/24
  up ip route add 203.0.113.0/24 dev eno1 via 192.0.2.1
iface eno1.2 inet static
  vlan-raw-device eno1
iface eno1:1 inet static
iface eno16780032 inet manual
iface xeno1 inet manual
iface eno2 inet dhcp`;

test('Debian: link files, whole words, pf.conf by its sections; done once, and put back to the byte', () => {
  write('/etc/network/interfaces', debian, 0o600);
  write(
    '/usr/local/pf/conf/pf.conf',
    '[interface eno1]\nip=192.0.2.11\n[interface eno1.2]\n[interface eno16780032]\n[database]\npass=eno1\n',
    0o660,
  );
  write(
    '/etc/systemd/network/10-old.link',
    '[Match]\nMACAddress=02:00:00:00:00:01\nOriginalName=eno1\n[Link]\nName=eno1\n',
  );
  write('/etc/udev/rules.d/70-net.rules', 'SUBSYSTEM=="net", KERNEL=="eno1", NAME="eno1"\n');
  const before = all();
  const change = renameInterfaces(
    renaming({
      files: [
        ...[file('/etc/network/interfaces', 'words'), file('/usr/local/pf/conf/pf.conf', 'sections')],
        ...[file('/etc/systemd/network/10-old.link', 'link'), file('/etc/udev/rules.d/70-net.rules', 'udev')],
      ],
    }),
    run,
  );
  const programs = ['update-initramfs'];
  expect(codes(programs, change.requires ?? '', change.wanted, change.script, change.wanted)).toEqual([0, 1, 0, 0]);
  expect(all()).toMatchObject({
    '/etc/network/interfaces': debian.replaceAll(/(?<!\w)eno1(?!\d)/g, 'lan0').replaceAll('eno2', 'lan1'),
    '/usr/local/pf/conf/pf.conf':
      '[interface lan0]\nip=192.0.2.11\n[interface lan0.2]\n[interface eno16780032]\n[database]\npass=eno1\n',
    '/etc/systemd/network/10-old.link': '[Match]\nMACAddress=02:00:00:00:00:01\nOriginalName=eno1\n[Link]\nName=lan0\n',
    '/etc/udev/rules.d/70-net.rules': 'SUBSYSTEM=="net", KERNEL=="eno1", NAME="lan0"\n',
    '/etc/systemd/network/10-lan1.link':
      '# eno2 before; pfrunbook, for cluster.conf.\n[Match]\nMACAddress=02:00:00:00:00:02\nType=ether\n\n[Link]\nName=lan1\n',
  });
  expect(statSync(join(folder, '/etc/network/interfaces')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, '/etc/systemd/network/10-lan0.link')).mode & 0o777).toBe(0o644);
  expect(read('said')).toBe('update-initramfs -u -k all\n');
  // By it a later run knows whose files these are.
  expect(read(`${kept}/interfaces-back.sh.done`)).toBe('02:00:00:00:00:01 eno1 lan0\n02:00:00:00:00:02 eno2 lan1\n');
  const after = all();
  expect(codes(programs, change.script, change.wanted)).toEqual([0, 0]); // an act that nobody saw end
  expect(all()).toEqual(after);
  expect(codes(programs, change.inverse.wanted, change.inverse.script, change.inverse.wanted, change.wanted)).toEqual([
    1, 0, 0, 1,
  ]);
  expect(all()).toEqual(before);
});

test('the script at the console does the same', () => {
  write('/etc/network/interfaces', debian);
  const before = all();
  const change = renameInterfaces(renaming({ files: [file('/etc/network/interfaces', 'words')] }), run);
  expect(codes([], change.script, `sh ${kept}/interfaces-back.sh`)).toEqual([0, 0]);
  expect(all()).toEqual(before);
});

test('two names change places, in every file, also when it is done again', () => {
  const text = 'iface eth0 inet static\niface eth1 inet static\n  pre-up test eth0.3 eth1\n';
  write('/etc/network/interfaces', text);
  write('/etc/systemd/network/10-eth0.link', '[Match]\nMACAddress=02:00:00:00:00:01\n[Link]\nName=eth0\n');
  const crossed = renaming({ files: [file('/etc/network/interfaces', 'words')], systemd: 239 }, [
    ['eth0', 'eth1'],
    ['eth1', 'eth0'],
  ]);
  const change = renameInterfaces(crossed, run);
  expect(codes([], change.script, change.script, change.wanted)).toEqual([0, 0, 0]);
  expect(read('/etc/network/interfaces')).toBe(
    'iface eth1 inet static\niface eth0 inet static\n  pre-up test eth1.3 eth0\n',
  );
  // systemd 239 would find no interface of type ether.
  expect(read('/etc/systemd/network/10-eth0.link')).toMatch(
    /^\[Match\]\nMACAddress=02:00:00:00:00:02\n\n\[Link\]\nName=eth0$/m,
  );
});

test('newer RHEL: ifcfg files go by their new names, and dracut makes the rest', () => {
  const scripts = '/etc/sysconfig/network-scripts';
  write(`${scripts}/ifcfg-eno1`, 'DEVICE="eno1"\nNAME=eno1\nBOOTPROTO=none\n');
  write(`${scripts}/ifcfg-eno1.2`, 'DEVICE=eno1.2\nVLAN=yes\nPHYSDEV=eno1\n', 0o600);
  const change = renameInterfaces(
    renaming({
      files: ['eno1', 'eno1.2'].map((name) =>
        file(`${scripts}/ifcfg-${name}`, 'words', { as: `${scripts}/ifcfg-${name.replace('eno1', 'lan0')}` }),
      ),
      systemd: 239,
    }),
    run,
  );
  const before = all();
  expect(codes(['dracut'], change.script, change.wanted)).toEqual([0, 0]);
  expect(Object.keys(all()).filter((path) => path.startsWith(scripts))).toEqual([
    `${scripts}/ifcfg-lan0`,
    `${scripts}/ifcfg-lan0.2`,
  ]);
  expect(read(`${scripts}/ifcfg-lan0`)).toBe('DEVICE="lan0"\nNAME=lan0\nBOOTPROTO=none\n');
  expect(read(`${scripts}/ifcfg-lan0.2`)).toBe('DEVICE=lan0.2\nVLAN=yes\nPHYSDEV=lan0\n');
  expect(statSync(join(folder, `${scripts}/ifcfg-lan0.2`)).mode & 0o777).toBe(0o600); // it may hold a key
  expect(read('said')).toBe('dracut --force --regenerate-all\n');
  expect(codes(['dracut'], change.inverse.script, change.inverse.wanted)).toEqual([0, 0]);
  expect(all()).toEqual(before);
});

test.each([
  [
    'GRUB_CMDLINE_LINUX="crashkernel=auto rd.lvm.lv=centos/root rhgb quiet"',
    'GRUB_CMDLINE_LINUX="crashkernel=auto rd.lvm.lv=centos/root rhgb quiet net.ifnames=0"',
  ],
  ["GRUB_CMDLINE_LINUX='quiet'", "GRUB_CMDLINE_LINUX='quiet net.ifnames=0'"],
  ['GRUB_CMDLINE_LINUX=""', 'GRUB_CMDLINE_LINUX="net.ifnames=0"'],
  ['GRUB_CMDLINE_LINUX=quiet', 'GRUB_CMDLINE_LINUX="quiet net.ifnames=0"'],
  ['GRUB_CMDLINE_LINUX="net.ifnames=0 quiet"', 'GRUB_CMDLINE_LINUX="net.ifnames=0 quiet"'],
  ['GRUB_TIMEOUT=5', 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="net.ifnames=0"'],
])('RHEL 7: %s', (line, wanted) => {
  const scripts = '/etc/sysconfig/network-scripts';
  write('/etc/default/grub', `GRUB_DISABLE_RECOVERY="true"\n${line}\n`);
  write('/boot/grub2/grub.cfg', 'linux16 /vmlinuz quiet\n');
  write(`${scripts}/ifcfg-eno1`, 'DEVICE=eno1\nONBOOT=yes');
  const change = renameInterfaces(
    renaming({
      by: 'ifcfg files',
      files: [file(`${scripts}/ifcfg-eno1`, 'words', { as: `${scripts}/ifcfg-lan0`, mac: macs[0] })],
    }),
    run,
  );
  const before = all();
  const programs = ['grub2-mkconfig', 'dracut'];
  expect(codes(programs, change.wanted, change.script, change.wanted)).toEqual([1, 0, 0]);
  expect(read('/etc/default/grub')).toBe(`GRUB_DISABLE_RECOVERY="true"\n${wanted}\n`);
  expect(read(`${scripts}/ifcfg-lan0`)).toBe('DEVICE=lan0\nONBOOT=yes\nHWADDR=02:00:00:00:00:01\n');
  expect([read('said'), existsSync(join(folder, '/etc/systemd/network'))]).toEqual([
    'grub2-mkconfig -o /boot/grub2/grub.cfg\n',
    false,
  ]);
  expect(codes(programs, change.inverse.script, change.inverse.wanted)).toEqual([0, 0]);
  expect(all()).toEqual(before);
});

test('another interface under that name by now, and nothing is touched', () => {
  write('/etc/network/interfaces', debian);
  const change = renameInterfaces(renaming({ files: [file('/etc/network/interfaces', 'words')] }), run);
  write('/sys/class/net/eno1/address', '02:00:00:00:00:09\n');
  expect(codes([], change.requires ?? '')).toEqual([1]);
});

test('an initramfs that cannot be made leaves a change that is not done, and can be put back', () => {
  write('/etc/network/interfaces', debian);
  const before = all();
  const change = renameInterfaces(renaming({ files: [file('/etc/network/interfaces', 'words')] }), run);
  const failing = change.script.replaceAll('update-initramfs -u -k all', 'false');
  expect(codes(['update-initramfs'], failing, change.wanted, change.inverse.script, change.inverse.wanted)).toEqual([
    1, 1, 0, 0,
  ]);
  expect(all()).toEqual(before);
});
