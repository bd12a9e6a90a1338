/**
 * What workflows may ask of the outside, as types: workflows import this and nothing else from here. The real ones
 * are made in activities/index.ts, the imagined ones in model/.
 */

import type { Route, RouteSeen } from '../cluster/apply-networks.js';
import type { Approval, Notice, Proof, Receiver, Signable, Via } from '../cluster/approval.js';
import type { CheckupSeen } from '../cluster/checkup.js';
import type { ConfigurationSeen } from '../cluster/configuration.js';
import type { ContentSeen } from '../cluster/content.js';
import type { HostKeySeen } from '../cluster/host-key.js';
import type { Installed, SecretsSeen } from '../cluster/installed.js';
import type { Inventory } from '../cluster/inventory.js';
import type { DataSeen } from '../cluster/joining.js';
import type { Standing } from '../cluster/lineage.js';
import type { Holder, Offer } from '../cluster/lock.js';
import type { NodeSeen } from '../cluster/observation.js';
import type { ServerSeen } from '../cluster/prepare.js';
import type { CacheSeen, Recovered, SealSeen } from '../cluster/recovery.js';
import type { Change, Cluster, NodeName, Nodes } from '../cluster/words.js';

/** One change, to be made once: the key names it in the node's ledger. */
export interface ChangeOrder {
  readonly cluster: string;
  readonly change: Change;
  /** Of this run, this step of it ("7"; "7.2" is the second thing that it asks of the node), this try of it. Only a person's `retry` raises the generation. */
  readonly key: { readonly run: string; readonly step: string; readonly generation: number };
  /** Grows through the run, the same for all that one call asks of a node: a change older than the node's newest is refused. */
  readonly ordinal: number;
  /** Of the lock, and who asks: a node that is met late is locked when it is met. */
  readonly epoch: number;
  readonly holder: Pick<Holder, 'owner' | 'host'>;
  /** What the run last learnt of the node's ledger. Another one, or one that counts less, is a question, and the change is not made. */
  readonly known?: LedgerSeen;
  /** Of a guard: what is owed is noted on the node before the change is made; what is back is ticked off there after it. */
  readonly note?: GuardNote;
}

export type Done = 'done' | 'found done';

/** What tells that a node is another one, or was put back to an earlier time. */
export interface LedgerSeen {
  /** The ledger's id: made with it, at random. */
  readonly ledger: string;
  /** Grows with each change that begins, or is found done. */
  readonly counter: number;
  /** /etc/machine-id. */
  readonly machine: string;
}

export interface Made {
  readonly done: Done;
  /** As the change left it. */
  readonly ledger: LedgerSeen;
  /** Of several changes: titles of those that were found done. */
  readonly found?: readonly string[];
}

/** An entry without an act, before a run's first change on a node that it could not lock at its beginning. The key's step is "meet". */
export type Meeting = Omit<ChangeOrder, 'change' | 'known' | 'note'> & { readonly node: NodeName };

export interface Acts {
  /**
   * Makes the node's ledger where there is none, and counts on: a copy of the node from before the run is behind from then on.
   * Run twice: the ledger answers. Errors: Refused, Unreachable.
   */
  meet(meeting: Meeting): Promise<LedgerSeen>;
  /**
   * What one node is to do, in order; the first that fails ends it. Found done: all of it was. Run twice: the ledger
   * answers. Errors: Refused, Unreachable, Failed, OutcomeUnknown.
   */
  change(orders: readonly ChangeOrder[]): Promise<Made>;
  /**
   * Takes the lock on every node that can be reached, and waits until nothing of another run is at work there. Run twice: the
   * same epoch. Errors: Refused, with what a person may answer as `offer` in the details; what it took before is given back.
   */
  lock(order: LockOrder): Promise<Locked>;
  /** Gives the lock back where this run holds it. Answers where that is not known. Run twice: there is nothing left to give. */
  unlock(order: Pick<LockOrder, 'cluster' | 'holder'>): Promise<readonly NodeName[]>;
  /** The titles of those whose wanted state is not there, or cannot be seen. */
  unmet(changes: { readonly cluster: string; readonly changes: readonly Change[] }): Promise<readonly string[]>;
  /**
   * Makes the key that a person has seen, `shown`, the only known one of this node. Run twice: it is known. Errors:
   * Refused, where another is shown now; Unreachable.
   */
  pinHostKey(of: { readonly cluster: string; readonly node: NodeName; readonly shown: string }): Promise<void>;
  /**
   * A reference to keepalived's new shared key: the one given, with what speaks against it, or to one that is made for the run
   * and kept by the worker. Run twice: the same. The key itself is never in an answer.
   */
  keepalivedSecret(of: {
    readonly run: string;
    readonly given?: string;
  }): Promise<{ readonly reference: string; readonly complaints: readonly string[] }>;
  /** Writes the run's report as files. Run twice: the same files again. */
  finish(report: unknown): Promise<void>;
}

/** What the desk asks of the outside. */
export interface Desks {
  /** Who may decide and who is told, as the settings say now. */
  whoMayDecide(of: Pick<Nodes, 'cluster'>): Promise<Approval>;
  /** Checks a signature against allowed_signers as it is now. A bad one is an answer, no error. */
  verifySignature(of: {
    readonly cluster: string;
    readonly signed: Signable;
    readonly signature: string;
  }): Promise<Proof>;
  /** Tells one receiver in one way. Run twice: told twice, under one id. Errors: Failed; they name no address. */
  tell(what: {
    readonly cluster: string;
    readonly to: Receiver;
    readonly via: Via;
    readonly notice: Notice;
  }): Promise<void>;
}

