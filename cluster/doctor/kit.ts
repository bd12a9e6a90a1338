/** What a recovery would need: read on a good day by activities/look/kit.ts and worker/machine.ts, judged in doctor.ts, beside this file. */
import type { NodeName } from '../words.js';

export type Kit = Ready | NotReady;

export interface NotReady {
  readonly node: NodeName;
  readonly reachable: false;
  readonly because: string;
  /** What to do about it. */
  readonly next: string;
}

export interface Ready {
  readonly node: NodeName;
  readonly reachable: true;
  /** The `mariadb` program, by which the server is asked where sshd forwards nothing. */
  readonly hasClient: boolean;
  /** Whether sshd forwards sockets; unknown where the server did not answer. */
  readonly forwards: 'yes' | 'no' | 'unknown';
  /** As "10.11.6"; empty: not known. */
  readonly server: string;
  /** What sends and takes a full copy. Empty: not installed. */
  readonly copyTool: { readonly path: string; readonly version: string };
  readonly socat: boolean;
  /** The datadir is a mount of its own: it cannot be renamed. */
  readonly datadirIsMount: boolean;
  readonly backups: readonly Backup[];
  /** What the last nightly backup said of each part: "db" -> "OK". */
  readonly backupStatus: Readonly<Record<string, string>>;
  /** Networks that PacketFence serves here other than management. */
  readonly networks: readonly ServedNetwork[];
  /** [services] galera-autofix of pf.conf; empty: not set. */
  readonly autofixInConf: string;
  readonly cache?: CacheKit;
}

export interface Backup {
  readonly path: string;
  /** Milliseconds since the epoch, by the node's clock. */
  readonly at: number;
  readonly bytes: number;
}

export interface ServedNetwork {
  /** "198.51.100.0/24" */
  readonly network: string;
  /** "internal, vlan", "vlan-registration" */
  readonly kind: string;
}

export interface CacheKit {
  /** gcache.size */
  readonly bytes: number;
  /** Bytes of write sets a second: over the seconds between two looks, and since the server started. */
  readonly now: number;
  readonly average: number;
}

/** The machine that the recovery would be run from: this one. */
export interface Machine {
  readonly interfaces: readonly { readonly name: string; readonly address: string; readonly mac: string }[];
  readonly gateways: readonly string[];
  readonly state: { readonly path: string; readonly freeBytes: number };
  readonly temporal: TemporalSeen;
}

export interface TemporalSeen {
  /** Somebody else's server (TEMPORAL_ADDRESS or a profile); absent: the embedded one. */
  readonly elsewhere?: string;
  /** Of the embedded one, found without fetching anything. */
  readonly program?: string;
  readonly server: 'answers' | 'silent' | 'not up';
  /** Why it is silent. */
  readonly because?: string;
  readonly retentionDays?: number;
  readonly workers?: number;
}

/** A port of a switch that PacketFence holds open for a machine. */
export interface HeldPort {
  readonly mac: string;
  readonly switch: string;
  readonly port: string;
  readonly role: string;
}
