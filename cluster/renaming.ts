/**
 * Guide 9.2: servers whose interfaces are named otherwise than cluster.conf calls them. Which is which is known by the address,
 * and held by the MAC address. Where every name can be resolved a run renames them, one server at a time; where one cannot,
 * it is told why.
 */
import { clusterConfFromText } from './cluster-conf.js';
import type { Dialect } from './dialect.js';
import { list, refused, type Unhashed } from './finding.js';
import type { LinkSeen, ServerSeen } from './prepare.js';
import type { Finding, NodeName, Proposal } from './words.js';

/** One interface of its own hardware; its VLANs follow it. */
export interface Move {
  readonly mac: string;
  readonly from: string;
  readonly to: string;
}

/** What a file is changed by: all that is a whole word of it, `[Link] Name=`, a udev rule's NAME, pf.conf's sections. */
export type Rule = 'words' | 'link' | 'udev' | 'sections';

export interface FileRenamed {
  readonly path: string;
  /** Its name from then on: an ifcfg file goes by its interface's. */
  readonly as: string;
  readonly rule: Rule;
  /** Of the interface that it configures, where it is to say so (RHEL 7: what gives a name is HWADDR). */
  readonly mac?: string;
}

export interface Renaming {
  readonly node: NodeName;
  /** By udev's link files; or, on RHEL 7, by the kernel's own names and HWADDR of the ifcfg files. */
  readonly by: 'link files' | 'ifcfg files';
  readonly moves: readonly Move[];
  /** Names of VLANs, which follow. */
  readonly vlans: readonly { readonly from: string; readonly to: string }[];
  readonly files: readonly FileRenamed[];
  /** systemd knows `Type=ether` of a link file from this version on: 245. */
  readonly systemd: number;
  readonly grubCfg: string;
}

/** The files are written, and it still goes by its old names. */
export interface Unbooted extends Pick<Renaming, 'node' | 'moves'> {
  /** The run that wrote them, as the folder is called where it keeps what it changed. */
  readonly by: string;
}

interface RenameFacts {
  /** Ours. */
  readonly clusterConf: string;
  readonly server: ServerSeen;
  readonly osFamily: Dialect['osFamily'];
}

const longest = 15; // characters of a name, to the kernel

/** The name after the renaming: a VLAN that is called after its parent follows it. */
export function nameAfter(moves: readonly Pick<Move, 'from' | 'to'>[], name: string): string {
  for (const { from, to } of moves) {
    if (name === from) return to;
    if (name.startsWith(`${from}.`) && /^\d+$/.test(name.slice(from.length + 1)))
      return `${to}${name.slice(from.length)}`;
  }
  return name;
}

/** Undefined: its names are right, or there is a complaint. */
export function renamingOf(facts: RenameFacts): {
  readonly renaming: Renaming | undefined;
  readonly complaints: readonly string[];
  /** Set beside the complaint that it waits for its reboot, where a run may make that. */
  readonly unbooted?: Unbooted;
} {
  const { server, osFamily } = facts;
  const { node, interfaces: links, osVersion, systemd, grubCfg } = server;
  const by = osFamily === 'rhel' && /^7(\.|$)/.test(osVersion) ? 'ifcfg files' : 'link files';
  const { moves, complaints } = movesOf(facts);
  if (moves.length === 0 || complaints.length > 0) return { renaming: undefined, complaints };
  const renamed = links.filter(({ name }) => nameAfter(moves, name) !== name);
  const vlans = renamed
    .filter(({ name }) => !moves.some(({ from }) => from === name))
    .map(({ name }) => ({ from: name, to: nameAfter(moves, name) }));
  const files = filesOf(server, moves, by);
  const written = moves.every(({ mac, to }) => server.next.some((one) => one.mac === mac && one.name === to));
  if (written) {
    const by = server.workerRunsHere ? undefined : writerOf(server, moves);
    return {
      renaming: undefined,
      ...(by !== undefined && { unbooted: { node, moves, by } }),
      complaints: [
        `${node}: ${toldMoves(server, moves)} Its files have the new names already, and its interfaces have not: reboot it, with its console at hand.`,
      ],
    };
  }
  const wrong = [
    ...moves.flatMap((move) => notFree(links, moves, move)),
    ...(by === 'link files' ? moves.flatMap((move) => crossed(links, move)) : []),
    ...[...moves, ...vlans]
      .filter(({ to }) => !isName(to))
      .map(({ to }) => `${to} is no name that an interface can have.`),
    ...moves.flatMap((move) => unknownFiles(server, move, by)),
    ...(server.workerRunsHere
      ? [
          'it is the machine that this worker runs on, which no run reboots: prepare from another, or rename them by hand.',
        ]
      : []),
  ].map((words) => `${node}: ${toldMoves(server, moves)} That is not renamed by a run: ${words}`);
  if (wrong.length > 0) return { renaming: undefined, complaints: wrong };
  return { renaming: { node, by, moves, vlans, files, systemd, grubCfg }, complaints: [] };
}

