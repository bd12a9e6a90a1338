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

/** Why a password cannot be the replication's; never shows it. It ends in mariadb.conf as "user:password", and in the hands of a script (guide 3.2). */
export function complaintsAboutReplication(password: string): readonly string[] {
  return [
    ...(/^[A-Za-z0-9]*$/.test(password)
      ? []
      : ['The replication password holds more than letters and digits, which full copies do not survive.']),
    ...(password === 'aMuchMoreSecurePassword' ? ['The replication password is the guide’s example.'] : []),
    ...(password === '' ? ['The replication password is empty.'] : []),
  ];
}

/** Why a login cannot be the web services'; never shows it. It is Basic authentication, and a value of pf.conf (guide 3.5.1). */
export function complaintsAboutWebservices({ user, password }: Login): readonly string[] {
  return [
    ...(/^[^\s:]+$/.test(user) ? [] : ['The user of the web services is empty, or holds a blank or a colon.']),
    ...(password === '' ? ['The password of the web services is empty: every call would be refused.'] : []),
    ...(user === 'packet' && password === 'fence' ? ['The login of the web services is the guide’s example.'] : []),
    ...(/[\r\n]|^\s|\s$|^<<|\[%/.test(password)
      ? [
          'The password of the web services begins or ends with a blank, or holds a line end, "[%", or "<<" in front: PacketFence would read another value.',
        ]
      : []),
  ];
}
