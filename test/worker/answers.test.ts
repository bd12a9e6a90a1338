import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { programCommand } from '../../client/program.js';
import { readAnswers } from '../../worker/answers.js';
import { askCluster, type Question } from '../../worker/ask-cluster.js';

const good = `; the office
[cluster]
management = eth0

[interface eth0]
mask = 255.255.255.0
vip = 192.0.2.10
pf1.example.com = 192.0.2.11   ; the first is the management node
pf2.example.com = 192.0.2.12
pf3.example.com = 192.0.2.13

[ssh]
; at the office
identity = id

[replication]
user = pfcluster
password = file:replication

[node pf2.example.com]
address = 198.51.100.12
`;

describe('answers', () => {
  test('become a cluster.conf, and an access.ini of the sections that are its own', () => {
    const { complaints, clusterConf, accessIni } = readAnswers(good, 'a.ini');
    expect(complaints).toEqual([]);
    expect(clusterConf).toMatch(
      /^\[CLUSTER\]\nmanagement_ip=192.0.2.10\n\n\[CLUSTER interface eth0\]\nip=192.0.2.10\nmask=255.255.255.0\n\n\[pf1.example.com\]\n/,
    );
    expect(accessIni).toBe(good.slice(good.indexOf('[ssh]')));
  });

  test('everything that is wrong is said at once, with the line of the answers', () => {
    const bad = `early = 1
[cluster]
managment = eth0
[DC1 interface eth0]
mask = 255.0.255.0
vip = 192.0.2.11
pf1 = 192.0.2.11
pf_2 = 192.0.2.300
pf3 =
[DC1 interface eth1]
vip = 203.0.113.1
pf1 = 198.51.100.11
[DC-2 interface eth1]
mask = 255.255.255.0
vip = 198.51.101.10
pf1 = 198.51.100.12
[interface eth0]
[interfce eth0]
[sssh]
[ssh]
port = x
[node pf9]
[replication]
password = hunter2
`;
    const { complaints } = readAnswers(bad, 'b.ini');
    for (const words of [
      'line 1: early stands before the first section',
      'line 2: which interface is the management interface. Add [cluster] with management = eth0',
      'line 3: [cluster] unknown key "managment". Known: management',
      'line 5: "255.0.255.0" is no mask',
      'line 6: 192.0.2.11 is a virtual address and the own address of pf1',
      'line 8: "pf_2" cannot be a host name',
      'line 8: "192.0.2.300" is no IPv4 address',
      'line 9: [DC1 interface eth0] has no address of pf3. Add pf3 = <address>',
      'line 10: [DC1 interface eth1] has no mask. Add mask = 255.255.255.0',
      'line 10: [DC1 interface eth1] has no address of pf_2',
      'line 13: PacketFence does not see a zone called "DC-2"',
      'line 15: 198.51.101.10 (the virtual address) lies outside 198.51.100.0/24, the network of eth1 in zone DC-2',
      'line 16: pf1 is here twice, in two zones',
      'line 17: [interface eth0] has no vip. Add vip = <an address that no server has>',
      'line 17: [interface eth0] names no zone, and others do',
      'line 18: unknown section [interfce eth0]. Write [interface eth0], or with zones [DC1 interface eth0]',
      'line 19: unknown section [sssh]. Did you mean "ssh"',
      'line 21: [ssh] port: is no port',
      'line 22: [node pf9] names a node that cluster.conf does not',
      'line 24: [replication] password: must be a reference',
    ])
      expect(complaints).toContainEqual(expect.stringContaining(`b.ini: ${words}`));
    expect(complaints.join('\n')).not.toMatch(/hunter2|management_ip|\[CLUSTER/);
  });

  test.each([
    ['an even number of servers', /^pf3.*\n/m, '', '2 servers: cut in two halves, neither has a quorum. Use an odd'],
    ['no interface', /^\[interface[\s\S]*?\n\n/m, '', 'no interface is told of'],
    [
      'a management interface that is not there',
      'management = eth0',
      'management = eth1',
      'there is no [interface eth1], the management interface',
    ],
    [
      'a virtual address that is missing, with the network where one is to be chosen',
      /^vip = .*\n/m,
      '',
      '[interface eth0] has no vip. Add vip = <an address in 192.0.2.0/24 that no server has>',
    ],
    ['a section told twice', '[ssh]', '[ssh]\n[ssh]', '[ssh] is here a second time'],
  ])('%s is refused', (_, from, to, words) => {
    expect(readAnswers(good.replace(from, to), 'a').complaints).toContainEqual(expect.stringContaining(words));
  });
});

test('questions end in answers that are in order', async () => {
  const answers: readonly (readonly [RegExp, string])[] = [
    [/^Zones/, 'DC1, DC2'],
    [/^Interfaces/, 'ens192 ens224'],
    [/^Servers of zone DC1/, 'pf1, pf2'],
    [/^Servers of zone DC2/, 'pf3'],
    [/^Mask/, '255.255.255.0'],
    [/^Virtual address .* ens192 of zone DC1/, '192.0.2.10'],
    [/^Virtual address .* ens224 of zone DC1/, '198.51.100.10'],
    [/^Virtual address .* ens192 of zone DC2/, '203.0.113.10'],
    [/^Virtual address .* ens224 of zone DC2/, '10.0.0.10'],
    [/^Address of pf1 on ens192/, '192.0.2.11'],
    [/^Address of pf2 on ens192/, '192.0.2.12'],
    [/^Address of pf1 on ens224/, '198.51.100.11'],
    [/^Address of pf2 on ens224/, '198.51.100.12'],
    [/^Address of pf3 on ens192/, '203.0.113.11'],
    [/^Address of pf3 on ens224/, '10.0.0.11'],
    [/^User/, 'anna'],
    [/^Private key/, ''],
    [/^Password.* the web services/, 'exec:pass show web ; true'],
    [/^Password/, ''],
  ];
  const refused: string[] = [];
  const ask = async ({ message, validate }: Question) => {
    const answer = answers.find(([to]) => to.test(message))?.[1] ?? expect.fail(message);
    for (const wrong of ['192.0.2.10', 'DC_1', 'hunter2'])
      if (validate && validate(wrong) !== true) refused.push(`${message}: ${wrong}`);
    if (validate) expect(validate(answer), message).toBe(true);
    return answer;
  };
  const { complaints, conf, accessIni } = readAnswers(await askCluster('hq', ask), 'answers');
  expect(complaints).toEqual([]);
  expect(conf.servers.map(({ zone, node, managementIp }) => [zone, node, managementIp.text])).toEqual([
    ['DC1', 'pf1', '192.0.2.11'],
    ['DC1', 'pf2', '192.0.2.12'],
    ['DC2', 'pf3', '203.0.113.11'],
  ]);
  expect(accessIni).toBe(
    "[ssh]\nuser = anna\nsudo = yes\n\n[webservices]\nuser = pfcluster\npassword = 'exec:pass show web ; true'\n",
  );
  expect(refused).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Zones.*DC_1$/),
      'Address of pf1 on ens192: 192.0.2.10', // the virtual address
      'Address of pf3 on ens192: 192.0.2.10', // another network
      expect.stringMatching(/^Password.* the web services.*hunter2$/),
    ]),
  );
});