/** The run that wrote all of these names, so that its script takes them all back. By hand, nobody knows what was written, nor what takes it back. */
function writerOf({ renamedBy }: ServerSeen, moves: readonly Move[]): string | undefined {
  const wrote = (by: string) =>
    moves.every((move) =>
      renamedBy.some(
        ({ run, mac, from, to }) => run === by && mac === move.mac && from === move.from && to === move.to,
      ),
    );
  return renamedBy.map(({ run }) => run).findLast(wrote);
}

/** What each of its interfaces is called, and what it is to be called. */
function movesOf({ clusterConf, server: { node, interfaces: links } }: RenameFacts): {
  readonly moves: readonly Move[];
  readonly complaints: readonly string[];
} {
  const wanted = clusterConfFromText(clusterConf).servers.find((one) => one.node === node)?.interfaces ?? [];
  const moves = new Map<string, Move>();
  const complaints: string[] = [];
  for (const { name, ip } of wanted) {
    const [holder, ...others] = links.filter(({ addresses }) => addresses.includes(ip.text));
    if (!holder) complaints.push(missing(node, links, name, ip.text));
    else if (others.length > 0)
      complaints.push(
        `${node}: ${ip.text} is on ${list([holder, ...others].map((one) => one.name))} at once: take it from all but one.`,
      );
    else {
      const move = holder.name === name ? undefined : moveOf(links, holder, name);
      if (typeof move === 'string') complaints.push(`${node}: ${calls(ip.text, holder.name, name)} ${move}`);
      else if (move) moves.set(`${move.from} ${move.to}`, move);
    }
  }
  const all = [...moves.values()];
  if (complaints.length > 0) return { moves: all, complaints };
  const crooked = wanted.filter(({ name, ip }) => {
    const holder = links.find(({ addresses }) => addresses.includes(ip.text));
    return holder && nameAfter(all, holder.name) !== name;
  });
  return {
    moves: all,
    complaints: crooked.map(
      ({ name, ip }) =>
        `${node}: cluster.conf calls the interface with ${ip.text} ${name}, and another name of it or of its parent speaks against that: a VLAN is called after its parent.`,
    ),
  };
}

function missing(node: NodeName, links: readonly LinkSeen[], name: string, address: string): string {
  return links.some((one) => one.name === name)
    ? `${name} of ${node} does not hold ${address}, which cluster.conf gives it: configure it there.`
    : `${node} has no interface ${name}, and none that holds ${address}: cluster.conf wants it.`;
}

const calls = (address: string, from: string, to: string): string =>
  `${address} is on ${from}, and cluster.conf calls that interface ${to}.`;

const toldMoves = ({ interfaces }: ServerSeen, moves: readonly Move[]): string =>
  moves
    .map(({ from, to }) => {
      const { addresses = [] } = interfaces.find(({ name }) => name === from) ?? {};
      return addresses.length > 0
        ? calls(list(addresses), from, to)
        : `${from} has the VLANs of what cluster.conf calls ${to}.`;
    })
    .join(' ');

/** Of the interface itself, or of the parent of a VLAN; else why there is none. */
function moveOf(links: readonly LinkSeen[], holder: LinkSeen, name: string): Move | string {
  const { vlan } = holder;
  if (vlan) {
    const [, to = ''] = new RegExp(`^(.+)\\.${vlan.id}$`).exec(name) ?? [];
    const parent = links.find((one) => one.name === vlan.parent);
    if (holder.name !== `${vlan.parent}.${vlan.id}` || to === '' || !parent || parent.vlan)
      return `It is VLAN ${vlan.id} of ${vlan.parent}, and is not called so in both: name it where it is configured, or correct our cluster.conf.`;
    return moveOf(links, parent, to);
  }
  if (holder.kind !== undefined || holder.mac === undefined)
    return `It is no interface of the server’s own hardware (${holder.kind ?? 'it has no MAC address'}): name it where it is configured, or correct our cluster.conf.`;
  const twin = links.find((one) => one !== holder && one.mac === holder.mac && !one.vlan);
  return twin
    ? `${twin.name} has the same MAC address (${holder.mac}): which is meant cannot be told. Rename it by hand (docs/runbooks/prepare-nodes.md), or correct our cluster.conf.`
    : { mac: holder.mac, from: holder.name, to: name };
}

