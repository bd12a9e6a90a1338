/**
 * What the network equipment around a cluster must be told (guide 7.1, 7.2): a person's work,
 * with every address filled in from cluster.conf and networks.conf (which checkNetworks finds in order).
 */
import { type ClusterConf, clusterConfFromText, isYes } from './cluster-conf.js';
import { linksOf } from './cluster-conf-addresses.js';
import { list } from './finding.js';
import { liesIn } from './ipv4.js';
import { attachedTo, type Network, networksOf } from './networks.js';
import type { NetworkFiles } from './networks-check.js';
import { pfFileFromText } from './pf-file.js';

/** Each item a line of its own, with what it is about: it is shown in a list, on terminals too. */
export function equipmentItems({ clusterConf, networksConf, pfConf = '' }: NetworkFiles): readonly string[] {
  const conf = clusterConfFromText(clusterConf);
  const interfaces = pfFileFromText(pfConf);
  const networks = networksOf(conf, pfFileFromText(networksConf), interfaces);
  const links = linksOf(conf, interfaces);
  const remote = new Map(
    networks.flatMap(({ range, link }) => (range && !link ? [range] : [])).map((range) => [range, viewsOf(range)]),
  );
  return [
    ...part('RADIUS', radius(conf)),
    ...part(
      'DHCP relays',
      [...remote].flatMap(([range, views]) => relays(range, views)),
    ),
    ...part(
      'Routes',
      [...remote].flatMap(([range, views]) => routes(range, views)),
    ),
    ...part('Access lists', accessLists(networks)),
    ...part('Nothing to do', [
      ...(remote.size > 0 ? ['The servers need no static routes: PacketFence sets them from the next hops.'] : []),
      'The management interface needs no special routing.',
    ]),
  ];

  /** One network as each zone sees it, with the servers' own network on the way, and the virtual address there. */
  function viewsOf(range: string): readonly View[] {
    return networks
      .filter((network) => network.range === range && !network.link)
      .map((network) => {
        const hop = network.keys.get('next_hop')?.text ?? '';
        const via = attachedTo(network.zone, links, networks).find((one) => liesIn(hop, one.network));
        const zone = conf.zones.find(({ name }) => name === network.zone);
        const vip = zone?.interfaces.find(({ name }) => name === via?.name)?.ip.text;
        return {
          network,
          hop: hop || '(no next hop)',
          via: via?.network ?? '(an unknown network)',
          vip: vip ?? '(no virtual address)',
        };
      });
  }
}

interface View {
  readonly network: Network;
  readonly hop: string;
  readonly via: string;
  readonly vip: string;
}

const part = (title: string, lines: readonly string[]): readonly string[] => lines.map((line) => `${title}: ${line}`);
const inZone = (text: string, zone: string): string => (zone ? `${text} (${zone})` : text);

function radius({ zones }: ClusterConf): readonly string[] {
  const vips = zones.map(({ name, managementIp }) => inZone(managementIp.text, name));
  const several = vips.length > 1 ? ', as primary and secondary, or balanced' : '';
  return [
    `Every switch and controller sends RADIUS authentication and accounting to ${list(vips)}${several}`,
    `Every switch and controller that can accepts CoA and disconnects (RFC 3576) from ${list(vips)}`,
  ];
}

function relays(range: string, views: readonly View[]): readonly string[] {
  const [first] = views;
  if (!isYes(first?.network.keys.get('dhcpd')?.text ?? 'enabled')) return [];
  const vips = views.map(({ vip, network }) => inZone(vip, network.zone));
  return [`The gateway of ${range}, ${gatewayOf(first)}, relays DHCP (IP helper) to ${list(vips)}`];
}

function routes(range: string, views: readonly View[]): readonly string[] {
  const gateway = gatewayOf(views[0]);
  return [
    ...views.flatMap(({ hop, via, network: { zone } }) => [
      `${inZone(hop, zone)}, the next hop in ${via}, routes to ${range}`,
      `${gateway}, the gateway of ${range}, routes to ${inZone(via, zone)}`,
    ]),
    ...(views.length > 1 ? [`${list(views.map(({ via }) => via))} reach each other`] : []),
  ];
}

const gatewayOf = (view: View | undefined): string => view?.network.keys.get('gateway')?.text ?? '(no gateway)';

/** Who is not let in yet reaches the networks of that kind, and nothing else. */
function accessLists(networks: readonly Network[]): readonly string[] {
  const kinds = new Map<string, Set<string>>();
  for (const { range, keys } of networks) {
    const type = keys.get('type')?.text ?? '';
    if (range && type.startsWith('vlan-')) kinds.set(type, (kinds.get(type) ?? new Set()).add(range));
  }
  const remote = new Set(networks.flatMap(({ range, link }) => (range && !link ? [range] : [])));
  return [...kinds].flatMap(([type, ranges]) =>
    [...ranges]
      .filter((range) => remote.has(range))
      .map((range) => `Clients of ${range} (${type}) reach ${list([...ranges])}, and nothing else`),
  );
}
