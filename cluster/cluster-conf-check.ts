/** What is wrong with a cluster.conf: every complaint at once, by line, with its remedy. PacketFence itself says little of it, and late. */
import {
  type ClusterConf,
  clusterConfOf,
  type Interface,
  isYes,
  type Server,
  type Value,
  type Zone,
} from './cluster-conf.js';
import { list } from './finding.js';
import { entriesOf, type PfFile, pfFileFromText, readValue, sectionsOf } from './pf-file.js';

export interface Complaint {
  /** An error: PacketFence or a runbook would do something else than the file seems to say. */
  readonly level: 'error' | 'warning';
  /** From 1; 0: of the file as a whole. */
  readonly line: number;
  readonly cause: string;
  readonly remedy: string;
}

export function checkClusterConf(text: string): readonly Complaint[] {
  const file = pfFileFromText(text);
  const conf = clusterConfOf(file);
  return [
    ...form(file),
    ...shape(file, conf),
    ...conf.zones.flatMap((zone) => zoneComplaints(zone, conf)),
    ...conf.servers.flatMap((server) => serverComplaints(server, conf)),
    ...addresses(conf),
    ...size(conf),
  ].toSorted((a, b) => a.line - b.line);
}

/** "line 3: cause. remedy" */
export function complaintInWords({ level, line, cause, remedy }: Complaint): string {
  return `${line > 0 ? `line ${line}: ` : ''}${level === 'warning' ? 'warning: ' : ''}${cause}. ${remedy}.`;
}

const error = (line: number, cause: string, remedy: string): Complaint => ({ level: 'error', line, cause, remedy });
const warning = (line: number, cause: string, remedy: string): Complaint => ({ level: 'warning', line, cause, remedy });