const isName = (name: string): boolean => name.length <= longest && /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name);

/** Every interface has a name of its own afterwards. */
function notFree(links: readonly LinkSeen[], moves: readonly Move[], { to, from }: Move): readonly string[] {
  const taken = [
    ...links.filter((one) => one.name !== from && nameAfter(moves, one.name) === to).map(({ name }) => name),
  ];
  return taken.map((name) =>
    name === to
      ? `${to} is there already, and cluster.conf gives it no other name.`
      : `${list([from, name])} would both be ${to}.`,
  );
}

/** udev gives a name that another interface holds at that moment to nobody, and the kernel hands out its own in its own order. */
function crossed(links: readonly LinkSeen[], { from, to }: Move): readonly string[] {
  return links
    .filter((one) => one.name !== from && one.kernelName === to)
    .map(
      ({ name }) =>
        `the kernel calls ${name} ${to} while it boots, so that the two can cross. Choose names in cluster.conf that the kernel does not give (lan0).`,
    );
}

/** An interface that is found under its new name by nothing is an interface without an address. */
function unknownFiles({ named, patterns }: ServerSeen, { from, to }: Move, by: Renaming['by']): readonly string[] {
  const files = named.filter(({ name }) => name === from).map(({ path }) => path);
  const netplan = files.filter((path) => path.startsWith('/etc/netplan/'));
  const lost = patterns.filter(({ name }) => fits(name, from) && !fits(name, to));
  return [
    ...(netplan.length > 0 ? [`${list(netplan)} names ${from}: netplan is not covered.`] : []),
    ...lost.map(({ name, path }) => `${path} means ${from} by a pattern (${name}) that ${to} does not fit.`),
    ...(by === 'ifcfg files' && !files.some((path) => path.endsWith(`/ifcfg-${from}`))
      ? [`there is no ifcfg-${from}, by which the system would find it.`]
      : []),
    ...(files.some(givesAddress) || patterns.some(({ name }) => fits(name, from) && fits(name, to))
      ? []
      : [`no file is known here that names ${from}: what gives it its address would not find it again.`]),
  ];
}

const givesAddress = (path: string): boolean => !/\.(link|rules|netdev)$|\/pf\.conf$|^\/etc\/netplan\//.test(path);

/** systemd's patterns: `*`, `?` and sets. */
function fits(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    return new RegExp(`^${source.replaceAll('[!', '[^')}$`).test(name);
  } catch {
    return false; // nothing that systemd would read as a set either
  }
}

function filesOf(
  { named, interfaces }: ServerSeen,
  moves: readonly Move[],
  by: Renaming['by'],
): readonly FileRenamed[] {
  const renamed = interfaces.filter(({ name }) => nameAfter(moves, name) !== name).map(({ name }) => name);
  const paths = [...new Set(named.filter(({ name }) => renamed.includes(name)).map(({ path }) => path))];
  const written = by === 'link files' ? moves.map(linkFile) : [];
  return paths
    .filter((path) => !written.includes(path))
    .toSorted()
    .map((path) => {
      const [, before = '', of = ''] = /^(.*\/network-scripts\/\w+-)([^/]+)$/.exec(path) ?? [];
      const mac = by === 'ifcfg files' && before.endsWith('/ifcfg-') && moves.find(({ from }) => from === of)?.mac;
      return {
        path,
        as: before === '' ? path : `${before}${nameAfter(moves, of)}`,
        rule: ruleOf(path),
        ...(mac && { mac }),
      };
    });
}

export const linkFile = ({ to }: Pick<Move, 'to'>): string => `/etc/systemd/network/10-${to}.link`;

function ruleOf(path: string): Rule {
  if (path.endsWith('/pf.conf')) return 'sections';
  if (path.endsWith('.link')) return 'link';
  return path.endsWith('.rules') ? 'udev' : 'words';
}

/** In the first judgement of a run: a sentence for each server. */
export const renamingTold = (server: ServerSeen, { node, moves }: Renaming): string =>
  `${node}: ${toldMoves(server, moves)} It is renamed, after a question.`;

/** The same of one whose reboot was left to a person. */
export const unbootedTold = (server: ServerSeen, { node, moves, by }: Unbooted): string =>
  `${node}: ${toldMoves(server, moves)} ${by} has written its files: it is rebooted, after a question.`;

