/**
 * The answers of `pfrunbook new-cluster`, as an INI file: `[cluster]` names the management interface, each `[interface eth0]`
 * (`[DC1 interface eth0]` where there are zones) its mask, its virtual address and the address of every server. All other sections are access.ini's,
 * and go there as they stand. docs/new-cluster.md
 */
import { type Answers, clusterConfFromAnswers, type LinkAnswers, nodesOf } from '../cluster/answers.js';
import { type ClusterConf, clusterConfFromText } from '../cluster/cluster-conf.js';
import { checkClusterConf } from '../cluster/cluster-conf-check.js';
import { type Complaint, complaintInWords, error } from '../cluster/complaint.js';
import { list } from '../cluster/finding.js';
import { isIp, networkOf, prefixOf } from '../cluster/ipv4.js';
import { type PfFile, pfFileFromText, pfFileToText } from '../cluster/pf-file.js';
import { iniFromText, type Section } from './ini-file.js';
import { readAccess } from './settings.js';

export interface NewCluster {
  readonly conf: ClusterConf;
  readonly clusterConf: string;
  readonly accessIni: string;
  /** With file and line; nothing may be written while there is one. */
  readonly complaints: readonly string[];
  readonly warnings: readonly string[];
}

/** `file`: what the complaints call it. */
export function readAnswers(text: string, file: string): NewCluster {
  const lines = pfFileFromText(text);
  const ini = iniFromText(only(lines, (section) => isOurs(section)));
  const { answers, complaints } = answersFrom(ini.sections);
  const written = clusterConfFromAnswers(answers);
  const conf = clusterConfFromText(written.text);
  const found = checkClusterConf(written.text, { setUp: true })
    .filter(({ lack }) => !lack) // what is missing was told already, as it is written here
    .map((one): Complaint => ({ ...one, line: written.origins[one.line - 1] ?? 0 }));
  const words = [...complaints, ...found]
    .toSorted((a, b) => a.line - b.line)
    .map((one) => ({ level: one.level, text: `${file}: ${complaintInWords(one)}` }));
  const of = (level: Complaint['level']) => [
    ...new Set(words.flatMap((one) => (one.level === level ? [one.text] : []))),
  ];
  const access = only(lines, (section) => section !== '' && !isOurs(section));
  return {
    conf,
    clusterConf: written.text,
    accessIni: access.replace(/^\n+/, '').replaceAll(/\n{3,}/g, '\n\n') || '; docs/access.md\n',
    complaints: [
      ...ini.complaints.map((complaint) => `${file}: ${complaint}`),
      ...of('error'),
      ...readAccess(access, file, conf.servers).complaints,
    ],
    warnings: of('warning'),
  };
}

const isOurs = (section: string): boolean =>
  section === '' || section === 'cluster' || (section.includes(' ') && !section.startsWith('node '));

/** The lines of the sections that are wanted, at their places: all others are blank. */
function only({ lines }: PfFile, wanted: (section: string) => boolean): string {
  let section = '';
  return pfFileToText({
    bom: false,
    lines: lines.map((line) => {
      if (line.kind === 'section') section = line.section;
      return wanted(section) ? line : { kind: 'blank', number: line.number, text: '', end: '\n' };
    }),
  });
}

function answersFrom(sections: readonly Section[]): {
  readonly answers: Answers;
  readonly complaints: readonly Complaint[];
} {
  const complaints: Complaint[] = [];
  const complain = (...one: Parameters<typeof error>) => void complaints.push(error(...one));
  const cluster = sections.find(({ name }) => name === 'cluster');
  for (const [key, { line }] of cluster?.entries ?? [])
    if (key !== 'management') complain(line, `[cluster] unknown key "${key}"`, 'Known: management');
  const zones = new Map<string, LinkAnswers[]>();
  for (const { name, line, entries } of sections) {
    if (name === 'cluster') continue;
    const [, zone = '', link] = /^(?:(\S+) )?interface (\S+)$/.exec(name) ?? [];
    if (link === undefined) {
      complain(line, `unknown section [${name}]`, 'Write [interface eth0], or with zones [DC1 interface eth0]');
      continue;
    }
    const said = (key: string, example: string) => {
      const entry = entries.get(key);
      if (!entry?.value) complain(entry?.line ?? line, `[${name}] has no ${key}`, `Add ${key} = ${example}`);
      return { text: entry?.value ?? '', line: entry?.line ?? line };
    };
    const addresses = [...entries]
      .filter(([key]) => key !== 'mask' && key !== 'vip')
      .map(([node, { value, line: at }]) => ({ node, ip: { text: value, line: at } }));
    const mask = said('mask', '255.255.255.0');
    const prefix = prefixOf(mask.text);
    const own = addresses.find(({ ip }) => isIp(ip.text))?.ip.text;
    const within = prefix !== undefined && own !== undefined ? ` in ${networkOf(own, prefix)}` : '';
    const vip = said('vip', `<an address${within} that no server has>`);
    zones.set(zone, [...(zones.get(zone) ?? []), { name: link, line, mask, vip, addresses }]);
  }
  const management = cluster?.entries.get('management')?.value ?? '';
  const unnamed = zones.get('');
  if (unnamed && zones.size > 1)
    complain(
      unnamed[0]?.line ?? 0,
      `[interface ${unnamed[0]?.name}] names no zone, and others do`,
      'Write [<zone> interface <name>]',
    );
  const answers = {
    management,
    zones: [...zones].map(([name, links]) => ({ name: name || zones.size === 1 ? name : 'unnamed', links })),
  };
  complainOfGaps(answers, complain, cluster?.line ?? 0);
  return { answers, complaints };
}

/** What is missing in one place, by what stands in another. */
function complainOfGaps(
  answers: Answers,
  complain: (...one: Parameters<typeof error>) => void,
  clusterLine: number,
): void {
  const { management, zones } = answers;
  if (!management)
    complain(clusterLine, 'which interface is the management interface', 'Add [cluster] with management = eth0');
  if (zones.length === 0)
    complain(0, 'no interface is told of', 'Add [interface eth0] with mask, vip and the address of every server');
  for (const zone of zones) {
    const { name, links } = zone;
    const [first] = links;
    if (management && !links.some((link) => link.name === management))
      complain(
        clusterLine,
        `there is no [${name ? `${name} ` : ''}interface ${management}], the management interface`,
        `Add it, or correct management. Known: ${list(links.map((link) => link.name))}`,
      );
    const nodes = nodesOf(zone, management);
    if (nodes.length === 0)
      complain(first?.line ?? 0, `no server is named${name && ` in zone ${name}`}`, 'Add <host name> = <address>');
    for (const link of links)
      for (const node of nodes) {
        const has = link.addresses.find((one) => one.node === node);
        if (!has?.ip.text)
          complain(
            has?.ip.line ?? link.line,
            `[${name ? `${name} ` : ''}interface ${link.name}] has no address of ${node}`,
            `Add ${node} = <address>`,
          );
      }
  }
}
