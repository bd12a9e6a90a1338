/**
 * The addresses of a cluster.conf, one beside the other: each belongs to one machine or to the cluster, and lies in its
 * interface's network. Masks stand in cluster.conf, or in pf.conf; without one nothing can be said of the network.
 */
import type { ClusterConf, Interface, Server, Value } from './cluster-conf.js';
import { type Complaint, error, warning } from './complaint.js';
import { list } from './finding.js';
import { firstOf, isIp, lastOf, networkOf, overlap, prefixOf } from './ipv4.js';
import { type PfFile, readValue } from './pf-file.js';

/** `grave`: what one may live with in a cluster that is there, none should begin with. */
export function checkAddresses(conf: ClusterConf, pfConf: PfFile, grave: typeof error): readonly Complaint[] {
  const links = linksOf(conf, pfConf);
  return [...owners(conf), ...links.flatMap((link) => linkComplaints(link, grave)), ...neighbours(links, grave)];
}

function owners({ servers, zones }: ClusterConf): readonly Complaint[] {
  const of = (who: string, member: Pick<Server, 'managementIp' | 'interfaces'>) => {
    const all = [member.managementIp, ...member.interfaces.map(({ ip }) => ip)].filter(({ text }) => text !== '');
    return all
      .filter(({ text }, i) => all.findIndex((one) => one.text === text) === i)
      .map((value) => ({ who, ...value }));
  };
  const real = servers.flatMap((server) => of(server.node, server));
  const virtual = zones.flatMap((zone) => of(zone.name ? `zone ${zone.name}` : 'the cluster', zone));
  const twice = <T extends { readonly text: string; readonly who: string }>(all: readonly T[], kind: string) =>
    all.flatMap((one, i) => {
      const before = all.slice(0, i).find(({ text, who }) => text === one.text && who !== one.who);
      return before ? [{ one, before, kind }] : [];
    });
  return [
    ...servers
      .filter(({ node }, i) => servers.findIndex((other) => other.node.toLowerCase() === node.toLowerCase()) < i)
      .map(({ node, line, zone }) =>
        error(line, `${node} is here twice${zone ? ', in two zones' : ''}`, 'A server has one section'),
      ),
    ...[...servers, ...zones].flatMap(({ interfaces }) =>
      interfaces.flatMap(({ name, ip }, i) => {
        const before = interfaces.slice(0, i).find((one) => ip.text !== '' && one.ip.text === ip.text);
        return before
          ? [error(ip.line, `${ip.text} is on ${before.name} and on ${name}`, `Give ${name} its own address`)]
          : [];
      }),
    ),
    ...[...twice(real, 'address'), ...twice(virtual, 'virtual address')].map(({ one, before, kind }) =>
      error(one.line, `${one.text} is the ${kind} of ${before.who} already`, `Give ${one.who} its own`),
    ),
    ...virtual.flatMap((vip) =>
      real
        .filter(({ text }) => text === vip.text)
        .map(({ who }) =>
          error(
            vip.line,
            `${vip.text} is a virtual address and the own address of ${who}`,
            'A virtual address belongs to no server',
          ),
        ),
    ),
  ];
}

/** One interface of one zone, with everybody who has an address there. */
export interface Link {
  readonly zone: string;
  readonly name: string;
  readonly members: readonly { readonly who: string; readonly ip: Value; readonly mask: Value }[];
  /** "192.0.2.0/24": where most of the servers are; undefined while no mask is known. */
  readonly network?: string;
}

export function linksOf({ zones, servers }: ClusterConf, pfConf: PfFile): readonly Link[] {
  return zones.flatMap((zone): Link[] => {
    const ofZone = servers.filter((server) => server.zone === zone.name);
    const names = new Set([zone, ...ofZone].flatMap(({ interfaces }) => interfaces.map(({ name }) => name)));
    return [...names].map((name): Link => {
      const at = (who: string, interfaces: readonly Interface[]) =>
        interfaces
          .filter((one) => one.name === name)
          .map(({ ip, mask: { text, line } }) => ({
            who,
            ip,
            mask: { text: text || (readValue(pfConf, `interface ${name}`, 'mask') ?? ''), line },
          }));
      const own = ofZone.flatMap(({ node, interfaces }) => at(node, interfaces));
      const network = commonest(
        own.flatMap(({ ip, mask }) => {
          const prefix = prefixOf(mask.text);
          return prefix !== undefined && isIp(ip.text) ? [networkOf(ip.text, prefix)] : [];
        }),
      );
      return {
        ...{ zone: zone.name, name, members: [...at('the virtual address', zone.interfaces), ...own] },
        ...(network && { network }),
      };
    });
  });
}

/** The first of those that occur most often. */
function commonest(all: readonly string[]): string | undefined {
  const times = (one: string) => all.filter((other) => other === one).length;
  return all.toSorted((a, b) => times(b) - times(a))[0];
}

function linkComplaints({ name, zone, members, network }: Link, grave: typeof error): readonly Complaint[] {
  const where = `${name}${zone ? ` in zone ${zone}` : ''}`;
  const masked = members.filter(({ mask }) => mask.text !== '');
  const right = masked.find(({ mask }) => prefixOf(mask.text) !== undefined);
  return [
    ...masked
      .filter(({ mask }) => prefixOf(mask.text) === undefined)
      .map(({ mask }) => grave(mask.line, `"${mask.text}" is no mask`, 'Write it as 255.255.255.0')),
    ...masked
      .filter(({ mask }) => prefixOf(mask.text) !== undefined && mask.text !== right?.mask.text)
      .map(({ who, mask }) =>
        grave(
          mask.line,
          `the mask of ${where} is ${mask.text} for ${who}, and ${right?.mask.text} for ${right?.who}`,
          'Let it be the same for all',
        ),
      ),
    ...members
      .filter(({ ip }) => isIp(ip.text))
      .flatMap(({ who, ip }) => {
        if (!network) return [];
        const its = networkOf(ip.text, Number(network.split('/')[1]));
        if (its !== network)
          return [
            grave(
              ip.line,
              `${ip.text} (${who}) lies outside ${network}, the network of ${where}`,
              'Correct one of them',
            ),
          ];
        return isEdge(ip.text, network)
          ? [
              grave(
                ip.line,
                `${ip.text} (${who}) is no machine's: it names the network ${network}, or all of it`,
                'Correct it',
              ),
            ]
          : [];
      }),
  ];
}

/** Its own name, or its broadcast address. */
export const isEdge = (ip: string, network: string): boolean =>
  Number(network.split('/')[1]) < 31 && (ip === firstOf(network) || ip === lastOf(network));

function neighbours(links: readonly Link[], grave: typeof error): readonly Complaint[] {
  return links.flatMap((one, i) =>
    links.slice(0, i).flatMap((before) => {
      if (!one.network || !before.network || !overlap(one.network, before.network)) return [];
      const line = one.members[0]?.ip.line ?? 0;
      return one.zone === before.zone
        ? [
            grave(
              line,
              `${list([before.name, one.name])} lie in one network (${before.network}, ${one.network})`,
              'Give each interface a network of its own',
            ),
          ]
        : [
            warning(
              line,
              `zones ${list([before.zone, one.zone])} share ${one.network}: in one layer 2 network they use one virtual router id`,
              'Make them one zone, or part their networks',
            ),
          ];
    }),
  );
}
