import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterConfFromText, compareClusterConf, vipsOf } from '../../cluster/cluster-conf.js';
import { flat, zones } from './confs.js';

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
