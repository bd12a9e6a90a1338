/**
 * What is wrong with the networks of a cluster (guide 7.2), in cluster.conf and networks.conf read together, zone by zone:
 * a network that has no way there, a pool that hands out what the cluster uses, a gateway elsewhere.
 */
import { type ClusterConf, clusterConfFromText, isYes } from './cluster-conf.js';
import { isEdge, linksOf } from './cluster-conf-addresses.js';
import { type Complaint, error, lack, warning } from './complaint.js';
import { list } from './finding.js';
import { isIp, liesIn, overlap, prefixOf, toNumber } from './ipv4.js';
import { attachedTo, type Network, networksOf, type Told } from './networks.js';
import { pfFileFromText } from './pf-file.js';
import { checkPfFile } from './pf-file-check.js';

export interface NetworkFiles {
  readonly clusterConf: string;
  readonly networksConf: string;
  /** A node's pf.conf, for the masks of its interfaces; they are known from a network of theirs, else. */
  readonly pfConf?: string;
}

/** What is wrong with cluster.conf beside its networks, checkClusterConf tells. */
export function checkNetworks({ clusterConf, networksConf, pfConf = '' }: NetworkFiles): readonly Complaint[] {
  const conf = clusterConfFromText(clusterConf);
  const common = pfFileFromText(networksConf);
  const interfaces = pfFileFromText(pfConf);
  const networks = networksOf(conf, common, interfaces);
  const links = linksOf(conf, interfaces);
  const seen = new Set<string>();
  return [
    ...checkPfFile(common).map((complaint) => ({ ...complaint, file: 'networks.conf' })),
    ...networks.flatMap((network) => [
      ...shape(network),
      ...way(network, attachedTo(network.zone, links, networks), ownAddresses(conf, network.zone)),
      ...pool(network, ownAddresses(conf, network.zone)),
      ...names(network, vipsOfZone(conf, network.zone)),
      ...words(network),
    ]),
    ...overlaps(networks, conf, links),
  ]
    .filter((one) => {
      const key = `${one.file} ${one.line} ${one.cause}`; // what networks.conf says is the same for every zone
      return !seen.has(key) && seen.add(key);
    })
    .toSorted((a, b) => (a.file ?? '').localeCompare(b.file ?? '') || a.line - b.line);
}

type Level = typeof error;
const at = ({ file, line }: Told, cause: string, remedy: string, level: Level = error): Complaint => ({
  ...level(line, cause, remedy),
  file,
});
const lacks = (network: Network, key: string, because: string, remedy: string): Complaint =>
  lack(at(network.at, `${nameOf(network)} has no ${key}${because}`, remedy));

const nameOf = ({ name, zone }: Network): string => `network ${name}${zone ? ` (zone ${zone})` : ''}`;

function shape(network: Network): readonly Complaint[] {
  const { name, range, keys } = network;
  const netmask = keys.get('netmask');
  if (!isIp(name)) return [at(network.at, `"${name}" is no network`, 'Call the section by the network, as 192.0.2.0')];
  if (!netmask) return [lacks(network, 'netmask', ', here nor in networks.conf', 'Add netmask=<mask>')];
  if (prefixOf(netmask.text) === undefined)
    return [at(netmask, `"${netmask.text}" is no mask`, 'Write it as 255.255.255.0')];
  const [first] = range?.split('/') ?? [];
  return first === name
    ? []
    : [at(network.at, `${name} with netmask ${netmask.text} is no network's name`, `Call the section ${first}`)];
}

/** Through a router, or none. */
function way(network: Network, attached: ReturnType<typeof attachedTo>, own: readonly string[]): readonly Complaint[] {
  const { range, link, keys } = network;
  const [gateway, hop] = [keys.get('gateway'), keys.get('next_hop')];
  const outside = !range || !gateway ? [] : inside(gateway, 'gateway', range);
  const around = list(attached.map(({ network: one, name }) => `${one} (${name})`)) || 'none that is known';
  return [
    ...(gateway ? outside : [lacks(network, 'gateway', ': clients have no way out of it', 'Add gateway=<address>')]),
    ...(!hop && range && !link
      ? [
          lacks(
            network,
            'next_hop',
            ', and the servers do not stand in it: they have no route there',
            `Add next_hop=<router> in a network where they stand: ${around}`,
          ),
        ]
      : []),
    ...(hop && !isIp(hop.text) ? [at(hop, `"${hop.text}" is no IPv4 address`, 'Correct it')] : []),
    ...(hop && isIp(hop.text) && link
      ? [at(hop, `${nameOf(network)} needs no next hop: the servers stand in it, with ${link.name}`, 'Remove next_hop')]
      : []),
    ...(hop && isIp(hop.text) && !link && !attached.some(({ network: one }) => liesIn(hop.text, one))
      ? [
          at(
            hop,
            `the next hop ${hop.text} of ${nameOf(network)} is in no network where the servers stand`,
            `Name a router in one of them: ${around}`,
          ),
        ]
      : []),
    ...(hop && own.includes(hop.text)
      ? [at(hop, `the next hop ${hop.text} is an address of the cluster itself`, 'Name the router')]
      : []),
  ];
}

function inside(value: Told, what: string, range: string): readonly Complaint[] {
  if (!isIp(value.text)) return [at(value, `"${value.text}" is no IPv4 address`, 'Correct it')];
  if (!liesIn(value.text, range)) return [at(value, `the ${what} ${value.text} lies outside ${range}`, 'Correct it')];
  return isEdge(value.text, range)
    ? [at(value, `the ${what} ${value.text} is no machine's: it names ${range}, or all of it`, 'Correct it')]
    : [];
}

