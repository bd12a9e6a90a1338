/** How a cluster is reached: read and checked once by worker/settings.ts, handed to the activities. Never in a history. */
import type { Approval } from '../cluster/approval.js';
import type { Logins } from '../cluster/logins.js';
import type { NodeName } from '../cluster/words.js';

export interface ClusterAccess {
  readonly name: string;
  /** In the order of cluster.conf. `address` is the management IP, unless access.ini names another. */
  readonly nodes: readonly { readonly node: NodeName; readonly address: string }[];
  /** The virtual addresses that keepalived serves. */
  readonly vips: readonly string[];
  /** Our copy of cluster.conf, as it stands in the file. */
  readonly clusterConf: string;
  /** Our networks.conf beside it; absent: there is none. */
  readonly networksConf?: string;
  readonly ssh: SshAccess;
  readonly mysql: {
    readonly user: string;
    /** Reference (`env:`, `file:`, `exec:`); absent: socket authentication. */
    readonly password?: string;
  };
  readonly logins: Logins;
  readonly approval: ApprovalAccess;
}

export interface ApprovalAccess extends Omit<Approval, 'tells'> {
  /** Path, in OpenSSH's format. */
  readonly allowedSigners: string;
  readonly notify: ReceiverAccess & { /** Seconds. */ readonly remind: readonly number[] };
  readonly escalate: ReceiverAccess & { /** Seconds. */ readonly after?: number | undefined };
}

export interface ReceiverAccess {
  /** A URL, or a reference to it: in many chats the address is the secret. */
  readonly webhook?: string | undefined;
  /** Reference to the value of the header. */
  readonly secret?: string | undefined;
  readonly header: string;
  /** Program and arguments. */
  readonly command?: readonly string[] | undefined;
}

export interface SshAccess {
  readonly user: string;
  readonly port: number;
  /** Path of a private key; absent: the agent at SSH_AUTH_SOCK. */
  readonly identity?: string;
  /** Path of known_hosts; a key that is not in it is refused, never accepted silently. */
  readonly knownHosts: string;
  /** True: the login user is not root, and `sudo -n` makes it so. */
  readonly sudo: boolean;
  /** The hosts through which a node is reached, the first one first; none unless told. Each one's key is verified as a node's. */
  readonly jump?: readonly JumpHost[];
}

export interface JumpHost {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}
