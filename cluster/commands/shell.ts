/**
 * Words of sh that several changes share. Every change carries the text of what it uses, so that what is printed in a
 * plan, digested in the ledger and left on a node as a guard is whole.
 */

/** Every program of the server's family, and the wrapper that would start it again. As `pgrep -x` names them. */
const serverFamily = 'mariadbd|mysqld|mariadbd-safe|mysqld_safe|pf-mariadb';

export const noServer = `! pgrep -x '${serverFamily}' >/dev/null`;
export const serverRuns = "pgrep -x 'mariadbd|mysqld' >/dev/null";

/** sql STATEMENT: rows of the local server, over its socket; fails within 10 s where the server does not answer. */
const sql = `sql() { timeout 10 "$(command -v mariadb || command -v mysql)" --connect-timeout=3 -NB -e "$1" 2>/dev/null; }
wsrep() { sql "show global status like 'wsrep_$1'" | cut -f2; }`;

export const withSql = (script: string): string => `${sql}\n${script}`;

/** A new cluster can only come from this flag in the manager's environment, a drop-in of ours, or somebody's foreground command. */
export const noNewClusterFlag =
  "! systemctl show-environment | grep -q '^MARIADB_ARGS=.*new-cluster' && ! grep -qs new-cluster /run/systemd/system/packetfence-mariadb.service.d/*.conf /etc/systemd/system/packetfence-mariadb.service.d/*.conf";

/** until_ok SECONDS COMMAND: tries four times a second. */
export const untilOk = `until_ok() { n=$(($1 * 4)); shift; while ! eval "$*"; do n=$((n - 1)); [ "$n" -gt 0 ] || return 1; sleep 0.25; done; }`;

/** One argument for sh, whatever it holds. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const lines = (...parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join('\n');