/** The text itself, whatever it means. */
function form(file: PfFile): readonly Complaint[] {
  const { lines } = file;
  const crlf = lines.filter(({ end }) => end === '\r\n');
  const entries = entriesOf(file);
  const repeated = <T extends { readonly section: string }>(all: readonly T[], same: (a: T, b: T) => boolean) =>
    all.filter((one, i) => all.findIndex((other) => same(one, other)) < i);
  return [
    ...(file.bom
      ? [error(1, 'the file begins with a byte order mark, which PacketFence 9 cannot read', 'Save it without one')]
      : []),
    ...(crlf.length === 1 && lines[0]?.end === '\r\n'
      ? [
          error(
            1,
            'this line alone ends with a carriage return: PacketFence cannot read the file',
            'Save it with Unix line ends',
          ),
        ]
      : []),
    ...(crlf.length > 1
      ? [
          warning(
            crlf[0]?.number ?? 1,
            `${crlf.length} lines end with a carriage return`,
            'Save it with Unix line ends',
          ),
        ]
      : []),
    ...lines.flatMap((line) =>
      line.kind === 'garbage'
        ? [
            error(
              line.number,
              `"${line.text.trim()}" is no section, key or comment: PacketFence goes on with its old configuration and does not say so`,
              'Write key=value, or put # in front',
            ),
          ]
        : [],
    ),
    ...(file.endless === undefined
      ? []
      : [
          error(
            file.endless,
            'the value that begins here with << never ends, and swallows the rest of the file',
            'Close it with its word on a line of its own',
          ),
        ]),
    ...lines.flatMap((line) =>
      line.text.includes('[%') ? [error(line.number, '"[%" is code to PacketFence 12 and later', 'Remove it')] : [],
    ),
    ...entries.flatMap(({ section, key, line }) =>
      section === '' ? [error(line, `${key} stands before the first section`, 'Move it below a [section]')] : [],
    ),
    ...entries.flatMap(({ key, value, line }) =>
      /\s$/.test(value)
        ? [
            error(
              line,
              `the value of ${key} ends with a blank, which PacketFence keeps (after management_ip it switches clustering off)`,
              'Remove the blank',
            ),
          ]
        : [],
    ),
    ...entries.flatMap(({ key, value, line }) =>
      /\s[#;]/.test(value)
        ? [
            error(
              line,
              `the value of ${key} keeps what follows it ("${value}")`,
              'Put the comment on a line of its own',
            ),
          ]
        : [],
    ),
    ...repeated(
      lines.flatMap((line) => (line.kind === 'section' ? [line] : [])),
      (a, b) => a.section === b.section,
    ).map(({ number, section }) => error(number, `[${section}] is here twice: PacketFence merges them`, 'Keep one')),
    ...repeated(entries, (a, b) => a.section === b.section && a.key === b.key).map(({ line, section, key }) =>
      error(line, `${key} is twice in [${section}]: PacketFence joins them into one value of two lines`, 'Keep one'),
    ),
  ];
}

/** Which sections there are, and what they may be called. */
function shape(file: PfFile, conf: ClusterConf): readonly Complaint[] {
  const sections = sectionsOf(file);
  const general = sections.find(({ section }) => section === 'general');
  const multiZone = readValue(file, 'general', 'multi_zone');
  const owners = new Set([
    ...conf.servers.map(({ zone, node }) => `${zone}/${node}`),
    ...conf.zones.map(({ name }) => `${name}/CLUSTER`),
  ]);
  return [
    ...(general && !conf.multiZone
      ? [
          error(
            general.line,
            multiZone === undefined
              ? '[general] without multi_zone counts as a server of that name'
              : `multi_zone=${multiZone} means no: only y, yes, true, enable, enabled and 1 mean yes`,
            'Write multi_zone=enabled, or remove the section',
          ),
        ]
      : []),
    ...sections.flatMap(({ section, line }): readonly Complaint[] => {
      if (section === 'general') return [];
      const words = section.split(' ');
      const zone = conf.multiZone ? (words.shift() ?? '') : '';
      const [owner = '', kind, ...rest] = words;
      if (/\s\s|\t/.test(section))
        return [error(line, `[${section}] parts its words by more than one blank`, 'Use one')];
      if (conf.multiZone && owner === '')
        return [error(line, `[${section}] names no zone, or no server`, `Write [<zone> ${section}]`)];
      if (conf.multiZone && !/^[A-Za-z0-9]+$/.test(zone))
        return [error(line, `PacketFence does not see a zone called "${zone}"`, 'Use letters and digits only')];
      if (!conf.multiZone && kind === 'CLUSTER')
        return [
          error(
            line,
            `[${section}] is of a zone, and multi_zone is not on`,
            'Add [general] with multi_zone=enabled, or take the zone away',
          ),
        ];
      if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(owner))
        return [error(line, `"${owner}" cannot be a host name`, 'Use what the command hostname says on that server')];
      if (kind === undefined) return [];
      if (kind !== 'interface' && !(kind === 'network' && owner === 'CLUSTER'))
        return [
          error(
            line,
            `[${section}] is nothing that PacketFence reads here`,
            `Write [${zone ? `${zone} ` : ''}${owner} interface <name>]`,
          ),
        ];
      if (rest.length !== 1 || !/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(rest[0] ?? ''))
        return [error(line, `[${section}] names no ${kind}`, `Write the ${kind} as one word`)];
      if (!owners.has(`${zone}/${owner}`))
        return [
          error(
            line,
            `[${section}] belongs to [${zone ? `${zone} ` : ''}${owner}], which is not here`,
            `Add that section, with management_ip`,
          ),
        ];
      return [];
    }),
  ];
}

function zoneComplaints(zone: Zone, conf: ClusterConf): readonly Complaint[] {
  const where = zone.name ? `[${zone.name} CLUSTER]` : '[CLUSTER]';
  const servers = conf.servers.filter((server) => server.zone === zone.name);
  if (zone.line === 0)
    return [
      error(
        servers[0]?.line ?? 0,
        `there is no ${where}: ${zone.name ? `zone ${zone.name} has no virtual address` : 'clustering is off'}`,
        `Add ${where} with management_ip`,
      ),
    ];
  return [
    ...(servers.length === 0 ? [error(zone.line, `${where} has no server`, 'Add its servers, or remove it')] : []),
    ...address(where, zone.managementIp, 'management_ip', `clustering is off without it, and nothing says so`),
    ...zone.interfaces.flatMap((one) =>
      address(`${where} interface ${one.name}`, one.ip, 'ip', 'it has no virtual address then'),
    ),
    ...(zone.interfaces.length > 0 &&
    zone.managementIp.text &&
    !zone.interfaces.some(({ ip }) => ip.text === zone.managementIp.text)
      ? [
          warning(
            zone.managementIp.line,
            `the virtual address ${zone.managementIp.text} is on no interface of ${where}`,
            `Add [${where.slice(1, -1)} interface <name>] with ip=${zone.managementIp.text}`,
          ),
        ]
      : []),
    ...zone.interfaces.flatMap((one) => onNoServer(one, zone, servers)),
    ...zone.networks.flatMap((network) => pool(network.keys, zone, servers)),
  ];
}

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

