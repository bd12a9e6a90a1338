/** Which interfaces a run may rename, and why not the others. */
import { expect, test } from 'vitest';
import type { LinkSeen, ServerSeen } from '../../cluster/prepare.js';
import { preparation } from '../../cluster/prepare.js';
import { nameAfter, renamedNow, renameNow, renamingOf } from '../../cluster/renaming.js';
import { withOtherNames } from '../workflows/installed.js';

const conf = (...interfaces: readonly (readonly [string, string])[]) =>
  `[pf1]\nmanagement_ip=192.0.2.11\n${interfaces.map(([name, ip]) => `[pf1 interface ${name}]\nip=${ip}\n`).join('')}`;
const link = (name: string, mac: string, address?: string, more: Partial<LinkSeen> = {}): LinkSeen => ({
  ...{ name, mac: `02:00:00:00:00:${mac}`, addresses: address === undefined ? [] : [address] },
  ...more,
});
const vlan = (parent: string, id: number, mac: string, address?: string): LinkSeen =>
  link(`${parent}.${id}`, mac, address, { kind: 'vlan', vlan: { parent, id } });
const named = (path: string, ...names: readonly string[]) => names.map((name) => ({ name, path }));
const interfacesFile = '/etc/network/interfaces';

function server(interfaces: readonly LinkSeen[], more: Partial<ServerSeen> = {}): ServerSeen {
  const [node] = withOtherNames().all;
  const names = interfaces.map(({ name }) => name);
  return {
    ...(node?.serverSeen('') ?? expect.fail()),
    ...{
      interfaces: [{ name: 'lo', addresses: ['127.0.0.1'] }, ...interfaces],
      named: named(interfacesFile, ...names),
    },
    ...more,
  };
}
const facts = (clusterConf: string, one: ServerSeen, osFamily: 'debian' | 'rhel' = 'debian') => ({
  ...{ clusterConf, server: one, osFamily, run: 'hq/20261123-0312-7f3a' },
});
const two = conf(['lan0', '192.0.2.11'], ['lan1', '198.51.100.11']);
const eno = [link('eno1', '01', '192.0.2.11'), link('eno2', '02', '198.51.100.11')];

test('by the address, and held by the MAC address', () => {
  const { renaming, complaints } = renamingOf(facts(two, server(eno)));
  expect(complaints).toEqual([]);
  expect(renaming).toMatchObject({
    by: 'link files',
    moves: [
      { mac: '02:00:00:00:00:01', from: 'eno1', to: 'lan0' },
      { mac: '02:00:00:00:00:02', from: 'eno2', to: 'lan1' },
    ],
    files: [{ path: interfacesFile, as: interfacesFile, rule: 'words' }],
  });
});

test('right names are left alone, whatever else the server has', () => {
  const right = server([link('lan0', '01', '192.0.2.11'), link('lan1', '02', '198.51.100.11'), link('eth7', '03')]);
  expect(renamingOf(facts(two, right))).toEqual({ renaming: undefined, complaints: [] });
});

test('names may change places, and VLANs go with their parent', () => {
  const crossed = [
    link('lan1', '01', '192.0.2.11'),
    link('lan0', '02', '198.51.100.11'),
    vlan('lan0', 7, '02', '203.0.113.9'),
  ];
  const { renaming } = renamingOf(facts(two, server(crossed)));
  expect(renaming?.moves.map(({ from, to }) => `${from} ${to}`)).toEqual(['lan1 lan0', 'lan0 lan1']);
  expect(renaming?.vlans).toEqual([{ from: 'lan0.7', to: 'lan1.7' }]);
});

test('a parent without an address of its own is known by its VLANs', () => {
  const byVlan = conf(['lan0.2', '192.0.2.11'], ['lan0.3', '198.51.100.11']);
  const seen = server([
    link('eno1', '01'),
    vlan('eno1', 2, '01', '192.0.2.11'),
    vlan('eno1', 3, '01', '198.51.100.11'),
  ]);
  const { renaming } = renamingOf(facts(byVlan, seen));
  expect(renaming?.moves).toEqual([{ mac: '02:00:00:00:00:01', from: 'eno1', to: 'lan0' }]);
  expect(renaming?.vlans.map(({ to }) => to)).toEqual(['lan0.2', 'lan0.3']);
});

test('whole names only', () => {
  const moves = [{ from: 'eno1', to: 'eth0' }];
  expect(
    ['eno1', 'eno1.2', 'eno16780032', 'eno1.x', 'veno1', 'eno1.2.3'].map((name) => nameAfter(moves, name)),
  ).toEqual([...['eth0', 'eth0.2', 'eno16780032', 'eno1.x', 'veno1', 'eno1.2.3']]);
});

