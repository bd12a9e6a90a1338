import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterConfFromText, compareClusterConf, vipsOf } from '../../cluster/cluster-conf.js';
import { checkClusterConf, complaintInWords } from '../../cluster/cluster-conf-check.js';

const flat = `[CLUSTER]
management_ip=192.0.2.10

[CLUSTER interface eth0]
ip=192.0.2.10

[CLUSTER interface eth1]
ip=198.51.100.10

${[1, 2, 3].map((n) => `[pf${n}]\nmanagement_ip=192.0.2.1${n}\n\n[pf${n} interface eth0]\nip=192.0.2.1${n}\n\n[pf${n} interface eth1]\nip=198.51.100.1${n}\n`).join('\n')}`;

const zones = `[general]
multi_zone=enabled
${['DC1', 'DC2']
  .map(
    (zone, z) => `
[${zone} CLUSTER]
management_ip=192.0.2.${z}0

[${zone} CLUSTER interface eth0]
ip=192.0.2.${z}0
${Array.from(
  { length: 3 - z },
  (_, n) => `
[${zone} pf${n}-${zone.toLowerCase()}.example.com]
management_ip=192.0.2.${z}${n + 1}

[${zone} pf${n}-${zone.toLowerCase()}.example.com interface eth0]
ip=192.0.2.${z}${n + 1}
`,
).join('')}`,
  )
  .join('')}`
  .replaceAll('192.0.2.0', '192.0.2.20')
  .replace(/192\.0\.2\.20(\d)/g, '192.0.2.2$1');

const complaints = (text: string) => checkClusterConf(text).map(complaintInWords);

describe('cluster.conf', () => {
  test('flat: the servers in their order, with address and interfaces, and the virtual addresses', () => {
    const conf = clusterConfFromText(flat);
    expect(conf.servers.map(({ node, zone, managementIp }) => [node, zone, managementIp.text])).toEqual([
      ['pf1', '', '192.0.2.11'],
      ['pf2', '', '192.0.2.12'],
      ['pf3', '', '192.0.2.13'],
    ]);
    expect(conf.servers[1]?.interfaces.map(({ name, ip }) => [name, ip.text])).toEqual([
      ['eth0', '192.0.2.12'],
      ['eth1', '198.51.100.12'],
    ]);
    expect(vipsOf(conf)).toEqual(['192.0.2.10', '198.51.100.10']);
    expect(complaints(flat)).toEqual([]);
  });

  test('with zones: each server in its zone, one order over all', () => {
    const conf = clusterConfFromText(zones);
    expect(conf.zones.map(({ name }) => name)).toEqual(['DC1', 'DC2']);
    expect(conf.servers.map(({ node, zone }) => `${zone} ${node}`)).toEqual([
      'DC1 pf0-dc1.example.com',
      'DC1 pf1-dc1.example.com',
      'DC1 pf2-dc1.example.com',
      'DC2 pf0-dc2.example.com',
      'DC2 pf1-dc2.example.com',
    ]);
    expect(vipsOf(conf)).toHaveLength(2);
    expect(complaints(zones)).toEqual([]);
  });

  test('written from any flat cluster is read as that cluster', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(\.example\.com)?$/).filter((one) => one !== 'general');
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '# note'), (nodes, end, note) => {
        const text = [
          '[CLUSTER]',
          'management_ip=192.0.2.100',
          note,
          ...nodes.flatMap((node, i) => [
            `[${node}]`,
            `management_ip=192.0.2.${i + 1}`,
            '',
            `[${node} interface eth1.2]`,
            `ip=198.51.100.${i + 1}`,
          ]),
        ].join(end);
        const { servers, multiZone } = clusterConfFromText(text);
        expect(multiZone).toBe(false);
        expect(
          servers.map(({ node, managementIp, interfaces }) => [
            node,
            managementIp.text,
            interfaces.map(({ ip, name: of }) => [of, ip.text]),
          ]),
        ).toEqual(nodes.map((node, i) => [node, `192.0.2.${i + 1}`, [['eth1.2', `198.51.100.${i + 1}`]]]));
      }),
    );
  });
});

