/**
 * Whether servers can become a cluster (guide 3.1, 3.3, 9.2, 9.3): what each of them lacks that a run can give it, and what
 * only a person can mend. Everything that is wrong is told at once.
 */
import type { Dialect } from './dialect.js';
import { list, megabytes, refused, type Unhashed, verb } from './finding.js';
import { externalDatabase } from './installed.js';
import type { NodeSeen, Reached } from './observation.js';
import { type Renaming, renamingOf, renamingTold, type Unbooted, unbootedTold, wayBack } from './renaming.js';
import { besidesACopy } from './room.js';
import { dialectOf } from './running-version.js';
import { isReached, namesOf, wasMember, wsrepOf } from './seen.js';
import type { Cluster, Finding, NodeName, Proposal } from './words.js';

/** What a server is like before it is in any cluster. Read by activities/look/server.sh. */
export interface ServerSeen {
  readonly node: NodeName;
  /** It is the machine on which the worker runs. */
  readonly workerRunsHere: boolean;
  readonly hasSocat: boolean;
  readonly hasCopyTool: { readonly mariabackup: boolean; readonly xtrabackup: boolean };
  /** As the kernel has it, and as it comes after a boot. */
  readonly nonlocalBind: Setting;
  readonly ipv6Off: Setting;
  /** [database] host of pf.conf. */
  readonly databaseHost: string;
  /** "mariadbd  Ver 10.11.6-MariaDB", as the server's program says. */
  readonly databaseVersion: string;
  /** Units of another database that run. */
  readonly foreignUnits: readonly string[];
  /** Sections of its cluster.conf that say something. */
  readonly clusterConf: readonly string[];
  readonly bootId: string;
  /** Of its system: "12", "7.9". */
  readonly osVersion: string;
  /** Its version. */
  readonly systemd: number;
  /** The GRUB configuration that its firmware starts by. */
  readonly grubCfg: string;
  readonly interfaces: readonly LinkSeen[];
  /** What its files will call them, by the MAC address. */
  readonly next: readonly { readonly mac: string; readonly name: string }[];
  /** What runs of ours have written of that, the newest last: `run` is the folder of what it kept there. */
  readonly renamedBy: readonly {
    readonly run: string;
    readonly mac: string;
    readonly from: string;
    readonly to: string;
  }[];
  /** Files that name an interface, or a VLAN of it, as a whole word. */
  readonly named: readonly { readonly name: string; readonly path: string }[];
  /** Patterns by which systemd's own files mean interfaces. */
  readonly patterns: readonly { readonly name: string; readonly path: string }[];
  /** Ports of others that it does not get through to: "192.0.2.12:4567 (timed out)". */
  readonly closed: readonly string[];
}

export interface LinkSeen {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly mac?: string;
  /** What the kernel calls its kind: vlan, bridge, bond... Absent: an interface of the hardware. */
  readonly kind?: string;
  readonly vlan?: { readonly parent: string; readonly id: number };
  /** As the kernel called it first, where that is known. */
  readonly kernelName?: string;
}

export interface Setting {
  readonly now: boolean;
  readonly kept: boolean;
}

/** Of the database, and of the web services: guide 3.5, reference/packetfence.md 3.2. */
export const portsBetween: readonly number[] = [3306, 4444, 4567, 4568, 9090];

const clocksApart = 5_000; // milliseconds: versions of the configuration are compared by the second

export interface Preparation extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
  /** By what is to be done: the nodes that lack it. */
  readonly lacks: {
    readonly tools: readonly NodeName[];
    readonly nonlocalBind: readonly NodeName[];
    readonly clusterConf: readonly NodeName[];
    readonly ipv6Off: readonly NodeName[];
  };
  /** Of servers whose interfaces are named otherwise than cluster.conf calls them. */
  readonly renamings: readonly Renaming[];
  /** Of servers for which an earlier run has done that, and whose reboot was left to a person. */
  readonly unbooted: readonly Unbooted[];
}

export interface PrepareFacts {
  readonly cluster: Cluster;
  readonly clusterConf: string;
  readonly seen: readonly NodeSeen[];
  readonly servers: readonly ServerSeen[];
  readonly disableIpv6: boolean;
  /** Servers whose interfaces a person renames, or reboots later. */
  readonly left?: readonly NodeName[];
}