test('on RHEL 7 by the kernel’s own names, and ifcfg files with HWADDR', () => {
  const scripts = '/etc/sysconfig/network-scripts';
  const paths = [
    ...[...named(`${scripts}/ifcfg-eno1`, 'eno1'), ...named(`${scripts}/route-eno1`, 'eno1')],
    ...[...named(`${scripts}/ifcfg-eno2`, 'eno2'), ...named('/usr/local/pf/conf/pf.conf', 'eno1', 'eno2')],
  ];
  const seen = server(eno, { osVersion: '7.9', grubCfg: '/boot/efi/EFI/centos/grub.cfg', named: paths });
  expect(renamingOf(facts(two, seen, 'rhel')).renaming).toMatchObject({
    by: 'ifcfg files',
    grubCfg: '/boot/efi/EFI/centos/grub.cfg',
    files: [
      { path: `${scripts}/ifcfg-eno1`, as: `${scripts}/ifcfg-lan0`, rule: 'words', mac: '02:00:00:00:00:01' },
      { path: `${scripts}/ifcfg-eno2`, as: `${scripts}/ifcfg-lan1`, rule: 'words', mac: '02:00:00:00:00:02' },
      { path: `${scripts}/route-eno1`, as: `${scripts}/route-lan0`, rule: 'words' },
      { path: '/usr/local/pf/conf/pf.conf', as: '/usr/local/pf/conf/pf.conf', rule: 'sections' },
    ],
  });
  const newer = renamingOf(facts(two, { ...seen, osVersion: '8.10' }, 'rhel')).renaming;
  expect([newer?.by, newer?.files[0]?.mac]).toEqual(['link files', undefined]);
  const without = { ...seen, named: paths.filter(({ path }) => !path.endsWith('/ifcfg-eno2')) };
  expect(renamingOf(facts(two, without, 'rhel')).complaints.join()).toMatch(/there is no ifcfg-eno2/);
});

const taken = [...eno, link('lan0', '03')];
test.each<[RegExp, string, ServerSeen]>([
  [/lan0 is there already, and cluster\.conf gives it no other name/, two, server(taken)],
  [/192\.0\.2\.11 is on eno1 and eno3 at once/, two, server([...eno, link('eno3', '03', '192.0.2.11')])],
  [/eno3 has the same MAC address/, two, server([...eno, link('eno3', '01')])],
  [
    /no interface of the server’s own hardware \(bridge\)/,
    two,
    server([link('br0', '01', '192.0.2.11', { kind: 'bridge' })]),
  ],
  [/no interface lan1, and none that holds 198/, two, server(eno.slice(0, 1))],
  [
    /the kernel calls eno2 lan0 while it boots/,
    two,
    server([eno[0] as LinkSeen, link('eno2', '02', '198.51.100.11', { kernelName: 'lan0' })]),
  ],
  [/the machine that this worker runs on/, two, server(eno, { workerRunsHere: true })],
  [/no file is known here that names eno1/, two, server(eno, { named: named(interfacesFile, 'eno2') })],
  [/netplan is not covered/, two, server(eno, { named: named('/etc/netplan/50.yaml', 'eno1', 'eno2') })],
  [
    /a\.network means eno1 by a pattern \(en\*\) that lan0 does not fit/,
    two,
    server(eno, { patterns: named('/etc/systemd/network/a.network', 'en*') }),
  ],
  [/eth0; reboot is no name/, conf(['eth0; reboot', '192.0.2.11']), server(eno)],
  [/longer-than-what-fits is no name/, conf(['longer-than-what-fits', '192.0.2.11']), server(eno)],
  [
    /VLAN 2 of eno1, and is not called so in both/,
    conf(['guests', '192.0.2.11']),
    server([link('eno1', '01'), vlan('eno1', 2, '01', '192.0.2.11')]),
  ],
  [
    /speaks against that/,
    conf(['lan0', '192.0.2.11'], ['eno1.2', '198.51.100.11']),
    server([eno[0] as LinkSeen, vlan('eno1', 2, '01', '198.51.100.11')]),
  ],
])('not by a run: %s', (words, clusterConf, one) => {
  const { renaming, complaints } = renamingOf(facts(clusterConf, one));
  expect(renaming).toBeUndefined();
  expect(complaints.join('\n')).toMatch(words);
  expect(renameNow(facts(clusterConf, one)).refusal).toMatch(words);
});

