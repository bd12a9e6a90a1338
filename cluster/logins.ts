/** How PacketFence's own parts log in at each other, as access.ini says. References, never the secrets themselves. */
import type { KeyEdit } from './commands/files.js';

export interface Login {
  readonly user: string;
  /** `env:`, `file:` or `exec:`; resolved on the worker. */
  readonly password: string;
}

/** Absent: access.ini does not say. */
export interface Logins {
  /** At the web services of every node: cluster/sync, and the nodes among themselves. */
  readonly webservices?: Login;
  /** Of the database's full copies, and of the wrapper that looks for peers. */
  readonly replication?: Login;
}

/** Where pf.conf holds them, in every version. Source: reference/packetfence.md 2.2. */
export const webservicesKeys = ({ user, password }: Login): readonly KeyEdit[] => [
  { section: 'webservices', key: 'user', value: user },
  { section: 'webservices', key: 'pass', value: { secret: password } },
];
export const replicationKeys = ({ user, password }: Login): readonly KeyEdit[] => [
  { section: 'active_active', key: 'galera_replication_username', value: user },
  { section: 'active_active', key: 'galera_replication_password', value: { secret: password } },
];
