/** What is wrong with a cluster.conf: every complaint at once, by line, with its remedy. PacketFence itself says little of it, and late. */
import { type ClusterConf, clusterConfOf, type Interface, type Server, type Value, type Zone } from './cluster-conf.js';
import { checkAddresses } from './cluster-conf-addresses.js';
import { checkSections } from './cluster-conf-sections.js';
import { type Complaint, error, lack, warning } from './complaint.js';
import { count, list } from './finding.js';
import { isIp } from './ipv4.js';
import { pfFileFromText } from './pf-file.js';
import { checkPfFile } from './pf-file-check.js';

export interface Circumstances {
  /** A cluster that is not there yet: what one may live with, none should begin with. */
  readonly setUp?: boolean;
  /** A node's pf.conf, which knows the masks that cluster.conf leaves out. */
  readonly pfConf?: string;
}

export function checkClusterConf(
  text: string,
  { setUp = false, pfConf = '' }: Circumstances = {},
): readonly Complaint[] {
  const file = pfFileFromText(text);
  const conf = clusterConfOf(file);
  const grave = setUp ? error : warning;
  return [
    ...checkPfFile(file),
    ...checkSections(file, conf),
    ...conf.zones.flatMap((zone) => zoneComplaints(zone, conf, grave)),
    ...conf.servers.flatMap((server) => serverComplaints(server, conf, grave)),
    ...managementInterface(conf, grave),
    ...checkAddresses(conf, pfFileFromText(pfConf), grave),
    ...size(conf, setUp),
  ].toSorted((a, b) => a.line - b.line);
}

type Level = typeof error;

function zoneComplaints(zone: Zone, conf: ClusterConf, grave: Level): readonly Complaint[] {
  const where = zone.name ? `[${zone.name} CLUSTER]` : '[CLUSTER]';
  const servers = conf.servers.filter((server) => server.zone === zone.name);
  if (zone.line === 0)
    return [
      lack(
        error(
          servers[0]?.line ?? 0,
          `there is no ${where}: ${zone.name ? `zone ${zone.name} has no virtual address` : 'clustering is off'}`,
          `Add ${where} with management_ip`,
        ),
      ),
    ];
  return [
    ...(servers.length === 0
      ? [lack(error(zone.line, `${where} has no server`, 'Add its servers, or remove it'))]
      : []),
    ...address(where, zone.managementIp, 'management_ip', 'clustering is off without it, and nothing says so'),
    ...zone.interfaces.flatMap((one) =>
      address(`${where} interface ${one.name}`, one.ip, 'ip', 'it has no virtual address then'),
    ),
    ...(isOnNone(zone, grave === error)
      ? [
          grave(
            zone.managementIp.line,
            `the virtual address ${zone.managementIp.text} is on no interface of ${where}`,
            `Add [${where.slice(1, -1)} interface <name>] with ip=${zone.managementIp.text}`,
          ),
        ]
      : []),
    ...zone.interfaces.flatMap((one) => onNoServer(one, zone, servers)),
  ];
}

/** Where no interface is told of at all, an old cluster is let be. */
const isOnNone = ({ managementIp, interfaces }: Zone | Server, always: boolean): boolean =>
  managementIp.text !== '' &&
  (always || interfaces.length > 0) &&
  !interfaces.some(({ ip }) => ip.text === managementIp.text);

/** The guide's own example 7.1 has this slip. */
function onNoServer({ name, line }: Interface, zone: Zone, servers: readonly Server[]): readonly Complaint[] {
  if (servers.length === 0 || servers.some((server) => server.interfaces.some((one) => one.name === name))) return [];
  return [
    error(
      line,
      `no server ${zone.name ? `of zone ${zone.name} ` : ''}has an interface ${name}, so nobody can serve its virtual address`,
      `Add the interface to the servers, or remove the section`,
    ),
  ];
}

