/**
 * What a program of PacketFence answers, as a table: precondition, command -> exit code, both streams, changed files. The same
 * tables hold the lab's stand-ins and a real node (STANDINS_NODE) to the facts of reference/packetfence-run.md.
 */

export interface Case {
  /** A sentence: what the program does. With the fact that it comes from: C1, H6, "1.4" (a section of packetfence.md). */
  readonly title: string;
  /** sh: makes the precondition. Must succeed. */
  readonly given?: string;
  /** sh: the command. The variables and functions of prelude.sh are there. */
  readonly run: string;
  readonly code: number | readonly number[];
  /** Each must match; `[]`: nothing is said there. Absent: it does not matter. */
  readonly stdout?: readonly RegExp[];
  readonly stderr?: readonly RegExp[];
  /** Watched files that are other afterwards in content, owner, mode or existence; every other one must be as it was. */
  readonly changed?: readonly string[];
  /** sh: puts back what `given` and `run` did. */
  readonly after?: string;
}

export interface Table {
  readonly program: string;
  readonly cases: readonly Case[];
}

const PF = '/usr/local/pf';

/** Beside the tables: what no program may change in passing. */
export const WATCHED = {
  clusterConf: `${PF}/conf/cluster.conf`,
  pfConf: `${PF}/conf/pf.conf`,
  version: `${PF}/var/conf/config_version`,
  /** Until 11. */
  oldVersion: `${PF}/var/config_version`,
  mariadbConf: `${PF}/var/conf/mariadb.conf`,
  maintenance: `${PF}/var/maintenance-mode`,
  grastate: '/var/lib/mysql/grastate.dat',
  roles: `${PF}/conf/roles.conf`,
} as const;