export function preparation(facts: PrepareFacts): Unhashed<Preparation> {
  const { seen, servers, disableIpv6, clusterConf, left = [] } = facts;
  const { dialect, refusal, verdict } = dialectOf({ seen });
  const away = namesOf(seen.filter((one) => !one.reachable));
  const names = servers
    .filter(({ node }) => !left.includes(node))
    .map((server) => ({ server, ...renamingOf({ clusterConf, server, osFamily: dialect.osFamily }) }));
  const renamings = names.flatMap(({ renaming }) => renaming ?? []);
  const unbooted = names.flatMap((one) => one.unbooted ?? []);
  const reasons = [
    ...(away.length > 0 ? [`${list(away)} cannot be reached: all servers are prepared together.`] : []),
    ...(refusal === undefined ? [] : [refusal]),
    ...clocks(seen.filter(isReached)),
    ...(disableIpv6 ? servers : [])
      .filter(({ workerRunsHere }) => workerRunsHere)
      .map(
        ({ node }) =>
          `${node} is the machine that this worker runs on, and would be rebooted: prepare from another, or without --disable-ipv6.`,
      ),
    ...servers.flatMap((server) => {
      const own = seen.find((one): one is Reached => one.node === server.node && one.reachable);
      return own ? [...host(own), ...database(own, server), ...network(own, server)] : [];
    }),
    ...names.flatMap((one) => (one.unbooted ? [] : one.complaints)),
  ];
  const without = (has: (server: ServerSeen) => boolean) => namesOf(servers.filter((server) => !has(server)));
  const lacks = {
    tools: without(({ hasSocat, hasCopyTool }) => hasSocat && hasCopyTool[dialect.sstMethod]),
    nonlocalBind: without(({ nonlocalBind }) => nonlocalBind.now && nonlocalBind.kept),
    clusterConf: without(({ clusterConf }) => clusterConf.length === 0),
    ipv6Off: disableIpv6 ? without(({ ipv6Off }) => ipv6Off.now && ipv6Off.kept) : [],
  };
  const told = [
    ...Object.entries(lackWords).flatMap(([key, words]) => {
      const nodes = lacks[key as keyof typeof lackWords];
      return nodes.length > 0 ? [`${verb(nodes, 'lacks', 'lack')} ${words}.`] : [];
    }),
    ...names.flatMap(({ server, renaming }) => (renaming ? [renamingTold(server, renaming)] : [])),
    ...names.flatMap(({ server, unbooted: waits }) => (waits ? [unbootedTold(server, waits)] : [])),
    ...(left.length > 0 ? [`A person is to rename the interfaces of ${list(left)}, or to reboot it.`] : []),
  ];
  return {
    dialect,
    lacks,
    renamings,
    unbooted,
    verdict:
      reasons.length > 0
        ? reasons
        : [...verdict, ...(told.length > 0 ? told : ['Every server is prepared: there is nothing to change.'])],
    ...refused(reasons.length > 0 ? [...reasons, 'Nothing was touched.'] : []),
  };
}

const lackWords = {
  tools: 'the tools for a full copy of the database',
  nonlocalBind: 'net.ipv4.ip_nonlocal_bind = 1, by which services bind addresses that the server does not hold',
  clusterConf: 'an empty cluster.conf',
  ipv6Off: 'net.ipv6.conf.all.disable_ipv6 = 1',
} as const;

/** The end of it: what was lacking is there. */
export function preparedNow(facts: PrepareFacts): Unhashed<Finding> {
  const { lacks, renamings, unbooted, verdict, refusal } = preparation(facts);
  const left = [...Object.values(lacks).flat(), ...renamings, ...unbooted];
  return { verdict, ...refused(refusal !== undefined || left.length > 0 ? verdict : []) };
}

interface Rebooting {
  readonly node: NodeName;
  /** The run that gave its interfaces other names. */
  readonly renamedBy?: string;
  /** That was one before this. */
  readonly before?: boolean;
}