function serverComplaints(server: Server, conf: ClusterConf, grave: Level): readonly Complaint[] {
  const zone = conf.zones.find(({ name }) => name === server.zone);
  const where = `[${server.zone ? `${server.zone} ` : ''}${server.node}]`;
  const ofZone = zone?.line ? zone.interfaces : [];
  const has = (all: readonly Interface[], name: string) => all.some((one) => one.name === name);
  const peers = conf.servers.filter((other) => other.zone === server.zone);
  return [
    ...address(where, server.managementIp, 'management_ip', 'it cannot be reached'),
    ...server.interfaces.flatMap((one) =>
      address(`${where} interface ${one.name}`, one.ip, 'ip', 'the interface has no address'),
    ),
    ...(isOnNone(server, grave === error)
      ? [
          grave(
            server.managementIp.line,
            `the management address of ${server.node} is on none of its interfaces`,
            'Give one of them that ip',
          ),
        ]
      : []),
    ...ofZone.flatMap(({ name }) =>
      !has(server.interfaces, name) && peers.some((other) => has(other.interfaces, name))
        ? [
            lack(
              error(
                server.line,
                `interface ${name} is not defined for ${server.node}, though the cluster has a virtual address on it`,
                `Add [${where.slice(1, -1)} interface ${name}] with ip`,
              ),
            ),
          ]
        : [],
    ),
    // Flat: checkup calls it fatal. With zones checkup says nothing (guide 7.2's example has this slip).
    ...(zone?.line
      ? server.interfaces
          .filter(({ name }) => !has(ofZone, name))
          .map(({ name, line }) =>
            lack(
              (conf.multiZone ? grave : error)(
                line,
                `interface ${name} of ${server.node} has no virtual address`,
                `Add [${server.zone ? `${server.zone} ` : ''}CLUSTER interface ${name}] with ip`,
              ),
            ),
          )
      : []),
  ];
}

/** pf.conf, the same on all, types one interface as management (H16). */
function managementInterface({ servers, zones }: ClusterConf, grave: Level): readonly Complaint[] {
  const on = [...servers, ...zones].flatMap((member) => {
    const found = member.interfaces.find(({ ip }) => ip.text !== '' && ip.text === member.managementIp.text);
    const who = 'node' in member ? member.node : member.name ? `zone ${member.name}` : 'the cluster';
    return found ? [{ who, ...found }] : [];
  });
  const [first] = on;
  return on
    .filter(({ name }) => name !== first?.name)
    .map(({ who, name, line }) =>
      grave(
        line,
        `the management address of ${who} is on ${name}, that of ${first?.who} on ${first?.name}`,
        'Let management have the same interface everywhere',
      ),
    );
}

/** Galera wants three or more, and an odd number of them (guide 3.1). A cluster that lives may have shrunk (8.1). */
function size({ servers, zones }: ClusterConf, setUp: boolean): readonly Complaint[] {
  const grave = setUp ? error : warning;
  if (servers.length === 0)
    return [
      lack(error(0, 'no server is named', 'Add one section per server, called as the command hostname says there')),
    ];
  const solo = zones
    .filter(({ name }) => zones.length > 1 && servers.filter(({ zone }) => zone === name).length === 1)
    .map(({ name }) => name);
  return [
    ...(servers.length % 2 === 0
      ? [
          grave(
            0,
            `${count(servers.length, 'server')}: cut in two halves, neither has a quorum`,
            'Use an odd number, three or more',
          ),
        ]
      : []),
    ...(servers.length === 1 ? [grave(0, 'one server is no cluster', 'Add at least two more')] : []),
    ...(solo.length > 0
      ? [warning(0, `${list(solo)} has one server only`, 'Without it that zone has no service')]
      : []),
  ];
}

function address(where: string, { text, line }: Value, key: string, otherwise: string): readonly Complaint[] {
  if (text === '') return [lack(error(line, `${where} has no ${key}: ${otherwise}`, `Add ${key}=<address>`))];
  const [value = ''] = text.trim().split(/\s+[#;]/); // that it keeps what follows it has a complaint of its own
  return isIp(value) ? [] : [error(line, `"${text}" is no IPv4 address`, 'Correct it')];
}
