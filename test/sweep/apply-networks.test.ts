/** Networks brought into force on three real nodes: refused while they are wrong, then routed by every server, and found done. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { places } from '../../worker/settings.js';
import { Stage } from '../lab/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('networks');
});
afterAll(async () => stage.close());

const ours = (file: string) => join(places().config, 'clusters', stage.name, file);
const start = () => stage.type('start', 'apply-networks', stage.name, '--yes');
const at = (range: string, host: number) => `${range}.${32 * stage.lab.slot + host}`;
const network = (gateway: string) => `[${at('203.0.113', 0)}]
netmask=255.255.255.224
gateway=${gateway}
type=vlan-registration
dhcpd=enabled
named=enabled
dhcp_start=${at('203.0.113', 10)}
dhcp_end=${at('203.0.113', 29)}
`;
const running = () =>
  stage.onAll(
    'systemctl show -p ActiveEnterTimestampMonotonic packetfence-keepalived packetfence-haproxy-db packetfence-mariadb',
  );
const versions = async () => new Set(await stage.onAll('cat /usr/local/pf/var/conf/config_version'));

test('what is wrong is told with file and line before anything is started', async () => {
  await appendFile(
    ours('cluster.conf'),
    `
[CLUSTER network ${at('198.51.100', 0)}]
netmask=255.255.255.224
gateway=${at('198.51.100', 10)}
dns=${at('198.51.100', 10)}
type=vlan-registration
dhcp_start=${at('198.51.100', 15)}
dhcp_end=${at('198.51.100', 28)}
[CLUSTER network ${at('203.0.113', 0)}]
next_hop=192.168.1.1
dns=${at('198.51.100', 10)}
`,
  );
  await writeFile(ours('networks.conf'), network('10.0.0.1'));
  const before = await running();
  const { code, all } = await start();
  expect(code, all).toBe(2);
  const said = all.replaceAll(/\s+/g, ' ');
  expect(said).toMatch(/cluster\.conf line \d+: the next hop 192\.168\.1\.1/);
  expect(said).toMatch(/networks\.conf line 3: the gateway 10\.0\.0\.1 lies outside/);
  expect(await running()).toEqual(before);
});

test('every server reaches the network by its next hop, and the database went on', async () => {
  const hop = at('198.51.100', 29);
  await writeFile(ours('networks.conf'), network(at('203.0.113', 1)));
  const before = await running();
  const text = await readFile(ours('cluster.conf'), 'utf8');
  await writeFile(ours('cluster.conf'), text.replace('192.168.1.1', hop));
  const { code, all } = await start();
  expect(code, all).toBe(0);
  expect(all.replaceAll(/\s+/g, ' ')).toContain(`relays DHCP (IP helper) to ${at('198.51.100', 10)}`);
  for (const said of await stage.onAll(`ip -o route get ${at('203.0.113', 5)}`))
    expect(said).toContain(`via ${hop} dev eth1`);
  const after = await running();
  const database = (all: readonly string[]) => all.map((one) => one.split('\n').filter(Boolean).at(-1));
  expect(database(after)).toEqual(database(before));
  expect(after.map((one, i) => one === before[i])).toEqual([false, false, false]);
  expect((await versions()).size).toBe(1);
  expect(await stage.onAll('systemctl is-active packetfence-pfcron monit; ls /var/lib/pfrunbook/guards')).toEqual(
    stage.lab.nodes.map(() => 'active\nactive'),
  );
});

test('again, it is found done: nothing is asked or restarted', async () => {
  const before = await running();
  const { code, all } = await stage.type('start', 'apply-networks', stage.name);
  expect(code, all).toBe(0);
  expect(await running()).toEqual(before);
});
