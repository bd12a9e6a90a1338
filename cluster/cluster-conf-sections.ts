/** Which sections a cluster.conf has, and what they may be called: PacketFence passes over what it does not know without a word. */
import type { ClusterConf } from './cluster-conf.js';
import { type Complaint, error, lack } from './complaint.js';
import { type PfFile, readValue, sectionsOf } from './pf-file.js';

export function checkSections(file: PfFile, conf: ClusterConf): readonly Complaint[] {
  const sections = sectionsOf(file);
  const general = sections.find(({ name }) => name === 'general');
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
    ...sections
      .flatMap(({ name, line }) => (name === 'general' ? [] : checkName(name, line, conf, owners)))
      .filter(({ cause }, i, all) => all.findIndex((one) => one.cause === cause) === i), // a zone, or a host, has many
  ];
}

function checkName(
  section: string,
  line: number,
  { multiZone }: ClusterConf,
  owners: ReadonlySet<string>,
): readonly Complaint[] {
  const words = section.split(' ');
  const zone = multiZone ? (words.shift() ?? '') : '';
  const [owner = '', kind, ...rest] = words;
  if (/\s\s|\t/.test(section)) return [error(line, `[${section}] parts its words by more than one blank`, 'Use one')];
  if (multiZone && owner === '')
    return [error(line, `[${section}] names no zone, or no server`, `Write [<zone> ${section}]`)];
  if (multiZone && !/^[A-Za-z0-9]+$/.test(zone))
    return [error(line, `PacketFence does not see a zone called "${zone}"`, 'Use letters and digits only')];
  if (!multiZone && kind === 'CLUSTER')
    return [
      error(
        line,
        `[${section}] is of a zone, and multi_zone is not on`,
        'Add [general] with multi_zone=enabled, or take the zone away',
      ),
    ];
  if (!isHostName(owner))
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
  const [name = ''] = rest;
  if (rest.length !== 1 || !/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name))
    return [error(line, `[${section}] names no ${kind}`, `Write the ${kind} as one word`)];
  if (kind === 'interface' && name.length > 15)
    return [error(line, `no interface is called "${name}": Linux allows 15 characters`, 'Use what ip link says')];
  if (!owners.has(`${zone}/${owner}`))
    return [
      lack(
        error(
          line,
          `[${section}] belongs to [${zone ? `${zone} ` : ''}${owner}], which is not here`,
          `Add that section, with management_ip`,
        ),
      ),
    ];
  return [];
}

/** As the command hostname may say it: at most 64 characters to Linux, letters, digits and hyphens between dots; and no address. */
export function isHostName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= 64 &&
    labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  );
}
