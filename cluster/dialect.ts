/** What differs between PacketFence versions and OS families: one table, no `if (version...)` elsewhere. */
import type { UnitRole } from './observation.js';

export interface Dialect {
  /** "14.0" etc.: the row of the table. */
  readonly name: string;
  readonly osFamily: 'debian' | 'rhel';
  /** systemd unit by role, without ".service"; a role that a version lacks is absent. */
  readonly units: Readonly<Partial<Record<UnitRole, string>>>;
  /** PacketFence's own generated configuration of the server. */
  readonly mariadbConf: string;
  /** How a new cluster is started through PacketFence's unit. */
  readonly bootstrap: 'MARIADB_ARGS' | 'drop-in';
  readonly sstMethod: 'mariabackup' | 'xtrabackup';
  readonly defaultTarget: string;
  /** Proved: a lab test runs these against a node that answers as this version does. */
  readonly proof: 'proved' | 'documented';
}