/** DHCP must not hand out what the cluster itself uses. The guide's example does. */
function pool(network: Network, own: readonly string[]): readonly Complaint[] {
  const { range, keys } = network;
  if (!isYes(keys.get('dhcpd')?.text ?? 'enabled')) return [];
  const ends = (['dhcp_start', 'dhcp_end'] as const).map((key) => ({ key, value: keys.get(key) }));
  const missing = ends.flatMap(({ key, value }) =>
    value ? [] : [lacks(network, key, ': DHCP has nothing to hand out', `Add ${key}=<address>, or dhcpd=disabled`)],
  );
  const wrong = ends.flatMap(({ key, value }) => (value && range ? inside(value, key, range) : []));
  const [first, last] = ends.map(({ value }) => value);
  if (!first || !last || missing.length + wrong.length > 0) return [...missing, ...wrong];
  const [from, to] = [toNumber(first.text), toNumber(last.text)];
  if (from > to) return [at(first, `the DHCP pool begins at ${first.text}, after its end ${last.text}`, 'Swap them')];
  const [gateway, hop] = [keys.get('gateway')?.text ?? '', keys.get('next_hop')?.text ?? ''];
  const taken = [...new Set([...own, gateway, hop])]
    .filter((ip) => isIp(ip) && from <= toNumber(ip) && toNumber(ip) <= to)
    .toSorted((a, b) => toNumber(a) - toNumber(b));
  return taken.length > 0
    ? [
        at(
          first,
          `the DHCP pool ${first.text} to ${last.text} holds addresses that are taken: ${list(taken)}`,
          'Begin the pool after them',
          warning,
        ),
      ]
    : [];
}

/** The captive portal answers for every name. */
function names(network: Network, vips: readonly string[]): readonly Complaint[] {
  const { keys } = network;
  const [dns, type] = [keys.get('dns'), keys.get('type')];
  const servers = dns?.text.split(',').map((one) => one.trim()) ?? [];
  return [
    ...(dns ? [] : [lacks(network, 'dns', ': its clients find no portal', 'Add dns=<virtual address>')]),
    ...(dns && !servers.every(isIp)
      ? [at(dns, `"${dns.text}" is no list of IPv4 addresses`, 'Part them by commas')]
      : []),
    ...(dns && servers.every(isIp) && portal.test(type?.text ?? '') && !servers.some((one) => vips.includes(one))
      ? [
          at(
            dns,
            `the name server of ${nameOf(network)} is ${dns.text}, no virtual address of ${network.zone ? 'its zone' : 'the cluster'}: its clients do not find the portal`,
            `Name one of ${list(vips)}`,
            warning,
          ),
        ]
      : []),
    ...(type ? [] : [lacks(network, 'type', '', `Add type=${types[0]}, or another`)]),
    ...(type && !types.includes(type.text)
      ? [at(type, `"${type.text}" is no type that is known here`, `Known: ${list(types)}`, warning)]
      : []),
  ];
}

const types = ['vlan-registration', 'vlan-isolation', 'dns-enforcement', 'inlinel2', 'inlinel3', 'other'];
const portal = /^vlan-/;

function words({ keys }: Network): readonly Complaint[] {
  const leases = (['dhcp_default_lease_time', 'dhcp_max_lease_time'] as const).map((key) => ({
    key,
    value: keys.get(key),
  }));
  const [usual, longest] = leases.map(({ value }) => Number(value?.text));
  return [
    ...['dhcpd', 'named', 'nat_enabled', 'fake_mac_enabled', 'split_network'].flatMap((key) => {
      const value = keys.get(key);
      return value && !isYes(value.text) && !/^(n|no|false|disable|disabled|0)$/i.test(value.text)
        ? [at(value, `${key}=${value.text} means no to PacketFence`, 'Write enabled or disabled')]
        : [];
    }),
    ...leases.flatMap(({ key, value }) =>
      value && !/^[1-9]\d*$/.test(value.text)
        ? [at(value, `${key}=${value.text} is no number of seconds`, 'Correct it')]
        : [],
    ),
    ...(leases[0]?.value && usual !== undefined && longest !== undefined && usual > longest
      ? [at(leases[0].value, `the usual lease of ${usual} s is longer than the longest, ${longest} s`, 'Swap them')]
      : []),
  ];
}

function overlaps(
  networks: readonly Network[],
  { zones }: ClusterConf,
  links: ReturnType<typeof linksOf>,
): readonly Complaint[] {
  return zones.flatMap(({ name: zone }) => {
    const own = networks.filter((network) => network.zone === zone);
    const attached = links.flatMap(({ zone: of, name, network }) =>
      of === zone && network ? [{ who: `the network of ${name}`, range: network }] : [],
    );
    return own.flatMap((one, i) => {
      const { range } = one;
      if (!range) return [];
      const others = own.slice(0, i).map((other) => ({ who: nameOf(other), range: other.range }));
      return [...others, ...attached.filter((other) => other.range !== range)].flatMap((other) =>
        other.range && overlap(range, other.range)
          ? [at(one.at, `${range} overlaps ${other.range}, ${other.who}`, 'Part them, or correct a netmask')]
          : [],
      );
    });
  });
}

const vipsOfZone = ({ zones }: ClusterConf, zone: string): readonly string[] =>
  zones.filter(({ name }) => name === zone).flatMap(({ interfaces }) => interfaces.map(({ ip }) => ip.text));

function ownAddresses(conf: ClusterConf, zone: string): readonly string[] {
  const servers = conf.servers.filter((server) => server.zone === zone);
  return [...vipsOfZone(conf, zone), ...servers.flatMap(({ interfaces }) => interfaces.map(({ ip }) => ip.text))];
}