describe('what is wrong with a cluster.conf', () => {
  test.each<[string, string, RegExp]>([
    [
      'no CLUSTER section',
      flat.replace(/\[CLUSTER\]\nmanagement_ip.*\n/, ''),
      /there is no \[CLUSTER\]: clustering is off/,
    ],
    [
      'an empty management_ip',
      flat.replace('management_ip=192.0.2.10', 'management_ip='),
      /line 2: \[CLUSTER\] has no management_ip: clustering is off without it, and nothing says so/,
    ],
    [
      'a trailing blank',
      flat.replace('management_ip=192.0.2.10', 'management_ip=192.0.2.10 '),
      /line 2: the value of management_ip ends with a blank.*switches clustering off/,
    ],
    ['a comment in a value', flat.replace('ip=192.0.2.12\n', 'ip=192.0.2.12 ; eth\n'), /keeps what follows it/],
    [
      'an address that is none',
      flat.replace('management_ip=192.0.2.12', 'management_ip=192.0.2.999'),
      /"192.0.2.999" is no IPv4 address/,
    ],
    [
      'a virtual address that is a node’s own',
      flat.replaceAll('192.0.2.10', '192.0.2.12'),
      /192.0.2.12 is a virtual address and the own address of pf2/,
    ],
    [
      'an address given twice',
      flat.replaceAll('192.0.2.13', '192.0.2.12'),
      /192.0.2.12 is the address of pf2 already\. Give pf3 its own/,
    ],
    ['a server named twice', `${flat}\n[pf1]\nmanagement_ip=192.0.2.14\n`, /\[pf1\] is here twice/],
    [
      'a key given twice',
      flat.replace('management_ip=192.0.2.12', 'management_ip=192.0.2.12\nmanagement_ip=192.0.2.15'),
      /management_ip is twice in \[pf2\]/,
    ],
    [
      'an interface that one node lacks',
      flat.replace('[pf2 interface eth1]\nip=198.51.100.12\n', ''),
      /interface eth1 is not defined for pf2/,
    ],
    [
      'an interface without a virtual address',
      flat.replace('[CLUSTER interface eth1]\nip=198.51.100.10\n', ''),
      /interface eth1 of pf1 has no virtual address/,
    ],
    [
      'an interface of a server that is not here',
      flat.replace('[pf3]\nmanagement_ip=192.0.2.13\n', ''),
      /\[pf3 interface eth0\] belongs to \[pf3\], which is not here/,
    ],
    ['garbage', flat.replace('[pf1]', 'hello\n[pf1]'), /"hello" is no section, key or comment/],
    ['a heredoc that never ends', flat.replace('ip=192.0.2.12\n', 'ip=<<EOT\n'), /never ends, and swallows the rest/],
    ['a key before any section', `x=1\n${flat}`, /x stands before the first section/],
    ['code to PacketFence', flat.replace('ip=192.0.2.12\n', 'ip=[% x %]\n'), /"\[%" is code/],
    ['a byte order mark', `\uFEFF${flat}`, /byte order mark/],
    [
      'one carriage return, on the first line',
      flat.replace('\n', '\r\n'),
      /line 1: this line alone ends with a carriage return/,
    ],
    ['carriage returns everywhere', flat.replaceAll('\n', '\r\n'), /warning: \d+ lines end with a carriage return/],
    ['a host name that is code', flat.replaceAll('[pf2', '[pf2;reboot'), /"pf2;reboot" cannot be a host name/],
    [
      'an even number of servers',
      flat.replace(/\[pf3[\s\S]*$/, ''),
      /warning: 2 servers: cut in two halves, neither has a quorum/,
    ],
    ['no server', '[CLUSTER]\nmanagement_ip=192.0.2.10\n', /no server is named/],
    ['multi_zone=on, which means no', zones.replace('multi_zone=enabled', 'multi_zone=on'), /multi_zone=on means no/],
    [
      'zones without multi_zone',
      zones.replace('[general]\nmulti_zone=enabled\n', ''),
      /\[DC1 CLUSTER\] is of a zone, and multi_zone is not on/,
    ],
    [
      'a zone name that PacketFence does not see',
      zones.replaceAll('[DC2 ', '[DC-2 '),
      /PacketFence does not see a zone called "DC-2"/,
    ],
    [
      'a zone without its CLUSTER section',
      zones.replace(/\[DC2 CLUSTER\]\nmanagement_ip.*\n/, ''),
      /there is no \[DC2 CLUSTER\]: zone DC2 has no virtual address/,
    ],
    [
      'one server in two zones',
      zones.replaceAll('pf0-dc2', 'pf0-dc1'),
      /pf0-dc1.example.com is here twice, in two zones/,
    ],
    [
      'one virtual address for two zones',
      zones.replace(/192\.0\.2\.20/g, '192.0.2.10'),
      /192.0.2.10 is the virtual address of zone DC1 already/,
    ],
    [
      'a virtual address that no server of the zone can serve (guide 7.1)',
      `${zones}\n[DC2 CLUSTER interface ens224]\nip=198.51.100.10\n`,
      /no server of zone DC2 has an interface ens224/,
    ],
    [
      'a pool that hands out the cluster’s addresses (guide 7.2)',
      `${flat}\n[CLUSTER network 198.51.100.0]\ndhcp_start=198.51.100.10\ndhcp_end=198.51.100.246\n`,
      /the DHCP pool 198.51.100.10 to 198.51.100.246 holds addresses of the cluster: 198.51.100.10, 198.51.100.11, 198.51.100.12 and 198.51.100.13/,
    ],
  ])('%s', (_, text, words) => {
    expect(complaints(text).join('\n')).toMatch(words);
  });

  test('is said all at once, by line', () => {
    const found = checkClusterConf(
      flat
        .replace('management_ip=192.0.2.11', 'management_ip=x')
        .replace('ip=198.51.100.13', 'ip=')
        .replace('[pf2]', 'oops\n[pf2]'),
    );
    expect(found.map(({ line }) => line)).toEqual(found.map(({ line }) => line).toSorted((a, b) => a - b));
    expect(found.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  test('is never a crash, whatever the file', () => {
    const line = fc.constantFrom(
      '[CLUSTER]',
      '[general]',
      'multi_zone=yes',
      '[DC1 CLUSTER]',
      '[DC1]',
      '[DC1 pf1 interface eth0]',
      '[pf1]',
      '[pf1 interface]',
      '[ ]',
      '[CLUSTER network 10.0.0.0]',
      'ip=1.2.3.4',
      'management_ip=',
      'dhcp_start=1.2.3.4',
      '=',
      'x',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 15 }), (all) => {
        expect(checkClusterConf(all.join('\n'))).toBeInstanceOf(Array);
      }),
    );
  });
});

describe('our cluster.conf against a node’s', () => {
  const other = (from: string | RegExp, to: string) => compareClusterConf(flat, flat.replace(from, to));

  test('comments, blank lines and other keys do not count', () => {
    expect(compareClusterConf(flat, `# hello\n\n${flat.replace('[pf2]\n', '[pf2]\n\nnote=1\n')}`)).toEqual([]);
  });

  test.each<[string, string | RegExp, string, string]>([
    ['a node less', /\[pf3[\s\S]*$/, '', 'it does not name pf3'],
    ['a node more', '[pf1]', '[pf4]\nmanagement_ip=192.0.2.14\n[pf1]', 'it names pf4 too'],
    [
      'another address',
      'management_ip=192.0.2.12',
      'management_ip=192.0.2.22',
      'pf2 is 192.0.2.22 there, 192.0.2.12 here',
    ],
    [
      'another virtual address',
      '[CLUSTER interface eth1]\nip=198.51.100.10',
      '[CLUSTER interface eth1]\nip=198.51.100.20',
      'the virtual addresses are 192.0.2.10 and 198.51.100.20 there, 192.0.2.10 and 198.51.100.10 here',
    ],
  ])('%s is said in words', (_, from, to, words) => {
    expect(other(from, to)).toEqual([words]);
  });

  test('another order counts: a tie goes to the first', () => {
    const [head, pf1, pf2, pf3] = flat.split(/(?=\[pf\d\])/);
    expect(compareClusterConf(flat, [head, pf2, pf1, pf3].join('\n'))).toEqual([
      'the order is pf2, pf1 and pf3 there, pf1, pf2 and pf3 here',
    ]);
  });
});
