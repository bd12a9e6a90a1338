/**
 * cluster.conf, flat and with zones: PacketFence's own inventory of the cluster. The order of its servers is the order of
 * the cluster: the first is the management node, and a tie goes to it.
 *
 * A section is read by its words: "CLUSTER", "pf1", "pf1 interface eth0", "CLUSTER network 192.0.2.0"; with
 * `[general] multi_zone=enabled` a zone stands in front: "DC1 CLUSTER", "DC1 pf1", "DC1 pf1 interface eth0".
 * Source: reference/packetfence.md 2.1; what is wrong with a file is found in cluster-conf-check.ts.
 */
import { list } from './finding.js';
import type { Inventory } from './inventory.js';
import { type PfFile, pfFileFromText, type Section, sectionsOf } from './pf-file.js';
import type { NodeName } from './words.js';

export interface ClusterConf {
  readonly multiZone: boolean;
  /** In file order; a flat cluster is one zone without a name. */
  readonly zones: readonly Zone[];
  /** In file order. */
  readonly servers: readonly Server[];
}

export interface Zone extends Member {
  readonly name: string;
  /** Of its CLUSTER section; 0: there is none, so no virtual address. */
  readonly line: number;
  readonly networks: readonly Section[];
}

export interface Server extends Member {
  readonly node: NodeName;
  readonly zone: string;
  readonly line: number;
}

interface Member {
  /** Empty: not given. */
  readonly managementIp: Value;
  readonly interfaces: readonly Interface[];
}

export interface Interface {
  readonly name: string;
  readonly line: number;
  readonly ip: Value;
  /** Empty: pf.conf says it. */
  readonly mask: Value;
}

export interface Value {
  readonly text: string;
  readonly line: number;
}

/** Reads what can be read; complains about nothing. */
export function clusterConfFromText(text: string): ClusterConf {
  return clusterConfOf(pfFileFromText(text));
}

export function clusterConfOf(file: PfFile): ClusterConf {
  const sections = sectionsOf(file);
  const multiZone = isMultiZone(sections);
  const named = sections.flatMap((section) => nameOf(section, multiZone) ?? []);
  const parts = (zone: string, owner: string, kind: string) =>
    named.filter((one) => one.zone === zone && one.owner === owner && one.kind === kind);
  const memberOf = (zone: string, owner: string, section: Section | undefined): Member => ({
    managementIp: valueIn(section, 'management_ip'),
    interfaces: parts(zone, owner, 'interface').map(({ rest, section: at }) => ({
      name: rest,
      line: at.line,
      ip: valueIn(at, 'ip'),
      mask: valueIn(at, 'mask'),
    })),
  });
  const servers = named
    .filter(({ owner, kind }) => kind === '' && owner !== 'CLUSTER')
    .map(
      ({ zone, owner, section }): Server => ({
        node: owner,
        zone,
        line: section.line,
        ...memberOf(zone, owner, section),
      }),
    );
  const zoneNames = [...new Set(named.filter(({ kind }) => kind === '').map(({ zone }) => zone))];
  return {
    multiZone,
    servers,
    zones: zoneNames.map((zone): Zone => {
      const section = parts(zone, 'CLUSTER', '')[0]?.section;
      return {
        name: zone,
        line: section?.line ?? 0,
        ...memberOf(zone, 'CLUSTER', section),
        networks: parts(zone, 'CLUSTER', 'network').map(({ rest, section: at }) => ({ ...at, name: rest })),
      };
    }),
  };
}

/** Of each server: its own management address, and the virtual one of its zone (empty: its zone has none). */
export function managementOf({ servers, zones }: ClusterConf) {
  return servers.map(({ node, zone, managementIp }) => ({
    node,
    own: managementIp.text,
    virtual: zones.find(({ name }) => name === zone)?.managementIp.text ?? '',
  }));
}

/** Every virtual address, once, in file order. */
export function vipsOf({ zones }: Pick<ClusterConf, 'zones'>): readonly string[] {
  return [
    ...new Set(
      zones
        .flatMap(({ managementIp, interfaces }) => [managementIp.text, ...interfaces.map(({ ip }) => ip.text)])
        .filter(Boolean),
    ),
  ];
}

/** Which servers share which virtual addresses. */
export const zonesOf = ({ zones, servers }: ClusterConf): Inventory['zones'] =>
  zones.map((zone) => ({
    name: zone.name,
    nodes: servers.filter((server) => server.zone === zone.name).map(({ node }) => node),
    vips: vipsOf({ zones: [zone] }),
  }));

/**
 * What differs, in words, where it counts: nodes, their addresses, their order. A stale inventory miscounts quorum.
 * Empty: the two name the same cluster.
 */
export function compareClusterConf(ours: string, theirs: string): readonly string[] {
  const [a, b] = [clusterConfFromText(ours), clusterConfFromText(theirs)];
  const nodes = (conf: ClusterConf) => conf.servers.map(({ node }) => node);
  const [only, onlyTheirs] = [
    nodes(a).filter((node) => !nodes(b).includes(node)),
    nodes(b).filter((node) => !nodes(a).includes(node)),
  ];
  const both = a.servers.flatMap((mine) =>
    b.servers.filter(({ node }) => node === mine.node).map((other) => [mine, other] as const),
  );
  const inBoth = (conf: ClusterConf) => nodes(conf).filter((node) => both.some(([{ node: one }]) => one === node));
  return [
    ...(only.length > 0 ? [`it does not name ${list(only)}`] : []),
    ...(onlyTheirs.length > 0 ? [`it names ${list(onlyTheirs)} too`] : []),
    ...both.flatMap(([mine, other]) => [
      ...(mine.managementIp.text === other.managementIp.text
        ? []
        : [
            `${mine.node} is ${other.managementIp.text || 'without an address'} there, ${mine.managementIp.text || 'without an address'} here`,
          ]),
      ...(mine.zone === other.zone
        ? []
        : [`${mine.node} is in zone ${other.zone || 'none'} there, ${mine.zone || 'none'} here`]),
    ]),
    ...(inBoth(a).join() === inBoth(b).join()
      ? []
      : [`the order is ${list(inBoth(b))} there, ${list(inBoth(a))} here`]),
    ...(vipsOf(a).toSorted().join() === vipsOf(b).toSorted().join()
      ? []
      : [`the virtual addresses are ${list(vipsOf(b)) || 'none'} there, ${list(vipsOf(a)) || 'none'} here`]),
  ];
}

/** PacketFence's own words for yes; anything else, "on" included, is no. */
export function isYes(value: string): boolean {
  return /^(y|yes|true|enable|enabled|1)$/i.test(value);
}

function isMultiZone(sections: readonly Section[]): boolean {
  return isYes(
    valueIn(
      sections.find(({ name }) => name === 'general'),
      'multi_zone',
    ).text,
  );
}

interface Named {
  readonly zone: string;
  /** "CLUSTER" or a node. */
  readonly owner: string;
  /** "", "interface", "network", or a word that nobody knows. */
  readonly kind: string;
  readonly rest: string;
  readonly section: Section;
}

function nameOf(section: Section, multiZone: boolean): Named | undefined {
  if (section.name === 'general') return undefined;
  const words = section.name.split(' ');
  const zone = multiZone ? (words.shift() ?? '') : '';
  const [owner, kind = '', ...rest] = words;
  return owner === undefined ? undefined : { zone, owner, kind, rest: rest.join(' '), section };
}

function valueIn(section: Section | undefined, key: string): Value {
  const entry = section?.keys.findLast((one) => one.key === key);
  return { text: entry?.value ?? '', line: entry?.line ?? section?.line ?? 0 };
}