export interface RenameProposal extends Proposal {
  /** Undefined: nothing is left to rename. */
  readonly renaming: Renaming | undefined;
}

/** What is shown before anything of it is written. */
export function renameNow(facts: RenameFacts & { readonly run: string }): Unhashed<RenameProposal> {
  const { server, run } = facts;
  const { node } = server;
  const { renaming, complaints } = renamingOf(facts);
  const choices = {
    go: 'its files are written; the names change with its next boot, which is asked for after that',
    later: 'nothing is written there: a person renames them (docs/runbooks/prepare-nodes.md)',
  };
  if (!renaming)
    return {
      renaming,
      verdict: complaints.length > 0 ? complaints : [`${node}: its interfaces are called as in cluster.conf.`],
      choices,
      goOn: 'go',
      ...refused(complaints),
    };
  const { moves, vlans, by } = renaming;
  const unknown =
    by === 'link files' &&
    moves.some(({ to }) => /^eth\d+$/.test(to)) &&
    server.interfaces.every(({ kernelName }) => kernelName === undefined);
  return {
    renaming,
    choices,
    goOn: 'go',
    verdict: [
      ...moves.map(({ from, to, mac }) => `${node}: ${from} (${mac}) becomes ${to}.`),
      ...(vlans.length > 0 ? [`With them: ${list(vlans.map(({ from, to }) => `${from} becomes ${to}`))}.`] : []),
      `Files that change: ${pathsOf(renaming).join(', ')}.`,
      ...(unknown
        ? [
            'What the kernel calls them while it boots cannot be told here; names like eth0 are its own to give, and can cross. Names like lan0 cannot.',
          ]
        : []),
      `Have its console at hand. Where it does not come back, as root there: ${wayBack(run)}`,
    ],
    table: [
      ['interface', 'MAC address', 'name now', 'name wanted', 'address'],
      ...server.interfaces
        .filter(({ name }) => name !== 'lo')
        .map(({ name, mac = '-', vlan, addresses }) => [
          vlan ? `VLAN ${vlan.id} of ${vlan.parent}` : mac === '-' ? '-' : 'its own',
          mac,
          name,
          nameAfter(moves, name),
          addresses.join(', ') || '-',
        ]),
    ],
  };
}

/** All that the run writes, moves or removes there, each once. */
export function pathsOf({ by, moves, files, grubCfg }: Renaming): readonly string[] {
  return [
    ...new Set([
      ...files.flatMap(({ path, as }) => [path, as]),
      ...(by === 'link files' ? moves.map(linkFile) : ['/etc/default/grub', grubCfg]),
    ]),
  ];
}

/** Where a run keeps what it changes, and the script that puts it back. */
export const backScript = (run: string): string =>
  `/var/lib/pfrunbook/files/${run.replaceAll('/', '-')}/interfaces-back.sh`;
export const wayBack = (run: string): string => `sh ${backScript(run)} && reboot`;

/** After the boot: the same interfaces, by MAC address, under the names that were wanted, each with its addresses. */
export function renamedNow(
  facts: RenameFacts & { readonly before: ServerSeen; readonly renaming: Pick<Renaming, 'node' | 'moves'> },
): Unhashed<Finding> {
  const { server, before, renaming } = facts;
  const { node, moves } = renaming;
  const wrong = before.interfaces.flatMap(({ name, mac, addresses }) => {
    const wanted = nameAfter(moves, name);
    if (wanted === name) return [];
    const now = server.interfaces.find((one) => one.name === wanted);
    if (!now) return [`There is no ${wanted}.`];
    if (now.mac !== mac) return [`${wanted} has the MAC address ${now.mac ?? '-'}, and ${name} had ${mac ?? '-'}.`];
    const gone = addresses.filter((address) => !now.addresses.includes(address));
    return gone.length > 0 ? [`${wanted} does not hold ${list(gone)}.`] : [];
  });
  const { complaints, renaming: left } = renamingOf(facts);
  const all = [
    ...wrong,
    ...(wrong.length > 0
      ? []
      : [...complaints, ...(left ? [`${node} still calls ${list(left.moves.map(({ from }) => from))} so.`] : [])]),
  ];
  return {
    verdict:
      all.length > 0
        ? all
        : moves.map(({ from, to, mac }) => `${node}: ${from} (${mac}) is ${to} now, with its addresses.`),
    ...refused(all.length > 0 ? [`${node}:`, ...all] : []),
  };
}
