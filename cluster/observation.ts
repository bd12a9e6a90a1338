/**
 * What a look at a node sees: facts, not judgements. Read by one script over SSH and a few queries
 * (activities/look/), parsed here, played by model/.
 */
import type { Lock, Over } from './lock.js';
import type { NodeName } from './words.js';

export type NodeSeen = Unreached | Reached;

export interface Unreached {
  readonly node: NodeName;
  readonly reachable: false;
  /** In words: "no route to host", "its host key has changed", "login refused". */
  readonly because: string;
}

export interface Reached {
  readonly node: NodeName;
  readonly reachable: true;
  readonly host: HostSeen;
  readonly database: DatabaseSeen;
  /** By role, so that no caller needs a unit's name: see Dialect.units. A unit that does not exist is absent here. */
  readonly units: Readonly<Partial<Record<UnitRole, UnitSeen>>>;
  readonly flags: FlagsSeen;
}

export type UnitRole =
  | 'mariadb'
  | 'config'
  | 'keepalived'
  | 'haproxyDb'
  | 'webservices'
  | 'iptables'
  | 'autofix'
  | 'monit'
  | 'cron';

export interface HostSeen {
  readonly hostname: string;
  /** First line of conf/pf-release, e.g. "14.0.0"; empty where there is none. */
  readonly version: string;
  readonly osFamily: 'debian' | 'rhel' | 'unknown';
  readonly machineId: string;
  readonly bootId: string;
  /** Milliseconds that the node's clock is ahead of the reader's; half the round trip is taken off. */
  readonly clockAheadMs: number;
  /** Every IPv4 address the node holds now: a VIP among them means that it serves it. */
  readonly addresses: readonly string[];
  /** Bytes free where the ledger lives. */
  readonly varFreeBytes: number;
}

export interface UnitSeen {
  /** systemd's words: active, activating, deactivating, inactive, failed, reloading. */
  readonly active: string;
  /** systemd's words: enabled, disabled, masked, masked-runtime, static, ... */
  readonly enabled: string;
  readonly mainPid: number;
}

export interface DatabaseSeen {
  /** Processes of the server's family: mysqld_safe, mysqld, mariadbd, and transfers (mariabackup, socat, wsrep_sst_*). */
  readonly processes: readonly { readonly pid: number; readonly name: string; readonly args: string }[];
  readonly sql: SqlSeen;
  /** grastate.dat; absent: no such file. While the server runs its seqno is -1, which says nothing. */
  readonly grastate?: { readonly uuid: string; readonly seqno: number; readonly safeToBootstrap: boolean };
  /** gvwstate.dat; absent: no such file. Meaningful only when the server is stopped or waits without Primary. */
  readonly view?: ViewSeen;
  readonly datadir: {
    readonly path: string;
    /** False: missing or empty. */
    readonly holdsData: boolean;
    readonly usedBytes: number;
    readonly freeBytes: number;
  };
  /** The bootstrap flag is set somewhere: MARIADB_ARGS of the manager, or a drop-in. Words say where. */
  readonly newClusterFlags: readonly string[];
  /** Its server runs as the beginning of a new cluster, and has not been restarted as an ordinary member since. */
  readonly beginsCluster?: boolean;
}

export interface ViewSeen {
  readonly bytes: number;
  /** "3 <uuid> <number>" as the file says; absent: the file is empty or torn. */
  readonly viewId?: string;
  /** Member uuids, sorted. */
  readonly members: readonly string[];
  readonly myUuid?: string;
}

export type SqlSeen =
  | ({ readonly kind: 'answers' } & WsrepSeen)
  /** No answer is not "down": a deadline ran out, or a connection was refused while a process lives. */
  | { readonly kind: 'silent'; readonly because: string };

export interface WsrepSeen {
  /** wsrep_cluster_status: Primary, non-Primary, Disconnected; "standalone" where the server runs without a provider. */
  readonly clusterStatus: string;
  /** wsrep_local_state_comment: Synced, Donor/Desynced, Joining, Joined, Initialized, ... */
  readonly state: string;
  readonly ready: boolean;
  readonly connected: boolean;
  readonly clusterSize: number;
  readonly stateUuid: string;
  readonly confId: number;
  readonly lastCommitted: number;
  /** host or host:port, as the server lists them. */
  readonly incoming: readonly string[];
  readonly readOnly: boolean;
  /** First and last seqno that IST could serve from here: wsrep_local_cached_downto; 0 where unknown. */
  readonly cachedDownTo: number;
}

export interface FlagsSeen {
  /** var/maintenance-mode exists. */
  readonly maintenance: boolean;
  /** Nodes that this node's cluster/node markers switch off. */
  readonly disabledNodes: readonly NodeName[];
  readonly defaultTarget: string;
  /** This node's own cluster.conf: its digest (empty: there is none), and where it names another cluster than ours, in words. */
  readonly clusterConf: {
    readonly sha256: string;
    readonly differs: readonly string[];
    /** There is none, or it names no server, as the package leaves it. */
    readonly namesNobody?: boolean;
  };
  /** setup-cluster began here, and is not over. */
  readonly setUpBegun?: boolean;
  /** Guards that a run of ours still owes here: file name -> what is owed, the title of how it goes back. */
  readonly owedGuards: Readonly<Record<string, string>>;
  /** Files of those whose unit did not run when it was stopped: put back, it stays stopped. */
  readonly owedStopped: readonly string[];
  /** The run that owes that its database may start again had taken its configuration over from another node: it was joining it. */
  readonly heldByJoin?: boolean;
  /** Nodes whose Galera ports this node drops (our barrier). */
  readonly barrier: readonly NodeName[];
  /** The run of ours that holds this node, or held it last. Absent: none ever did. */
  readonly lock?: Lock;
  /** Runs of ours that gave this node's lock back before that. */
  readonly over?: readonly Over[];
}
