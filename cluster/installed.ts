/** What setting up asks of a server, beside what every look tells: facts, parsed from activities/look/installed.sh. */
import type { NodeName } from './words.js';

export interface Installed {
  readonly node: NodeName;
  /** IPv4 addresses that each interface holds now, in its order. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
  /** What pf.conf says of its interfaces. */
  readonly configured: readonly { readonly name: string; readonly ip: string; readonly type: string }[];
  /** Servers that its own cluster.conf names. */
  readonly servers: readonly NodeName[];
  /** Devices that PacketFence knows of; absent: the database did not say, or has no such table. */
  readonly devices?: number;
  /** A set-up of ours began here, and is not over. */
  readonly setUpBegun: boolean;
  /** What prepare-nodes would have seen to, and has not: words. */
  readonly lacks: readonly string[];
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
