import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { complaintInWords } from '../../cluster/complaint.js';
import { equipmentItems } from '../../cluster/equipment.js';
import { isNetworkSection } from '../../cluster/networks.js';
import { checkNetworks } from '../../cluster/networks-check.js';
import { pfFileFromText, sectionsOf } from '../../cluster/pf-file.js';
import { flat } from './confs.js';

const guide = (name: string) => readFileSync(new URL(`guide/7.2-${name}.conf`, import.meta.url), 'utf8');
const clusterConf = [
  guide('cluster'),
  '[DC2 CLUSTER interface ens224]\nip=192.168.22.10\n', // the section that the guide has in 7.1 instead
  guide('zone-networks').replaceAll(/dhcp_start=(.*)\.10$/gm, 'dhcp_start=$1.20'),
  guide('next-hops'),
].join('\n');
const networksConf = guide('networks');
const complaints = (one: string, other = networksConf, pfConf = '') =>
  checkNetworks({ clusterConf: one, networksConf: other, pfConf }).map(complaintInWords);

describe('what is wrong with the networks', () => {
  test('the guide’s pools hold the virtual addresses and the servers; else they are in order', () => {
    expect(complaints(clusterConf)).toEqual([]);
    const asItStands = clusterConf.replaceAll(/dhcp_start=(.*)\.20$/gm, 'dhcp_start=$1.10');
    expect(complaints(asItStands)).toEqual([
      expect.stringMatching(
        /^cluster.conf line \d+: warning: the DHCP pool 192.168.11.10 to 192.168.11.246 holds addresses that are taken: 192.168.11.10, 192.168.11.11, 192.168.11.12 and 192.168.11.13. Begin/,
      ),
      expect.stringMatching(
        /192.168.22.246 holds addresses that are taken: 192.168.22.10, 192.168.22.11 and 192.168.22.12/,
      ),
    ]);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a gateway elsewhere',
      'gateway=192.168.100.1',
      'gateway=192.168.101.1',
      /networks.conf line 2: the gateway 192.168.101.1 lies outside 192.168.100.0\/24/,
    ],
    ['no gateway', 'gateway=192.168.100.1', '', /network 192.168.100.0 \(zone DC1\) has no gateway/],
    [
      'a pool elsewhere',
      'dhcp_end=192.168.100.254',
      'dhcp_end=192.168.101.20',
      /the dhcp_end 192.168.101.20 lies outside 192.168.100.0\/24/,
    ],
    [
      'a pool that ends with the broadcast address',
      'dhcp_end=192.168.100.254',
      'dhcp_end=192.168.100.255',
      /no machine's/,
    ],
    [
      'a pool that ends before it begins',
      'dhcp_end=192.168.100.254',
      'dhcp_end=192.168.100.19',
      /begins at 192.168.100.20, after its end 192.168.100.19/,
    ],
    [
      'a pool with the gateway in it',
      'dhcp_start=192.168.100.20',
      'dhcp_start=192.168.100.1',
      /warning: .* holds addresses that are taken: 192.168.100.1\./,
    ],
    ['no pool', 'dhcp_start=192.168.100.20', '', /has no dhcp_start: DHCP has nothing to hand out/],
    [
      'a netmask that is none',
      'netmask=255.255.255.0\ntype=vlan-registration\ndhcp_end',
      'netmask=255.0.255.0\ntype=vlan-registration\ndhcp_end',
      /"255.0.255.0" is no mask/,
    ],
    [
      'a name that is not the network’s',
      '[192.168.100.0]',
      '[192.168.100.8]',
      /192.168.100.8 with netmask 255.255.255.0 is no network's name. Call the section 192.168.100.0/,
    ],
    [
      'no next hop',
      'next_hop=192.168.22.1',
      '',
      /network 192.168.100.0 \(zone DC2\) has no next_hop, and the servers do not stand in it: they have no route there. Add next_hop=<router> in a network where they stand: 192.168.22.0\/24 \(ens224\)/,
    ],
    [
      'a next hop of the other zone',
      'next_hop=192.168.22.1',
      'next_hop=192.168.11.1',
      /the next hop 192.168.11.1 of network 192.168.100.0 \(zone DC2\) is in no network where the servers stand/,
    ],
    [
      'a next hop that is the cluster',
      'next_hop=192.168.22.1',
      'next_hop=192.168.22.11',
      /the next hop 192.168.22.11 is an address of the cluster itself/,
    ],
    [
      'a next hop for a network in which the servers stand',
      'type=vlan-registration\nnetmask',
      'next_hop=192.168.11.1\ntype=vlan-registration\nnetmask',
      /needs no next hop: the servers stand in it, with ens224. Remove/,
    ],
    [
      'a name server that is not the portal',
      'dns=192.168.22.10\nsplit',
      'dns=192.168.22.5\nsplit',
      /warning: the name server of network 192.168.22.0 \(zone DC2\) is 192.168.22.5, no virtual address/,
    ],
    ['no name server', 'dns=192.168.22.10\nsplit', 'split', /has no dns: its clients find no portal/],
    [
      'an unknown type',
      'type=vlan-registration\ndhcp_end',
      'type=registration\ndhcp_end',
      /warning: "registration" is no type that is known here/,
    ],
    [
      'a yes that means no',
      'named=enabled\ndhcp_max_lease_time=30\ndhcpd',
      'named=on\ndhcp_max_lease_time=30\ndhcpd',
      /named=on means no to PacketFence/,
    ],
    [
      'leases the wrong way round',
      'dhcp_max_lease_time=30\ndhcpd',
      'dhcp_max_lease_time=10\ndhcpd',
      /the usual lease of 30 s is longer than the longest, 10 s/,
    ],
    [
      'networks that overlap',
      '[DC1 CLUSTER network 192.168.11.0]',
      '[DC1 CLUSTER network 192.168.100.128]\nnetmask=255.255.255.128\n[DC1 CLUSTER network 192.168.11.0]',
      /192.168.100.128\/25 overlaps 192.168.100.0\/24, network 192.168.100.0 \(zone DC1\)/,
    ],
    [
      'garbage',
      '[192.168.100.0]',
      'oops\n[192.168.100.0]',
      /networks.conf line 1: "oops" is no section, key or comment/,
    ],
  ])('%s', (_, from, to, words) => {
    const [one, other] = [clusterConf, networksConf].map((text) => text.replace(from, to));
    expect([one, other]).not.toEqual([clusterConf, networksConf]);
    expect(complaints(one ?? '', other)).toContainEqual(expect.stringMatching(words));
  });

  test('what stands in networks.conf is told once, not for each zone', () => {
    expect(complaints(clusterConf, networksConf.replace('gateway=192.168.100.1', 'gateway=x'))).toHaveLength(1);
  });

  test('a flat cluster: the masks of its interfaces stand in pf.conf', () => {
    const one = `${flat}\n[CLUSTER network 203.0.113.0]\nnext_hop=198.51.100.1\ndns=198.51.100.10\n`;
    const other = networksConf.replaceAll('192.168.100', '203.0.113');
    expect(complaints(one, other, '[interface eth1]\nmask=255.255.255.0\n')).toEqual([]);
    expect(complaints(one, other)).toEqual([expect.stringMatching(/Name a router in one of them: none that is known/)]);
  });

  test('a network where the servers stand is named once, also where the mask of its interface is known', () => {
    const without = clusterConf.replace('next_hop=192.168.22.1', '');
    expect(complaints(without, networksConf, '[interface ens224]\nmask=255.255.255.0\n')).toContainEqual(
      expect.stringMatching(/in a network where they stand: 192.168.22.0\/24 \(ens224\)\.$/),
    );
  });

  test('is never a crash, whatever the files', () => {
    const line = fc.constantFrom(
      ...[
        '[CLUSTER]',
        '[CLUSTER interface eth0]',
        'ip=1.2.3.4',
        'mask=255.0.0.0',
        '[CLUSTER network 1.0.0.0]',
        '[x]',
        '',
      ],
      ...[
        '[1.0.0.0]',
        'netmask=255.0.0.0',
        'netmask=9',
        'next_hop=1.2.3.4',
        'dhcp_start=1.2.3.4',
        'dhcp_end=z',
        'dns=,',
      ],
    );
    const text = fc.array(line, { maxLength: 12 }).map((all) => all.join('\n'));
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(complaints(one, other)).toBeInstanceOf(Array);
        expect(equipmentItems({ clusterConf: one, networksConf: other })[0]).toMatch(/^RADIUS: /);
      }),
    );
  });
});

