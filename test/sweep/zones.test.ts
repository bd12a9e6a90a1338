/** Guide 7 on five real servers in two zones: set up, networks behind a next hop of each zone, and a zone that is cut off. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowNonlocalBind, configure } from '../../lab/configure.js';
import { client, clientNetwork, nextHop, vip2 } from '../../lab/lab.js';
import { nodeExec } from '../../lab/machine.js';
import { joinAgain, partition } from '../../lab/network.js';
import { onClient } from '../../lab/routing.js';
import { labStatus } from '../../lab/status.js';
import { stopWriter } from '../../lab/writer.js';
import { places } from '../../worker/settings.js';
import { messages } from '../../workflows/messages.js';
import { Stage, seen } from '../lab/stage.js';

const name = 'twozones';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(name, { blank: true, zoned: true });
});
afterAll(() => stage.close());

const ours = (file: string) => join(places().config, 'clusters', name, file);
const wsrep = async () =>
  (await labStatus(name)).nodes.map(({ cluster, state, size }) => `${cluster} ${state} ${size}`).join();
const whole = 'Primary Synced 5,Primary Synced 5,Primary Synced 5,Primary Synced 5,Primary Synced 5';
const holders = async () => (await labStatus(name)).nodes.filter(({ vip }) => vip).map(({ node }) => node);
const networkOf = (address: string) => address.replace(/\d+$/, (host) => String(Number(host) & 240)); // a /28
const clientReaches = async (to: string) =>
  (await onClient(stage.lab, ['timeout', '2', 'bash', '-c', `</dev/tcp/${to}/22`])).code === 0;

test('five servers become one cluster, with a virtual address in each zone', async () => {
  const { lab } = stage;
  const [first = '', ...others] = lab.nodes;
  await allowNonlocalBind(stage.lab);
  const { code, all } = await stage.type('start', 'setup-cluster', name);
  expect(code, all).toBe(3);
  const question = await stage.asked();
  expect(question.token).toMatch(/^configurator-/);
  await configure(lab, first);
  for (const node of others) await configure(lab, node, { onlyNetwork: true });
  await (await stage.handle()).signal(messages.approve, `${question.token} anna`);
  await stage.approveToTheEnd(900_000, () => {});
  expect((await stage.type('report', name)).all).toContain('Ended: **done**');
  expect(await wsrep()).toBe(whole);
  expect(await holders()).toEqual(['pf1', 'pf4']);
  await stage.writes();
  await stopWriter(lab);
  expect(await stage.verify()).toMatchObject({ good: true });
});

test('clients behind the zones are reached by the next hop of each, once the networks are applied', async () => {
  const { lab } = stage;
  const pings = async (node: string) => (await nodeExec(lab, node, `ping -c 1 -W 1 ${client(lab)}`)).code === 0;
  for (const node of lab.nodes) expect(await pings(node), node).toBe(false);
  const text = await stage.onAll('cat /usr/local/pf/conf/cluster.conf');
  const hops = lab.zones.map((zone, at) => {
    const vip = vip2(lab, at);
    return `
[${zone.name} CLUSTER network ${networkOf(vip)}]
netmask=255.255.255.240
gateway=${vip}
dns=${vip}
type=vlan-registration
dhcpd=disabled
[${zone.name} CLUSTER network ${clientNetwork(lab)}]
next_hop=${nextHop(lab, at)}
dns=${vip}
`;
  });
  await writeFile(ours('cluster.conf'), (text[0] ?? '') + hops.join(''));
  await writeFile(
    ours('networks.conf'),
    `[${clientNetwork(lab)}]\ngateway=${client(lab)}\nnetmask=255.255.255.224\ntype=vlan-registration\ndhcpd=disabled\n`,
  );
  const { code, all } = await stage.type('start', 'apply-networks', name, '--yes');
  expect(code, all).toBe(0);
  for (const [zone, { nodes, name: called }] of lab.zones.entries()) {
    for (const node of nodes) expect(await pings(node), node).toBe(true);
    await seen(`a client to reach the VIP of ${called}`, 60_000, async () =>
      (await clientReaches(vip2(lab, zone))) ? true : undefined,
    );
  }
  expect(await wsrep()).toBe(whole);
});

test('of a zone that is cut off, the diagnosis says which side serves and what works on the other', async () => {
  const { lab } = stage;
  const [first, second] = lab.zones;
  await partition(lab, [first?.nodes ?? [], second?.nodes ?? []]);
  await seen('the second zone to be without Primary', 120_000, async () =>
    (await wsrep()).endsWith('non-Primary Initialized 2,non-Primary Initialized 2') ? true : undefined,
  );
  const said = await stage.type('diagnose', name);
  const words = said.all.replaceAll(/\s+/g, ' ');
  expect(words).toContain(
    'pf1, pf2 and pf3 are Primary. pf4 and pf5 run outside the cluster (non-Primary), read-only.',
  );
  expect(words).toMatch(/RADIUS answers with the roles that are stored/);
  expect(await holders()).toEqual(['pf1', 'pf4']);
  await joinAgain(lab);
  await seen('all to be one cluster again', 180_000, async () => ((await wsrep()) === whole ? true : undefined));
});
