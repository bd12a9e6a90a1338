/**
 * A lab's two networks: bridges in a network namespace of its own (rules that the host has for forwarded packets, Docker's above all,
 * do not reach them), and one link by which this machine reaches the management side.
 */
import { address, address2, bridges, hostAddress, type Lab, prefix, SLOTS, vip, vip2, type Zone } from './lab.js';
import { netns } from './places.js';
import { CLIENTS, makeRouting, removeRouting } from './routing.js';
import { ask, LabError, run } from './shell.js';

const hostLink = (slot: number): string => `pflab${slot}`;

/** Takes a free slot for the lab. The host's end of the link is the claim: the kernel lets only one lab make it, and a reboot frees it. */
export async function makeNetwork(lab: string, zones: readonly Zone[], wanted?: number): Promise<number> {
  const namespace = netns(lab);
  if ((await ask('ip', ['netns', 'add', namespace])).code === 0) {
    for (const bridge of [...zones.flatMap((_, zone) => bridges(zone)), ...(zones.length > 1 ? [CLIENTS] : [])]) {
      await run('ip', ['-n', namespace, 'link', 'add', bridge, 'type', 'bridge']);
      await run('ip', ['-n', namespace, 'link', 'set', bridge, 'up']);
    }
    await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  }
  for (const slot of wanted === undefined ? SLOTS : [wanted]) {
    const claimed = await ask('ip', [
      'link',
      'add',
      hostLink(slot),
      'type',
      'veth',
      'peer',
      'name',
      'host',
      'netns',
      namespace,
    ]);
    if (claimed.code !== 0) continue;
    await run('ip', ['link', 'set', hostLink(slot), 'alias', lab]);
    await run('ip', ['-n', namespace, 'link', 'set', 'host', 'master', 'bra', 'up']);
    const made = { name: lab, slot, zones };
    await run('ip', ['address', 'add', `${hostAddress(made)}/${prefix(made)}`, 'dev', hostLink(slot)]);
    await run('ip', ['link', 'set', hostLink(slot), 'up']);
    await makeRouting(made, hostLink(slot));
    return slot;
  }
  await ask('ip', ['netns', 'delete', namespace]);
  throw new LabError(
    `no free network for lab ${lab}: slots ${SLOTS.join(', ')} are taken by other labs. \`pfrunbook lab down --name NAME\` frees one.`,
  );
}

export async function networkStands(lab: Lab): Promise<boolean> {
  const link = await ask('ip', ['-j', 'link', 'show', hostLink(lab.slot)]);
  return link.code === 0 && link.stdout.includes(`"ifalias":"${lab.name}"`);
}

/** The link's other end goes with the namespace, and so do the bridges; the host's end is asked for by name, for a lab that died half made. */
export async function removeNetwork(lab: string): Promise<void> {
  for (const link of await linksOf(lab)) await ask('ip', ['link', 'delete', link]);
  await removeRouting(lab);
  await ask('ip', ['netns', 'delete', netns(lab)]);
}

/** This machine's links that belong to a lab. */
export async function linksOf(lab: string): Promise<string[]> {
  const links = JSON.parse(await run('ip', ['-j', 'link'])) as { ifname: string; ifalias?: string }[];
  return links
    .filter(({ ifalias, ifname }) => ifalias === lab && ifname.startsWith('pflab'))
    .map(({ ifname }) => ifname);
}

/**
 * Parts the nodes into groups that cannot reach each other, on all networks; this machine still reaches all.
 * At the switch and at the router, not on the nodes: their own rules stay what PacketFence and the runbooks make them.
 */
export async function partition(lab: Lab, groups: readonly (readonly string[])[]): Promise<void> {
  const ports = (group: readonly string[]): string => group.flatMap((node) => [`"${node}a"`, `"${node}b"`]).join(', ');
  const pairs = groups.flatMap((from) => groups.filter((to) => to !== from).map((to) => [from, to] as const));
  const bridged = pairs.map(([from, to]) => `iifname { ${ports(from)} } oifname { ${ports(to)} } drop`);
  const routed = pairs.map(
    ([from, to]) => `ip saddr { ${addressesOf(lab, from)} } ip daddr { ${addressesOf(lab, to)} } drop`,
  );
  await joinAgain(lab);
  await run('ip', ['netns', 'exec', netns(lab.name), 'nft', '-f', '-'], {
    input: parted('bridge', bridged) + parted('inet', routed),
  });
}

const parted = (family: string, rules: readonly string[]): string =>
  `table ${family} parted {\n chain forward {\n type filter hook forward priority -1\n${rules.join('\n')}\n}\n}\n`;

/** With the virtual ones of each zone that is in the group as a whole. */
function addressesOf(lab: Lab, group: readonly string[]): string {
  const whole = lab.zones.flatMap(({ nodes }, zone) => (nodes.every((node) => group.includes(node)) ? [zone] : []));
  return [
    ...group.flatMap((node) => [address(lab, node), address2(lab, node)]),
    ...whole.flatMap((zone) => [vip(lab, zone), vip2(lab, zone)]),
  ].join(', ');
}

export async function joinAgain(lab: Lab): Promise<void> {
  for (const family of ['bridge', 'inet'])
    await ask('ip', ['netns', 'exec', netns(lab.name), 'nft', 'delete', 'table', family, 'parted']);
}

export async function isParted(lab: Lab): Promise<boolean> {
  return (await ask('ip', ['netns', 'exec', netns(lab.name), 'nft', 'list', 'table', 'bridge', 'parted'])).code === 0;
}
