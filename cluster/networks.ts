/**
 * The networks that a cluster serves, as each zone sees them: networks.conf, and over it what cluster.conf says in
 * `[ZONE CLUSTER network 192.0.2.0]` (`[CLUSTER network ...]` in a flat cluster). Guide 7.2, reference/packetfence.md 2.1.
 */
import type { ClusterConf } from './cluster-conf.js';
import { type Link, linksOf } from './cluster-conf-addresses.js';
import { isIp, liesIn, networkOf, prefixOf } from './ipv4.js';
import { type PfFile, type Section, sectionsOf } from './pf-file.js';

export interface Told {
  readonly text: string;
  readonly file: 'cluster.conf' | 'networks.conf';
  readonly line: number;
}

export interface Network {
  readonly zone: string;
  /** "192.0.2.0", as its section says. */
  readonly name: string;
  /** Where its section begins: in cluster.conf, if it stands in both. */
  readonly at: Told;
  readonly keys: ReadonlyMap<string, Told>;
  /** "192.0.2.0/24"; undefined: its name or netmask is none. */
  readonly range?: string;
  /** The interface on which the servers stand in it themselves; undefined: it lies behind a router. */
  readonly link?: Link;
}

export function networksOf(conf: ClusterConf, networksConf: PfFile, pfConf: PfFile): readonly Network[] {
  const common = sectionsOf(networksConf);
  const links = linksOf(conf, pfConf);
  return conf.zones.flatMap((zone) => {
    const names = new Set([...common, ...zone.networks].map(({ name }) => name));
    return [...names].map((name): Network => {
      const [below, above] = [common, zone.networks].map((all) => all.find((section) => section.name === name));
      const keys = new Map([...told(below, 'networks.conf'), ...told(above, 'cluster.conf')]);
      const prefix = prefixOf(keys.get('netmask')?.text ?? '');
      const range = prefix !== undefined && isIp(name) ? networkOf(name, prefix) : undefined;
      const link = links.find(
        ({ zone: of, members }) => of === zone.name && range && members.some(({ ip }) => liesIn(ip.text, range)),
      );
      return {
        ...{ zone: zone.name, name, keys },
        at: above
          ? { text: name, file: 'cluster.conf', line: above.line }
          : { text: name, file: 'networks.conf', line: below?.line ?? 0 },
        ...(range && { range }),
        ...(link && { link }),
      };
    });
  });
}

/** Where the servers of a zone stand: "192.0.2.0/24", with the interface. A router in one of them can be a next hop. */
export function attachedTo(zone: string, links: readonly Link[], networks: readonly Network[]) {
  const all = [
    ...links.flatMap(({ zone: of, name, network }) => (of === zone && network ? [{ name, network }] : [])),
    ...networks.flatMap(({ zone: of, range, link }) =>
      of === zone && range && link ? [{ name: link.name, network: range }] : [],
    ),
  ];
  // One of ours that the mask of the interface tells as well stands in both.
  return all.filter(
    (one, i) => all.findIndex(({ name, network }) => name === one.name && network === one.network) === i,
  );
}

function told(section: Section | undefined, file: Told['file']): readonly (readonly [string, Told])[] {
  return (section?.keys ?? []).map(({ key, value, line }) => [key, { text: value, file, line }]);
}

/** "CLUSTER network 192.0.2.0", "DC1 CLUSTER network 192.0.2.0": what a run may set in a node's cluster.conf without touching the rest. */
export const isNetworkSection = (section: string): boolean => /^(\S+ )?CLUSTER network \S+$/.test(section);
