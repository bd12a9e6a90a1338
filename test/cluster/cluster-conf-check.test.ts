import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkClusterConf } from '../../cluster/cluster-conf-check.js';
import { complaintInWords } from '../../cluster/complaint.js';
import { flat, zones } from './confs.js';

const complaints = (text: string) => checkClusterConf(text).map(complaintInWords);
const masked = (text: string) => text.replaceAll(/^(ip=.*)$/gm, '$1\nmask=255.255.255.0');

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
    ['a host name with an underscore', flat.replaceAll('[pf2', '[pf_2'), /"pf_2" cannot be a host name/],
    ['a host name that is an address', flat.replaceAll('[pf2', '[192.0.2.12'), /"192.0.2.12" cannot be a host name/],
    ['a host name with an empty label', flat.replaceAll('[pf2', '[pf2..com'), /"pf2..com" cannot be a host name/],
    ['one name in two cases', flat.replaceAll('[pf3', '[PF2'), /PF2 is here twice/],
    [
      'an interface name that Linux does not allow',
      flat.replaceAll('interface eth1', 'interface enp130s0f1np1.1234'),
      /no interface is called "enp130s0f1np1.1234"/,
    ],
    [
      'one address on two interfaces of a server',
      flat.replaceAll('198.51.100.12', '192.0.2.12'),
      /192.0.2.12 is on eth0 and on eth1. Give eth1 its own address/,
    ],
  ])('%s', (_, text, words) => {
    expect(complaints(text).join('\n')).toMatch(words);
  });

  test('nothing, where all is in order', () => {
    expect([flat, zones, masked(flat)].flatMap((text) => complaints(text))).toEqual([]);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'an address outside its network',
      (text) => text.replace('ip=198.51.100.12', 'ip=198.51.101.12'),
      /198.51.101.12 \(pf2\) lies outside 198.51.100.0\/24, the network of eth1/,
    ],
    [
      'a virtual address outside its network',
      (text) => text.replace('ip=198.51.100.10', 'ip=203.0.113.10'),
      /203.0.113.10 \(the virtual address\) lies outside 198.51.100.0\/24/,
    ],
    [
      'masks that differ',
      (text) => text.replace('ip=198.51.100.12\nmask=255.255.255.0', 'ip=198.51.100.12\nmask=255.255.255.128'),
      /the mask of eth1 is 255.255.255.128 for pf2, and 255.255.255.0 for the virtual address/,
    ],
    [
      'a mask that is none',
      (text) => text.replace('ip=198.51.100.12\nmask=255.255.255.0', 'ip=198.51.100.12\nmask=255.0.255.0'),
      /"255.0.255.0" is no mask/,
    ],
    [
      'the broadcast address',
      (text) => text.replaceAll('198.51.100.12', '198.51.100.255'),
      /198.51.100.255 \(pf2\) is no machine's: it names the network 198.51.100.0\/24, or all of it/,
    ],
    [
      'two interfaces in one network',
      (text) => text.replaceAll('198.51.100.', '192.0.2.2'),
      /eth0 and eth1 lie in one network/,
    ],
    [
      'no management interface',
      (text) => text.replace('management_ip=192.0.2.12', 'management_ip=192.0.2.99'),
      /the management address of pf2 is on none of its interfaces/,
    ],
    [
      'no interface at all',
      (text) => text.replaceAll(/\[\w+ interface eth\d\]\nip=.*\nmask=.*\n/g, ''),
      /the virtual address 192.0.2.10 is on no interface of \[CLUSTER\]/,
    ],
    [
      'management on another interface than elsewhere',
      (text) => text.replace(/(\[pf2 interface eth)0([^[]*)(\[pf2 interface eth)1/, (_, a, b, c) => `${a}1${b}${c}0`),
      /the management address of pf2 is on eth1, that of pf1 on eth0/,
    ],
    ['an even number of servers', (text) => text.replace(/\[pf3[\s\S]*$/, ''), /2 servers: cut in two halves/],
    ['one server', (text) => text.replace(/\[pf2[\s\S]*$/, ''), /one server is no cluster/],
  ])('%s: a cluster that is there may live with it, none is set up so', (_, spoil, words) => {
    const found = (setUp: boolean) =>
      checkClusterConf(spoil(masked(flat)), { setUp }).filter((one) => words.test(complaintInWords(one)));
    expect(found(true).map(({ level }) => level)).toEqual(['error']);
    expect(found(false).filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('pf.conf knows the masks that cluster.conf leaves out', () => {
    const pfConf = '[interface eth1]\nip=198.51.100.11\nmask=255.255.255.0\ntype=internal\n';
    const wrong = flat.replace('ip=198.51.100.12', 'ip=198.51.101.12');
    expect(complaints(wrong)).toEqual([]);
    expect(checkClusterConf(wrong, { pfConf }).map(({ cause }) => cause)).toEqual([
      '198.51.101.12 (pf2) lies outside 198.51.100.0/24, the network of eth1',
    ]);
  });

  test('two zones in one network, where their virtual router ids meet', () => {
    expect(complaints(masked(zones)).join()).toMatch(/warning: zones DC1 and DC2 share 192.0.2.0\/24/);
  });

  test('the guide’s examples: 3.4.2 is in order, 7.1 and 7.2 have swapped one section', () => {
    const found = (name: string) => complaints(readFileSync(new URL(`guide/${name}`, import.meta.url), 'utf8'));
    expect(found('3.4.2-cluster.conf')).toEqual([]);
    expect(found('7.1-cluster.conf')).toEqual([
      'line 34: no server of zone DC2 has an interface ens224, so nobody can serve its virtual address. Add the interface to the servers, or remove the section.',
    ]);
    expect(found('7.2-cluster.conf')).toEqual(
      [52, 61].map(
        (line, i) =>
          `line ${line}: warning: interface ens224 of pf${i + 1}-dc2.example.com has no virtual address. Add [DC2 CLUSTER interface ens224] with ip.`,
      ),
    );
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
