/** What a person is told to do in the configurator, and what is seen of it. */
import { expect, test } from 'vitest';
import { configurator } from '../../cluster/configurator.js';
import type { Installed } from '../../cluster/installed.js';

const clusterConf = `[CLUSTER]
management_ip=192.0.2.10
[CLUSTER interface eth0]
ip=192.0.2.10
${[1, 2, 3]
  .map(
    (n) => `[pf${n}]
management_ip=192.0.2.1${n}
[pf${n} interface eth0]
ip=192.0.2.1${n}
[pf${n} interface eth1.2]
ip=198.51.100.1${n}`,
  )
  .join('\n')}
`;
const done: readonly Installed[] = [1, 2, 3].map((n) => ({
  node: `pf${n}`,
  interfaces: { lo: ['127.0.0.1'], eth0: [`192.0.2.1${n}`], 'eth1.2': [`198.51.100.1${n}`] },
  configured:
    n === 1
      ? [
          { name: 'eth0', ip: '192.0.2.11', type: 'management,high-availability' },
          { name: 'eth1.2', ip: '198.51.100.11', type: 'internal' },
        ]
      : [],
  servers: [],
  databaseHost: '',
  setUpBegun: true,
  lacks: [],
}));
const schemas = [{ name: 'pf', tables: 90, bytes: 1e7, writtenAt: 0 }];
const data = [{ node: 'pf1', datadir: '/var/lib/mysql', bytes: 1e8, schemas }];
const first = (parts: Partial<Installed>) => done.map((one, i) => (i === 0 ? { ...one, ...parts } : one));

test('names every address, and asks for more than the network on the first server only', () => {
  const { verdict, shown } = configurator({ clusterConf, installed: done, data });
  expect(shown).toEqual([]);
  expect(verdict).toHaveLength(3);
  expect(verdict[0]).toMatch(
    /eth0 192\.0\.2\.11 \(type management, with high availability\) and eth1\.2 198\.51\.100\.11/,
  );
  expect(verdict[0]).toMatch(/Services, and start nothing there/);
  expect(verdict[1]).toMatch(/^pf2: only the step of the network interfaces/);
});

test('the task does not change while it is done', () => {
  expect(configurator({ clusterConf, installed: [], data: [] }).verdict).toEqual(
    configurator({ clusterConf, installed: done, data }).verdict,
  );
});

test.each<[string, Parameters<typeof configurator>[0], RegExp]>([
  [
    'an address',
    { clusterConf, data, installed: done.map((one) => ({ ...one, interfaces: { ...one.interfaces, 'eth1.2': [] } })) },
    /pf3: eth1\.2 holds no address, not 198/,
  ],
  ['pf.conf', { clusterConf, data, installed: first({ configured: [] }) }, /pf1: pf\.conf says nothing of eth0/],
  [
    'high availability',
    { clusterConf, data, installed: first({ configured: [{ name: 'eth0', ip: '192.0.2.11', type: 'management' }] }) },
    /eth0 is not marked for high availability/,
  ],
  [
    'management',
    {
      clusterConf,
      data,
      installed: first({ configured: [{ name: 'eth1.2', ip: '198.51.100.11', type: 'management' }] }),
    },
    /eth0 is not of type management.*eth1\.2 is of type management too/,
  ],
  [
    'an interface too many',
    { clusterConf, data, installed: first({ configured: [{ name: 'eth2', ip: '203.0.113.1', type: 'internal' }] }) },
    /eth2, which cluster\.conf does not name/,
  ],
  ['the database', { clusterConf, data: [], installed: done }, /pf1: there is no database pf/],
  ['a server', { clusterConf, data, installed: done.slice(0, 2) }, /pf3 was not looked at/],
])('what is missing is shown: %s', (_, facts, words) => {
  expect(configurator(facts).shown.join(' ')).toMatch(words);
});
