/**
 * What is read once from a held node, before anything is decided: its position, the evidence of its lineage, and
 * the seal that says later whether it is still as it was read. `recoverPosition` leaves these on the node; a read
 * collects them. Source: reference/lineage.md, procedure 1-5.
 */
import type { NodeName, Position } from './words.js';

/** Seconds since the epoch, and sizes, of the files that any start of the server moves. */
export interface FileStamp {
  readonly mtime: number;
  readonly size: number;
}
export type StampedFile = 'ib_logfile0' | 'ibdata1' | 'grastate.dat' | 'galera.cache';
export type Stamps = Readonly<Partial<Record<StampedFile, FileStamp>>>;

export interface Recovered {
  readonly node: NodeName;
  readonly position: Position;
  /** What grastate.dat said before the recovery; all zeros: an unfinished copy, or evicted for inconsistency. InnoDB's own position says nothing of that. */
  readonly grastateUuid?: string;
  /** Stamps before the recovery touched anything: step 3c of lineage. */
  readonly before: Stamps;
  /** Why a start without Galera is suspected; empty: not touched as far as can be seen. */
  readonly touched: readonly string[];
  /** The last view kept in InnoDB (mysql.wsrep_cluster, wsrep_cluster_members); absent: the tables are not there. */
  readonly lastView?: {
    readonly clusterUuid: string;
    readonly viewId: number;
    readonly viewSeqno: number;
    readonly members: readonly string[];
  };
  readonly seal: Seal;
}

/** A held node is as it was read. */
export interface Seal {
  readonly bootId: string;
  readonly stamps: Stamps;
}

export interface SealSeen {
  readonly node: NodeName;
  /** Empty: the seal holds. Otherwise each thing that is no longer so, in words. */
  readonly broken: readonly string[];
  /** What would stop this node after the choice, and what mends it; no part of the seal. */
  readonly obstacles: readonly { readonly to: 'start' | 'full copy'; readonly because: string }[];
}

/** What a node's galera.cache says about the positions that were asked. */
export interface CacheSeen {
  readonly node: NodeName;
  /** seqno -> identity of the event: "T <source>/<conn>/<trx>/<time>" or "V <conf>/<members>"; "?" ambiguous; absent: not held. */
  readonly events: Readonly<Record<string, string>>;
  /** Seqnos of all view changes held. */
  readonly views: readonly number[];
  /** Ranges held without a gap, ascending. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Set: the file could not be read, and why. */
  readonly unreadable?: string;
}

export type Kinship = 'SAME' | 'DIFFERENT' | 'UNKNOWN';

/** A pair of nodes: is the lower one's history a prefix of the other's? */
export interface Pair {
  /** The one at the lower position; for equal positions, the first in cluster.conf. */
  readonly lower: NodeName;
  readonly higher: NodeName;
  readonly kinship: Kinship;
  readonly because: string;
}

/** How a discarded node comes back. */
export interface Rejoin {
  readonly node: NodeName;
  readonly way: 'IST' | 'full copy';
  readonly because: string;
}