export interface LockOrder {
  readonly cluster: Cluster;
  /** As the run shows it. */
  readonly title: string;
  readonly holder: Holder;
  /** Runs whose lock a person lets this one take. */
  readonly over: readonly string[];
  /** A person lets it work on fewer than a majority. */
  readonly few: boolean;
  /** The run that was named to be taken over when this one was started. */
  readonly asked?: string;
}

export interface Locked {
  readonly epoch: number;
  /** Of the nodes that it holds: they count on, as with `meet`. */
  readonly ledgers: Readonly<Record<NodeName, LedgerSeen>>;
  /** Not reachable: locked when it is met. */
  readonly away: readonly NodeName[];
}

/** In the details of a failure that a person can answer with more than `retry`. */
export interface Offering {
  readonly offer?: Offer;
}

export interface GuardNote {
  readonly cluster: string;
  readonly run: string;
  /** The guard's change whose inverse is owed. */
  readonly change: Change;
  /** Words for the condition under which it may go back; absent: always. */
  readonly condition?: string;
  readonly what: 'owed' | 'back';
}

export interface Looks {
  /** Everything a look shows, of every node asked, reachable or not. Changes nothing. */
  nodes(which: Nodes): Promise<readonly NodeSeen[]>;
  /**
   * What `recoverPosition` of this run left on each held node, and what their galera.caches, and those of the nodes
   * `beside`, hold at the positions that decide between them (cluster/lineage.ts says which).
   */
  histories(which: Nodes & { readonly run: string; readonly beside?: readonly NodeName[] }): Promise<Histories>;
  /** Whether each held node is as it was read. */
  seals(which: Nodes & { readonly run: string }): Promise<readonly SealSeen[]>;
  /** What tells one history from another, of nodes as they are: nothing is started or recovered. */
  lineage(of: { readonly cluster: string; readonly seen: readonly NodeSeen[] }): Promise<{
    readonly recovered: readonly Standing[];
    readonly caches: readonly CacheSeen[];
  }>;
  /** What setting up asks of each server. Errors: Unreachable. */
  installed(which: Nodes): Promise<readonly Installed[]>;
  /** Of the secrets that access.ini names: whether they can be read and carried, never what they are. */
  secrets(of: Pick<Nodes, 'cluster'>): Promise<SecretsSeen>;
  /** What servers are like that are to become a cluster, and whether each gets through to the `addresses` of the others. */
  servers(which: Nodes & { readonly addresses: Inventory['addresses'] }): Promise<readonly ServerSeen[]>;
  /** The next hop that each node takes to its network now. */
  routes(of: { readonly cluster: string; readonly routes: readonly Route[] }): Promise<readonly RouteSeen[]>;
  /** What our own cluster.conf says, and access.ini beside it. */
  inventory(of: Pick<Nodes, 'cluster'>): Promise<Inventory>;
  /** Whether the key that the node shows is the known one. */
  hostKey(of: { readonly cluster: string; readonly node: NodeName }): Promise<HostKeySeen>;
  /**
   * What each node is configured with, `configVersion` being the file of its version, and our own cluster.conf. `took`: the
   * files compared are those that this node has taken over in this run.
   */
  configuration(
    which: Nodes & { readonly run: string; readonly configVersion: string; readonly took?: NodeName },
  ): Promise<{ readonly ours: string; readonly seen: readonly ConfigurationSeen[] }>;
  /** What PacketFence's own checkup says on each node. */
  checkup(which: Nodes): Promise<readonly CheckupSeen[]>;
  /** What the data directory of each node holds. */
  data(which: Nodes): Promise<readonly DataSeen[]>;
}

export interface Histories {
  readonly recovered: readonly Recovered[];
  readonly caches: readonly CacheSeen[];
  /** As `seals`, after all that. */
  readonly seals: readonly SealSeen[];
}

/** Each looks, and beats, until the state is there. The caller sets the limit; passing it ends the watch, never what is watched. */
export interface Watches {
  /** Primary and Synced, by SQL. Streams what moves as heartbeats: state, bytes of a transfer. */
  untilSynced(what: { readonly cluster: string; readonly node: NodeName }): Promise<void>;
  /**
   * Each virtual address is held by exactly one of these nodes, and the database behind it says that it can be written;
   * and it stays so for `steadySeconds`.
   */
  untilServed(what: Nodes & { readonly steadySeconds?: number }): Promise<void>;
  /**
   * It answers, from another boot than this one. Errors: Failed, after the limit, with what to do at its console; `renamedBy`: the
   * run by which its interfaces have other names from this boot on.
   */
  untilRebooted(what: {
    readonly cluster: string;
    readonly node: NodeName;
    readonly bootId: string;
    readonly limitMinutes: number;
    readonly renamedBy?: string;
  }): Promise<void>;
  /** Compares the tables of Synced nodes by content, throttled. Never throws for a difference. */
  compareContent(what: Nodes & { readonly limitSeconds: number }): Promise<ContentSeen>;
}
