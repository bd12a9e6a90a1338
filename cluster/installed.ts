/** What setting up asks of a server, beside what every look tells: facts, parsed from activities/look/installed.sh. */
import { installs, sysctlFile } from './commands/prepare.js';
import type { Dialect } from './dialect.js';
import type { NodeName } from './words.js';

export interface Installed {
  readonly node: NodeName;
  /** IPv4 addresses that each interface holds now, in its order. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
  /** What pf.conf says of its interfaces. */
  readonly configured: readonly { readonly name: string; readonly ip: string; readonly type: string }[];
  /** Servers that its own cluster.conf names. */
  readonly servers: readonly NodeName[];
  /** [database] host of its pf.conf. */
  readonly databaseHost: string;
  /** Devices that PacketFence knows of; absent: the database did not say, or has no such table. */
  readonly devices?: number;
  /** A set-up of ours began here, and is not over. */
  readonly setUpBegun: boolean;
  /** What prepare-nodes would see to, and is not there, whether this version needs it or not. */
  readonly lacks: readonly string[];
}

/** A database that is not PacketFence's own on this server: its cluster is not ours to make. What set-up itself writes is none. */
export const externalDatabase = (node: NodeName, host: string): readonly string[] =>
  /^(|localhost|127\.0\.0\.1|100\.64\.0\.1)$/.test(host)
    ? []
    : [
        `${node} uses the database at ${host}: an external database is clustered by its own means, and no runbook here touches it (guide 3.1).`,
      ];

const nonlocalBind = 'net.ipv4.ip_nonlocal_bind';

/** Of what a server of this version needs. */
export const lacking = ({ lacks }: Pick<Installed, 'lacks'>, { sstMethod }: Pick<Dialect, 'sstMethod'>) =>
  [nonlocalBind, 'socat', sstMethod].filter((one) => lacks.includes(one));

export const lackingInWords = (lacks: readonly string[]): readonly string[] =>
  lacks.map((one) =>
    one === nonlocalBind
      ? `${nonlocalBind} is not 1, now and after a boot`
      : `${one} is not installed${one === 'socat' ? '' : ', with which a full copy is made'}`,
  );

/** On the server itself: prepare-nodes works on no server while one of its cluster is in a cluster. */
export function preparedByHand(lacks: readonly string[], { sstMethod, osFamily }: Dialect): string {
  const programs = lacks.filter((one) => one !== nonlocalBind);
  const file = sysctlFile(nonlocalBind);
  return [
    ...(lacks.includes(nonlocalBind) ? [`echo '${nonlocalBind} = 1' >${file} && sysctl -p ${file}`] : []),
    ...(programs.length > 0 ? [installs[sstMethod][osFamily].replaceAll('\n', '; ')] : []),
  ].join('; ');
}

/** Of a secret on the worker: what can be told without showing it. */
export interface SecretSeen {
  /** Why it cannot be read; then the rest says nothing. */
  readonly unreadable?: string;
  readonly blanks: boolean;
  readonly lettersAndDigits: boolean;
  /** One that stands in the guide, or in another manual. */
  readonly example: boolean;
}

/** By its section of access.ini; absent: it names none. */
export type SecretsSeen = Readonly<Partial<Record<'mysql' | 'replication' | 'webservices', SecretSeen>>>;