describe('what the network equipment needs', () => {
  test('of the guide’s two zones, every address filled in', () => {
    expect(equipmentItems({ clusterConf, networksConf })).toMatchInlineSnapshot(`
      [
        "RADIUS: Every switch and controller sends RADIUS authentication and accounting to 192.168.1.10 (DC1) and 192.168.2.10 (DC2), as primary and secondary, or balanced",
        "RADIUS: Every switch and controller that can accepts CoA and disconnects (RFC 3576) from 192.168.1.10 (DC1) and 192.168.2.10 (DC2)",
        "DHCP relays: The gateway of 192.168.100.0/24, 192.168.100.1, relays DHCP (IP helper) to 192.168.11.10 (DC1) and 192.168.22.10 (DC2)",
        "Routes: 192.168.11.1 (DC1), the next hop in 192.168.11.0/24, routes to 192.168.100.0/24",
        "Routes: 192.168.100.1, the gateway of 192.168.100.0/24, routes to 192.168.11.0/24 (DC1)",
        "Routes: 192.168.22.1 (DC2), the next hop in 192.168.22.0/24, routes to 192.168.100.0/24",
        "Routes: 192.168.100.1, the gateway of 192.168.100.0/24, routes to 192.168.22.0/24 (DC2)",
        "Routes: 192.168.11.0/24 and 192.168.22.0/24 reach each other",
        "Access lists: Clients of 192.168.100.0/24 (vlan-registration) reach 192.168.100.0/24, 192.168.11.0/24 and 192.168.22.0/24, and nothing else",
        "Nothing to do: The servers need no static routes: PacketFence sets them from the next hops.",
        "Nothing to do: The management interface needs no special routing.",
      ]
    `);
  });

  test('of a cluster without networks: RADIUS and CoA', () => {
    const items = equipmentItems({ clusterConf: flat, networksConf: '' });
    expect([...new Set(items.map((item) => item.split(':')[0]))]).toEqual(['RADIUS', 'Nothing to do']);
    expect(items).toContain(
      'RADIUS: Every switch and controller sends RADIUS authentication and accounting to 192.0.2.10',
    );
  });
});

test('the networks of a cluster.conf are told from the rest of it', () => {
  const sections = sectionsOf(pfFileFromText(`${clusterConf}[CLUSTER network 192.0.2.0]\n`)).map(({ name }) => name);
  expect(sections.filter(isNetworkSection)).toEqual([
    ...['DC1 CLUSTER network 192.168.11.0', 'DC2 CLUSTER network 192.168.22.0'],
    ...['DC1 CLUSTER network 192.168.100.0', 'DC2 CLUSTER network 192.168.100.0', 'CLUSTER network 192.0.2.0'],
  ]);
});
