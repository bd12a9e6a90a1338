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
