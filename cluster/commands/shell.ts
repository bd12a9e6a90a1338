/**
 * Words of sh that several changes share. Every change carries the text of what it uses, so that what is printed in a
 * plan, digested in the ledger and left on a node as a guard is whole.
 */
import type { Dialect } from '../dialect.js';

/** Every program of the server's family, and the wrapper that would start it again. As `pgrep -x` names them. */
const serverFamily = 'mariadbd|mysqld|mariadbd-safe|mysqld_safe|pf-mariadb';

// pgrep takes the length of a pattern for that of a name, and warns.
export const noServer = `! pgrep -x '${serverFamily}' >/dev/null 2>&1`;
// The wrapper first has a server read the position and end: whoever takes that one for the server finds none a moment later.
// One that is ending has no arguments any more.
export const serverRuns =
  "pgrep -x 'mariadbd|mysqld' | sed 's|.*|/proc/&/cmdline|' | xargs -r grep -ahs '' | grep -av 'wsrep[-_]recover' | grep -aq .";

export const mariadbUnit = (dialect: Dialect): string => dialect.units.mariadb ?? 'packetfence-mariadb';

export const isEnabledAs = (unit: string, word: string): string =>
  `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" = ${word} ]`;

/** Stopped, masked across reboots, no server process. */
export const isHeld = (unit: string): string => `${isEnabledAs(unit, 'masked')} && ${noServer}`;

export const heldInWords = 'its database unit masked, and no server process';

/** systemd says active, or is still at it. */
export const isStarted = (unit: string): string =>
  `case $(systemctl is-active ${unit}) in active|activating) ;; *) false ;; esac`;

export const allActive = (units: readonly string[]): string =>
  units.map((unit) => `systemctl is-active -q ${unit}`).join(' && ');

/** sql STATEMENT, wsrep NAME: of the local server, over its socket; they fail within 10 s where it does not answer. */
export const sql = `sql() { timeout 10 "$(command -v mariadb || command -v mysql)" --connect-timeout=3 -NB -e "$1" 2>/dev/null; }
wsrep() { sql "show global status like 'wsrep_$1'" | cut -f2; }`;

/** until_ok SECONDS COMMAND: tries ten times a second. */
export const untilOk = `until_ok() { n=$(($1 * 10)); shift; while ! eval "$*"; do n=$((n - 1)); [ "$n" -gt 0 ] || return 1; sleep 0.1; done; }`;

/** A new cluster can only come from this flag in the manager's environment, a drop-in, or somebody's foreground command. */
export const noNewClusterFlag = `! systemctl show-environment | grep -q '^MARIADB_ARGS=.*new-cluster' && \\
  ! grep -qs new-cluster /run/systemd/system/packetfence-mariadb.service.d/*.conf /etc/systemd/system/packetfence-mariadb.service.d/*.conf`;

export const noFlagInWords = 'no flag for a new cluster (MARIADB_ARGS, or a drop-in)';

// What a change says of the node where it did not come to what it wanted: a line for each thing.
export const tellUnit = (unit: string): string =>
  `echo "${unit} is $(systemctl is-enabled ${unit} 2>/dev/null || :), $(systemctl is-active ${unit} 2>/dev/null || :)"`;
export const tellServer = `pgrep -lx '${serverFamily}' 2>/dev/null | sed 's/^\\([0-9]*\\) \\(.*\\)/\\2 runs (process \\1)/' | grep . || echo 'no server process'`;
export const tellFlag = `if { ${noNewClusterFlag}; } 2>/dev/null; then echo 'no flag for a new cluster'; else echo 'the flag for a new cluster is set'; fi`;

/** option NAME: what the server's configuration $conf says. find_data: sets $data to its datadir, which is asked, not assumed. */
export const findData = `option() { my_print_defaults --defaults-file="$conf" mysqld mariadbd server galera 2>/dev/null | tr _ - | sed -n "s/^--$1=//p" | tail -n 1; }
find_data() { data=$(option datadir | sed 's|/$||'); [ -n "$data" ] || data=/var/lib/mysql; }`;

export const timersFolder = (unit: string): string => `/run/systemd/system/${unit}.service.d`;
/** The unit's timers off, by a drop-in that a reboot takes back: whoever starts a database for a run writes it again. */
export const suspendTimers = (unit: string): string => `mkdir -p ${timersFolder(unit)}
printf '[Service]\\nTimeoutStartSec=infinity\\nRestart=no\\n' >${timersFolder(unit)}/pfrunbook.conf
systemctl daemon-reload`;

/** Lines of a script; what is false is left out. */
export const lines = (...parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false).join('\n');
