/** Five nodes in two zones (guide 7): one database, a virtual address for each zone, clients behind both next hops. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, leftovers } from '../../lab/down.js';
import { address, client, clientNetwork, type Lab, loadLab, nextHop, vip2 } from '../../lab/lab.js';
import { accepts, nodeExec, nodeRun } from '../../lab/machine.js';
import { joinAgain, partition } from '../../lab/network.js';
import { onClient } from '../../lab/routing.js';
import { until } from '../../lab/shell.js';
import { labStatus, whole } from '../../lab/status.js';
import { up } from '../../lab/up.js';

const NAME = 'zonetest';
let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pfrunbook-lab-'));
  process.env.PFRUNBOOK_HOME = home;
  await up(NAME, { zoned: true });
  lab = await loadLab(NAME);
});

afterAll(async () => {
  await down(NAME);
  expect(await leftovers(NAME)).toEqual([]);
  await rm(home, { recursive: true, force: true });
});

const reaches = async (from: string, to: string): Promise<boolean> =>
  (await nodeExec(lab, from, `ping -c 1 -W 1 ${to}`)).code === 0;

/** This machine may have no ping. */
const clientReaches = async (to: string): Promise<boolean> =>
  (await onClient(lab, ['timeout', '2', 'bash', '-c', `</dev/tcp/${to}/22`])).code === 0;

test('one cluster, and one holder of the virtual address in each zone', async () => {
  // Whoever is up first may serve it for half a minute, before the first of the zone takes it back.
  await until('the first server of each zone to hold its VIP', 90, async () => {
    const holders = (await labStatus(NAME)).nodes.filter(({ vip }) => vip).map(({ node }) => node);
    return holders.join() === 'pf1,pf4' ? true : undefined;
  });
  for (const node of lab.nodes) expect(await accepts(address(lab, node), 22), node).toBe(true);
  const listed = await nodeRun(
    lab,
    'pf5',
    '/usr/local/pf/bin/cluster/node | wc -l; /usr/local/pf/bin/pfcmd checkup | grep -c FATAL || :',
  );
  expect(listed.split('\n')).toEqual(['5', '0']);
});

test('clients are reached through the next hop of each zone, once networks.conf names it', async () => {
  expect(await reaches('pf1', client(lab))).toBe(false);
  const networks = `[${clientNetwork(lab)}]\ngateway=${client(lab)}\nnetmask=255.255.255.224\ntype=vlan-registration\n`;
  const hops = lab.zones
    .map(({ name }, zone) => `\n[${name} CLUSTER network ${clientNetwork(lab)}]\nnext_hop=${nextHop(lab, zone)}\n`)
    .join('');
  await nodeRun(lab, 'pf1', 'cat >>/usr/local/pf/conf/networks.conf', { input: networks });
  await nodeRun(lab, 'pf1', 'cat >>/usr/local/pf/conf/cluster.conf', { input: hops });
  await nodeRun(lab, 'pf1', '/usr/local/pf/bin/cluster/sync --as-master >/dev/null', { timeout: 300_000 });
  for (const [zone, { nodes }] of lab.zones.entries()) {
    for (const node of nodes) {
      await nodeRun(lab, node, '/usr/local/pf/bin/pfcmd configreload hard && systemctl restart packetfence-keepalived');
      expect(await nodeRun(lab, node, `ip route get ${client(lab)}`), node).toContain(
        `via ${nextHop(lab, zone)} dev eth1`,
      );
      expect(await reaches(node, client(lab)), node).toBe(true);
    }
    await until(`a client to reach the VIP of ${lab.zones[zone]?.name}`, 60, async () =>
      (await clientReaches(vip2(lab, zone))) ? true : undefined,
    );
  }
});

test('a zone that is cut off loses Primary, is reached from here and by clients, and comes back', async () => {
  const [first, second] = lab.zones;
  await partition(lab, [first?.nodes ?? [], second?.nodes ?? []]);
  await until('DC2 to be without Primary, and DC1 with it', 120, async () => {
    const words = (await labStatus(NAME)).nodes.map(({ cluster, size }) => `${cluster} ${size}`);
    return words.join() === 'Primary 3,Primary 3,Primary 3,non-Primary 2,non-Primary 2' ? true : undefined;
  });
  expect(await reaches('pf1', address(lab, 'pf4'))).toBe(false);
  expect(await reaches('pf4', address(lab, 'pf5'))).toBe(true);
  expect(await accepts(address(lab, 'pf4'), 22)).toBe(true);
  expect(await clientReaches(vip2(lab, 1))).toBe(true);
  await joinAgain(lab);
  await whole(lab, 180);
});