test('the question shows which is which, the files, and the way back', () => {
  const { verdict, table, choices, goOn } = renameNow(facts(two, server([...eno, vlan('eno2', 7, '02')])));
  expect(table).toEqual([
    ['interface', 'MAC address', 'name now', 'name wanted', 'address'],
    ['its own', '02:00:00:00:00:01', 'eno1', 'lan0', '192.0.2.11'],
    ['its own', '02:00:00:00:00:02', 'eno2', 'lan1', '198.51.100.11'],
    ['VLAN 7 of eno2', '02:00:00:00:00:02', 'eno2.7', 'lan1.7', '-'],
  ]);
  expect(verdict.join('\n')).toMatch(
    /eno1 \(02:00:00:00:00:01\) becomes lan0[\s\S]*eno2\.7 becomes lan1\.7[\s\S]*\/etc\/network\/interfaces, \/etc\/systemd\/network\/10-lan0\.link[\s\S]*console[\s\S]*sh \/var\/lib\/pfrunbook\/files\/hq-20261123-0312-7f3a\/interfaces-back\.sh && reboot/,
  );
  expect([Object.keys(choices), goOn]).toEqual([['go', 'later'], 'go']);
});

test('names that the kernel gives itself are a caution where its own are not known', () => {
  const ethernet = conf(['eth0', '192.0.2.11']);
  const caution = /can cross\. Names like lan0 cannot/;
  expect(renameNow(facts(ethernet, server(eno))).verdict.join()).toMatch(caution);
  const known = server([link('eno1', '01', '192.0.2.11', { kernelName: 'eth0' }), eno[1] as LinkSeen]);
  expect(renameNow(facts(ethernet, known)).verdict.join()).not.toMatch(caution);
});

test('after the boot: the same MAC address and addresses, under the wanted names', () => {
  const before = server(eno);
  const { renaming = expect.fail() } = renamingOf(facts(two, before));
  const judged = (...interfaces: readonly LinkSeen[]) =>
    renamedNow({ ...facts(two, server(interfaces)), before, renaming }).refusal;
  expect(judged(link('lan0', '01', '192.0.2.11'), link('lan1', '02', '198.51.100.11'))).toBeUndefined();
  expect(judged(...eno)).toMatch(/There is no lan0.*There is no lan1/);
  expect(judged(link('lan0', '02', '192.0.2.11'), link('lan1', '01', '198.51.100.11'))).toMatch(
    /lan0 has the MAC address/,
  );
  expect(judged(link('lan0', '01', '192.0.2.11'), link('lan1', '02'))).toMatch(/lan1 does not hold 198\.51\.100\.11/);
});

test('servers that can be renamed refuse nothing; one that cannot refuses all, with what else is wrong', () => {
  const model = withOtherNames();
  const seen = model.all.map((node) => node.see());
  const servers = model.all.map((node) => node.serverSeen(model.addressOf(node.name)));
  const all = {
    cluster: { name: 'hq', nodes: ['pf1', 'pf2', 'pf3'] },
    clusterConf: model.clusterConf,
    seen,
    disableIpv6: false,
  };
  const { refusal, renamings, verdict } = preparation({ ...all, servers });
  expect([refusal, renamings.map(({ node }) => node)]).toEqual([undefined, ['pf2', 'pf3']]);
  expect(verdict.join()).toMatch(/pf2: 192\.0\.2\.12 is on ens192, and cluster\.conf calls that interface eth0/);
  const wrong = servers.map((one) =>
    one.node === 'pf3' ? { ...one, workerRunsHere: true, foreignUnits: ['mysql'] } : one,
  );
  expect(preparation({ ...all, servers: wrong }).refusal).toMatch(
    /mysql runs on pf3[\s\S]*worker runs on[\s\S]*Nothing was touched\.$/,
  );
  expect(preparation({ ...all, servers: wrong, left: ['pf3'] }).refusal).not.toMatch(/worker runs on/);
});

test('files that a run has written wait for a reboot that a run may make; any others for a person', () => {
  const next = [
    { mac: '02:00:00:00:00:01', name: 'lan0' },
    { mac: '02:00:00:00:00:02', name: 'lan1' },
  ];
  const by = (run: string, ...to: readonly string[]) =>
    to.map((name, i) => ({ run, mac: `02:00:00:00:00:0${i + 1}`, from: `eno${i + 1}`, to: name }));
  const found = (...renamedBy: ServerSeen['renamedBy'][number][]) =>
    renamingOf(facts(two, server(eno, { next, renamedBy })));
  const told = [expect.stringMatching(/Its files have the new names already, and its interfaces have not: reboot it/)];
  expect(found(...by('hq-1', 'lan0', 'lan1'), ...by('hq-2', 'lan0', 'lan1'), ...by('hq-3', 'lan0'))).toMatchObject({
    unbooted: { node: 'pf1', by: 'hq-2', moves: [{ to: 'lan0' }, { to: 'lan1' }] },
    complaints: told,
  });
  for (const others of [[], by('hq-1', 'lan0'), by('hq-1', 'lan1', 'lan0')])
    expect(found(...others)).toEqual({ renaming: undefined, complaints: told });
  const here = server(eno, { next, renamedBy: by('hq-1', 'lan0', 'lan1'), workerRunsHere: true });
  expect(renamingOf(facts(two, here))).toEqual({ renaming: undefined, complaints: told });
});