function serverComplaints(server: Server, conf: ClusterConf): readonly Complaint[] {
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
    ...(server.managementIp.text &&
    server.interfaces.length > 0 &&
    !server.interfaces.some(({ ip }) => ip.text === server.managementIp.text)
      ? [
          warning(
            server.managementIp.line,
            `the management address of ${server.node} is on none of its interfaces`,
            'Give one of them that ip',
          ),
        ]
      : []),
    ...ofZone.flatMap(({ name }) =>
      !has(server.interfaces, name) && peers.some((other) => has(other.interfaces, name))
        ? [
            error(
              server.line,
              `interface ${name} is not defined for ${server.node}, though the cluster has a virtual address on it`,
              `Add [${where.slice(1, -1)} interface ${name}] with ip`,
            ),
          ]
        : [],
    ),
    // Flat: checkup calls it fatal. With zones checkup says nothing (guide 7.2's example has this slip).
    ...(zone?.line
      ? server.interfaces
          .filter(({ name }) => !has(ofZone, name))
          .map(
            ({ name, line }) =>
              ({
                level: conf.multiZone ? 'warning' : 'error',
                line,
                cause: `interface ${name} of ${server.node} has no virtual address`,
                remedy: `Add [${server.zone ? `${server.zone} ` : ''}CLUSTER interface ${name}] with ip`,
              }) as const,
          )
      : []),
  ];
}

function addresses({ servers, zones }: ClusterConf): readonly Complaint[] {
  const names = servers.filter((server, i) => servers.findIndex(({ node }) => node === server.node) < i);
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
    ...names.map(({ node, line, zone }) =>
      error(line, `${node} is here twice${zone ? ', in two zones' : ''}`, 'A server has one section'),
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

function size({ servers, zones }: ClusterConf): readonly Complaint[] {
  if (servers.length === 0)
    return [error(0, 'no server is named', 'Add one section per server, called as the command hostname says there')];
  const solo = zones
    .filter(({ name }) => zones.length > 1 && servers.filter(({ zone }) => zone === name).length === 1)
    .map(({ name }) => name);
  return [
    ...(servers.length % 2 === 0
      ? [warning(0, `${servers.length} servers: cut in two halves, neither has a quorum`, 'Use an odd number')]
      : []),
    ...(servers.length === 1 ? [warning(0, 'one server is no cluster', 'Add at least two more')] : []),
    ...(solo.length > 0
      ? [warning(0, `${list(solo)} has one server only`, 'Without it that zone has no service')]
      : []),
  ];
}

/** DHCP must not hand out what the cluster itself uses. The guide's example does. */
function pool(
  keys: readonly { readonly key: string; readonly value: string; readonly line: number }[],
  zone: Zone,
  servers: readonly Server[],
): readonly Complaint[] {
  const get = (key: string) => keys.findLast((entry) => entry.key === key);
  const [first, last] = [get('dhcp_start'), get('dhcp_end')];
  if (!first || !last || !isIp(first.value) || !isIp(last.value) || !isYes(get('dhcpd')?.value ?? 'enabled')) return [];
  const taken = [zone, ...servers]
    .flatMap(({ interfaces }) => interfaces.map(({ ip }) => ip.text))
    .filter((ip) => isIp(ip) && toNumber(first.value) <= toNumber(ip) && toNumber(ip) <= toNumber(last.value));
  return taken.length > 0
    ? [
        warning(
          first.line,
          `the DHCP pool ${first.value} to ${last.value} holds addresses of the cluster: ${list(taken)}`,
          'Begin the pool after them',
        ),
      ]
    : [];
}

function address(where: string, { text, line }: Value, key: string, otherwise: string): readonly Complaint[] {
  if (text === '') return [error(line, `${where} has no ${key}: ${otherwise}`, `Add ${key}=<address>`)];
  const [value = ''] = text.trim().split(/\s+[#;]/); // that it keeps what follows it has a complaint of its own
  return isIp(value) ? [] : [error(line, `"${text}" is no IPv4 address`, 'Correct it')];
}

/** PacketFence's own check takes 10.78.0.999 for one. */
function isIp(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