describe('pfrunbook new-cluster', () => {
  const home = mkdtempSync(join(tmpdir(), 'pfrunbook-new-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const newCluster = (...args: readonly string[]) => {
    const [program, ...rest] = programCommand('worker/new-cluster', args);
    return execa(program, rest, { env: { PFRUNBOOK_HOME: home }, reject: false, stdin: 'ignore', timeout: 60_000 });
  };

  test('writes both files, access.ini for its owner only; says what is still to be done; never writes over them', async () => {
    const answers = file('good.ini', good);
    const { exitCode, stdout, stderr } = await newCluster('hq', '--answers', answers);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const folder = join(home, 'clusters/hq');
    expect(stdout).toMatch(/^Written: .*cluster.conf, .*access.ini\nBefore the first run:\n/);
    expect(stdout).toContain(`${folder}/replication is missing. Put the secret there`);
    expect(stdout).toMatch(/\nThen: pfrunbook start prepare-nodes hq\nAnd .*: pfrunbook start setup-cluster hq$/);
    expect(readdirSync(folder)).toEqual(['access.ini', 'cluster.conf']);
    expect(statSync(join(folder, 'access.ini')).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(folder, 'cluster.conf'), 'utf8');
    const again = await newCluster('hq', '--answers', file('other.ini', good.replaceAll('192.0.2', '203.0.113')));
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(
      /cluster.conf is there already[\s\S]*access.ini is there already[\s\S]*Nothing was written/,
    );
    expect(readFileSync(join(folder, 'cluster.conf'), 'utf8')).toBe(before);
  });

  test('whatever is wrong is said at once, and nothing is touched', async () => {
    const { exitCode, stderr } = await newCluster(
      '../hq',
      '--answers',
      file('bad.ini', good.replace('.13', '.12').replace('file:', '')),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /cannot be a cluster's name[\s\S]*192.0.2.12 is the address of pf2.example.com already[\s\S]*must be a reference[\s\S]*Nothing was written/,
    );
    const unasked = await newCluster('branch');
    expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringMatching(/pass --answers FILE/)]);
    expect((await newCluster()).stderr).toMatch(/^error: missing required argument 'name'\. Nothing was touched\.\n/);
    const unread = await newCluster('branch', '--answers', join(home, 'none.ini'));
    expect([unread.exitCode, unread.stderr]).toEqual([2, expect.stringMatching(/none.ini cannot be read \(ENOENT\)/)]);
    expect(readdirSync(join(home, 'clusters'))).toEqual(['hq']);
  });
});
