/** What differs between PacketFence versions and OS families: one table, no `if (version...)` elsewhere. */
import type { HostSeen, UnitRole } from './observation.js';

export interface Dialect {
  /** "14.0" etc.: the row of the table. */
  readonly name: string;
  readonly osFamily: 'debian' | 'rhel';
  /** systemd unit by role, without ".service"; a role that a version lacks is absent. */
  readonly units: Readonly<Partial<Record<UnitRole, string>>>;
  /** PacketFence's own generated configuration of the server. */
  readonly mariadbConf: string;
  /** How a new cluster is started through PacketFence's unit. */
  readonly bootstrap: 'MARIADB_ARGS' | 'drop-in';
  readonly sstMethod: 'mariabackup' | 'xtrabackup';
  readonly defaultTarget: string;
  /** Units through which PacketFence reaches the database, in the order in which they are restarted. */
  readonly proxies: readonly string[];
  /** Where PacketFence itself asks for the database: [database] of pf.conf, [mysql] of pfconfig.conf. */
  readonly databaseAt: { readonly host: string; readonly port: number };
  /** The file with the version of the configuration, as the nodes compare it. */
  readonly configVersion: string;
  /** `configreload` makes a new version of the configuration: there it comes after the sync, else before it. */
  readonly reloadMakesVersion: boolean;
  /** `pfcmd checkup` always says first what it does. */
  readonly checkupAnnounces: boolean;
  /** What switches the configurator off: conf/currently-at on each node, or [advanced] configurator of pf.conf. */
  readonly configuratorOff: 'currently-at' | 'pf.conf';
  /** What enables the units of the services that pf.conf asks for. */
  readonly enablesBy: 'service pf start' | 'service pf updatesystemd';
  /** What the password of the replication may hold: the configuration of the copies carries no more. */
  readonly replicationPassword: 'no blanks' | 'letters and digits';
  /** Proved: a lab test runs these against a node that answers as this version does. */
  readonly proof: 'proved' | 'documented';
}

interface Row extends Omit<Dialect, 'osFamily' | 'proof'> {
  /** First and last minor version of the row, as major.minor. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly proved: readonly Dialect['osFamily'][];
}

const seven = {
  units: {
    mariadb: 'packetfence-mariadb',
    config: 'packetfence-config',
    keepalived: 'packetfence-keepalived',
    haproxyDb: 'packetfence-haproxy',
    webservices: 'packetfence-httpd.webservices',
    iptables: 'packetfence-iptables',
    monit: 'monit',
    cron: 'packetfence-pfmon',
  },
  mariadbConf: '/usr/local/pf/var/conf/mariadb.conf',
  bootstrap: 'drop-in', // the unit passes no arguments before 10.0
  sstMethod: 'xtrabackup',
  defaultTarget: 'packetfence-cluster.target',
  proxies: ['packetfence-haproxy'],
  databaseAt: { host: '127.0.0.1', port: 3306 },
  configVersion: '/usr/local/pf/var/config_version',
  reloadMakesVersion: false,
  checkupAnnounces: false, // from 9.1 on, and not before
  configuratorOff: 'currently-at',
  enablesBy: 'service pf start',
  replicationPassword: 'no blanks',
} as const;
const eight = {
  ...seven,
  units: { ...seven.units, haproxyDb: 'packetfence-haproxy-db' },
  proxies: ['packetfence-haproxy-db'],
} as const;
const ten = {
  ...eight,
  units: { ...eight.units, autofix: 'packetfence-galera-autofix' },
  bootstrap: 'MARIADB_ARGS',
  checkupAnnounces: true,
  configuratorOff: 'pf.conf',
} as const;
const tenTwo = { ...ten, units: { ...ten.units, cron: 'packetfence-pfcron' } } as const;
const tenThree = { ...tenTwo, sstMethod: 'mariabackup' } as const;
const twelve = {
  ...tenThree,
  proxies: ['packetfence-proxysql', 'packetfence-haproxy-db'],
  databaseAt: { host: '100.64.0.1', port: 6033 },
  configVersion: '/usr/local/pf/var/conf/config_version',
  reloadMakesVersion: true,
  replicationPassword: 'letters and digits',
  enablesBy: 'service pf updatesystemd', // known from 11.0 on; there `service pf start` does the same first
} as const;

const fourteen: Row = { name: '14.0', from: [14, 0], to: [14, 0], ...twelve, proved: ['debian'] };

/** reference/packetfence.md, section 0: each row says what it changes of the one before. */
const rows: readonly Row[] = [
  { name: '7', from: [7, 0], to: [7, 4], ...seven, proved: [] },
  { name: '8-9', from: [8, 0], to: [9, 3], ...eight, proved: [] },
  { name: '10.0-10.1', from: [10, 0], to: [10, 1], ...ten, proved: [] },
  { name: '10.2', from: [10, 2], to: [10, 2], ...tenTwo, proved: [] },
  { name: '10.3-11', from: [10, 3], to: [11, 2], ...tenThree, proved: [] },
  { name: '12-13', from: [12, 0], to: [13, 2], ...twelve, proved: [] },
  fourteen,
  { name: '14.1', from: [14, 1], to: [14, 1], ...twelve, proved: [] },
];

/** `version`: as in conf/pf-release, "PacketFence 14.0.0" or "14.0.0". Undefined: nobody has read or run that version. */
export function dialectFor(version: string, osFamily: HostSeen['osFamily']): Dialect | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (osFamily === 'unknown' || major === undefined) return undefined;
  const at = [Number(major), Number(minor)] as const;
  const row = rows.find(({ from, to }) => notAfter(from, at) && notAfter(at, to));
  return row && dialectOfRow(row, osFamily);
}

function dialectOfRow({ from: _from, to: _to, proved, ...dialect }: Row, osFamily: Dialect['osFamily']): Dialect {
  return { ...dialect, osFamily, proof: proved.includes(osFamily) ? 'proved' : 'documented' };
}

/** The newest that is proved: stands in where a finding refuses and nothing may be done with it. */
export const newestDialect: Dialect = dialectOfRow(fourteen, 'debian');

/** For the first look, before the version is known: every unit name that a role ever had, the newest first. */
export const knownUnits: Readonly<Record<UnitRole, readonly string[]>> = {
  mariadb: unitsOf('mariadb'),
  config: unitsOf('config'),
  keepalived: unitsOf('keepalived'),
  haproxyDb: unitsOf('haproxyDb'),
  webservices: unitsOf('webservices'),
  iptables: unitsOf('iptables'),
  autofix: unitsOf('autofix'),
  monit: unitsOf('monit'),
  cron: unitsOf('cron'),
};

/** Every place where PacketFence's configuration of the server may stand, the newest first. */
export const knownConfs: readonly string[] = newestFirst(({ mariadbConf }) => mariadbConf);

/** The versions that the table knows, for messages. */
export const knownVersions: readonly string[] = rows.map(({ name }) => name);

function unitsOf(role: UnitRole): readonly string[] {
  return newestFirst(({ units }) => units[role]);
}

function newestFirst(what: (row: Row) => string | undefined): readonly string[] {
  return [...new Set(rows.toReversed().flatMap((row) => what(row) ?? []))];
}

function notAfter([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  return a < c || (a === c && b <= d);
}