/** It is no server of a cluster yet; who works on it is thrown out. */
export function rebootNow({ node, renamedBy, before = false }: Rebooting): Unhashed<Proposal> {
  return {
    verdict: [
      `${node} is rebooted, and must answer again within a quarter of an hour; have its console at hand. The others are left alone meanwhile.`,
      ...(renamedBy === undefined
        ? []
        : [
            `Its interfaces then have their new names. ${before ? `Their files are of an earlier run, ${renamedBy}, and no run puts them back.` : 'Until it is rebooted, abort puts its files back; after that no run can.'} The way back at its console, as root: ${wayBack(renamedBy)}`,
          ]),
    ],
    choices: { go: 'it is rebooted now', later: 'it is not: a person does it later' },
    goOn: 'go',
  };
}

/** What to do where it does not answer again. */
export const notBack = ({ node, renamedBy }: Rebooting): string =>
  renamedBy === undefined
    ? `Look at the console of ${node}; then retry, which waits again.`
    : `Look at the console of ${node}: \`ip addr\` says which interface has which name and address. The old names come back by, as root there: ${wayBack(renamedBy)} Then retry, which waits again; or abort, which leaves it as it is.`;

function clocks(seen: readonly Reached[]): readonly string[] {
  const off = seen.map(({ host: { clockAheadMs } }) => clockAheadMs);
  const apart = Math.max(...off) - Math.min(...off);
  return apart > clocksApart
    ? [
        `The clocks are ${Math.round(apart / 1000)} s apart (${seen.map(({ node, host: { clockAheadMs } }) => `${node} ${Math.round(clockAheadMs / 1000)} s`).join(', ')}): versions of the configuration are compared by time. Have all ask one time server.`,
      ]
    : [];
}

/** From 8.2 on every command dies where the host name is no section of cluster.conf. */
function host({ node, host: { hostname }, flags, database: { datadir } }: Reached): readonly string[] {
  return [
    ...(hostname === node
      ? []
      : [
          `${node} calls itself ${hostname}: no command would work. As root there: hostnamectl set-hostname ${node}; or correct our cluster.conf, if the name is wrong there`,
        ]),
    ...(flags.maintenance ? [`${node} is in maintenance: end it first.`] : []),
    ...(datadir.freeBytes < besidesACopy + datadir.usedBytes
      ? [
          `${node} has ${megabytes(datadir.freeBytes)} free for its database: a full copy takes the size of the data, and ${megabytes(besidesACopy)} besides.`,
        ]
      : []),
  ];
}

function database(
  seen: Reached,
  { node, databaseHost, databaseVersion, foreignUnits, clusterConf }: ServerSeen,
): readonly string[] {
  const wsrep = wsrepOf(seen);
  const member = wsrep && wsrep.clusterStatus !== 'standalone';
  return [
    ...(member
      ? [
          `The database of ${node} is in a Galera cluster already (${wsrep.clusterStatus}, ${wsrep.clusterSize} nodes): preparing would empty its cluster.conf. To bring a server into a cluster: join-node.`,
        ]
      : []),
    ...(!member && wasMember(seen) && clusterConf.length > 0
      ? [
          `The database of ${node} was in a Galera cluster, and its cluster.conf names one: preparing would empty it, and each server would go on alone. Where that cluster is down, bring it back: pfrunbook diagnose says how. Where it is no more, comment cluster.conf out on ${node} by hand.`,
        ]
      : []),
    ...externalDatabase(node, databaseHost),
    ...(foreignUnits.length > 0
      ? [
          `${list(foreignUnits)} runs on ${node} beside PacketFence’s own database: another database stack is not covered (guide 3.1). Stop and disable it, if it is only what the package started.`,
        ]
      : []),
    ...(databaseVersion === '' || /mariadb/i.test(databaseVersion)
      ? []
      : [`The database of ${node} is no MariaDB (${databaseVersion}): another database stack is not covered.`]),
  ];
}

function network({ units }: Reached, { node, closed }: ServerSeen): readonly string[] {
  // PacketFence's own firewall opens them with set-up: nothing is wrong with the network then.
  return closed.length > 0 && units.iptables?.active !== 'active'
    ? [`${node} does not get through to ${list(closed)}: open these ports between the servers.`]
    : [];
}
