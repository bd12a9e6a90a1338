/** Changes of a node's database. It starts only through PacketFence's own unit; see design rule 7.3 for the order. */
import type { Dialect } from '../dialect.js';
import type { Change, NodeName, Reversible } from '../words.js';
import { lines, noNewClusterFlag, noServer, quoted, serverRuns, untilOk, withSql } from './shell.js';

/** A server without Primary ignores SIGTERM while `systemctl stop` answers 0 (seen); this long it is given to prove otherwise. */
const patience = 5; // seconds
/** A Primary server may flush for minutes; it is never killed. */
const cleanStop = 600; // seconds
/** From the start of the unit to Primary: crash recovery of InnoDB included. */
const bootstrapLimit = 900; // seconds

const mariadb = (dialect: Dialect): string => dialect.units.mariadb ?? 'packetfence-mariadb';

const isHeld = (unit: string): string => `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" = masked ] && ${noServer}`;

/** Where a run keeps what it read from a held node. On the node, root only. */
export const recoveredFolder = (run: string): string => `/var/lib/pfrunbook/recovered/${run.replaceAll('/', '-')}`;

/**
 * Stopped, masked across reboots, and no server process left. The mask comes last: a masked unit has lost its
 * KillMode, and systemd would kill a server that is still flushing after 90 s.
 */
export function holdDatabase(node: NodeName, dialect: Dialect, ranBefore: boolean): Reversible {
  const unit = mariadb(dialect);
  return {
    verb: 'holdDatabase',
    node,
    title: `Stop MariaDB on ${node} and hold it`,
    given: { ranBefore: String(ranBefore) },
    script: withSql(
      lines(
        untilOk,
        // Journal, not SQL: a server that waits for its peers accepts no login.
        `last_view() { journalctl -b -o cat -t mysqld -t mariadbd -t mysqld_safe -t mariadbd-safe -u ${unit} 2>/dev/null | grep -o 'view_id([A-Z_]*' | tail -n 1; }`,
        `is_primary() { [ "$(wsrep cluster_status)" = Primary ] || [ "$(last_view)" = 'view_id(PRIM' ]; }`,
        // Asked before the stop, and kept: a Primary that is flushing says neither by SQL nor by view that it was one.
        'mkdir -p /run/pfrunbook; was=/run/pfrunbook/was-primary; ! is_primary || : >"$was"',
        `systemctl stop ${unit}`,
        `until_ok ${patience} "${noServer}" || [ -e "$was" ] || {`,
        '  echo "A server without Primary ignores SIGTERM: ending it by pid, mysqld_safe first."',
        "  for name in pf-mariadb 'mariadbd-safe|mysqld_safe' 'mariadbd|mysqld'; do",
        '    for pid in $(pgrep -x "$name"); do kill -9 "$pid"; done',
        '  done',
        '}',
        `until_ok ${cleanStop} "${noServer}" || { echo "The server was Primary and has not stopped within ${cleanStop} s; it was not killed."; exit 1; }`,
        'rm -f "$was"',
        `systemctl reset-failed ${unit} 2>/dev/null`,
        `systemctl mask ${unit}`,
      ),
    ),
    wanted: isHeld(unit),
    repeatable: true,
    inverse: releaseDatabase(node, dialect, ranBefore),
  };
}

export function releaseDatabase(node: NodeName, dialect: Dialect, start: boolean): Change {
  const unit = mariadb(dialect);
  return {
    verb: 'releaseDatabase',
    node,
    title: start ? `Let MariaDB start again on ${node}, and start it` : `Let MariaDB start again on ${node}`,
    given: { start: String(start) },
    script: lines(`systemctl unmask ${unit}`, start && `systemctl start --no-block ${unit}`),
    wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" != masked ]${start ? ` && [ "$(systemctl is-active ${unit})" != inactive ]` : ''}`,
    repeatable: true,
  };
}

/**
 * Reads, once, what a held node last committed, and the evidence of its lineage, and seals it. A change, not a read: it
 * runs crash recovery, which moves LSN and file times, so it must not run twice (tried: SAME became UNKNOWN).
 * The facts stay on the node as lines "key<tab>value"; `look.recovered` collects them.
 */
export function recoverPosition(node: NodeName, dialect: Dialect, run: string): Change {
  const folder = quoted(recoveredFolder(run));
  const conf = quoted(dialect.mariadbConf);
  return {
    verb: 'recoverPosition',
    node,
    title: `Read what ${node} last committed, and seal it`,
    given: { run },
    requires: isHeld(mariadb(dialect)),
    script: lines(
      'set -e',
      `to=${folder}; mkdir -p "$to"; chmod 711 /var/lib/pfrunbook /var/lib/pfrunbook/recovered "$to"`,
      `option() { my_print_defaults --defaults-file=${conf} mysqld mariadbd server galera 2>/dev/null | sed -n "s/^--$1=//p" | tail -n 1; }`,
      'data=$(option datadir); data=${data:-/var/lib/mysql}; data=${data%/}',
      'server=$(command -v mariadbd || command -v mysqld)',
      'client=$(command -v mariadb || command -v mysql)',
      'facts="$to/facts.new"; : >"$facts"',
      `say() { printf '%s\\t%s\\n' "$1" "$2" >>"$facts"; }`,
      'stamps() { for f in ib_logfile0 ibdata1 grastate.dat galera.cache; do [ ! -e "$data/$f" ] || say "$1" "$(stat -c \'%n %Y %s\' "$data/$f" | sed "s|^$data/||")"; done; }',
      'say datadir "$data"',
      'stamps before',
      `[ ! -e "$data/grastate.dat" ] || say grastate "$(sed -n 's/^uuid: *//p' "$data/grastate.dat") $(sed -n 's/^seqno: *//p' "$data/grastate.dat")"`,
      // Crash recovery, and where it ended.
      'install -o mysql -g mysql -m 600 /dev/null "$to/recover.log"; chown mysql "$to"',
      `if [ -e "$data/ibdata1" ]; then`,
      `  "$server" --defaults-file=${conf} --user=mysql --wsrep-recover --log-error="$to/recover.log" || say failed "--wsrep-recover ended with $?"`,
      `  say position "$(sed -n 's/.*WSREP: Recovered position: *//p' "$to/recover.log" | tail -n 1)"`,
      '  # The last view, from InnoDB, by a server without Galera that writes nothing (it touches aria_log* only).',
      '  mkdir -p /run/pfrunbook; t=$(mktemp -d /run/pfrunbook/reader.XXXXXX); chown mysql "$t"; chmod 711 /run/pfrunbook',
      '  "$server" --no-defaults --user=mysql --datadir="$data" --socket="$t/s" --pid-file="$t/pid" --skip-networking --wsrep-on=OFF --innodb-read-only --read-only --skip-log-bin --log-error="$t/log" >/dev/null 2>&1 &',
      '  reader=$!',
      '  ask() { "$client" --no-defaults --socket="$t/s" -u root --connect-timeout=2 -NB -e "$1" 2>>"$t/said"; }',
      '  n=240; until ask "select 1" >/dev/null || ! kill -0 $reader 2>/dev/null || [ $n -eq 0 ]; do n=$((n - 1)); sleep 0.25; done',
      '  view=$(ask "select cluster_uuid,view_id,view_seqno from mysql.wsrep_cluster" | tail -n 1) || view=',
      '  [ -z "$view" ] || say view "$view"',
      '  members=$(ask "select node_uuid from mysql.wsrep_cluster_members") || members=',
      '  for m in $members; do say member "$m"; done',
      '  [ -n "$view" ] || say noview "$(tail -n 1 "$t/said" 2>/dev/null)"',
      '  kill $reader 2>/dev/null || :; wait $reader || :; rm -rf "$t"',
      'else',
      '  say failed "there is no ibdata1 in $data"',
      'fi',
      // 3b: a clean stop is untouched when recovery found the LSN that it left. Journal lines of the last run, and of recovery.
      `say boot "$(cat /proc/sys/kernel/random/boot_id)"`,
      'stamps seal',
      'sync "$facts"; mv "$facts" "$to/facts"; sync "$to"',
    ),
    wanted: `[ -s ${folder}/facts ]`,
  };
}

/**
 * Starts a new cluster from this node's own data, through PacketFence's unit. The flag lives in the manager's environment
 * only while the server starts: left there, every later restart would be another new cluster.
 */
export function startNewCluster(node: NodeName, dialect: Dialect, run: string): Change {
  const unit = mariadb(dialect);
  return {
    verb: 'startNewCluster',
    node,
    title: `Start a new cluster on ${node}, from its own data`,
    given: { run },
    requires: lines(`${isHeld(unit)} && ${noNewClusterFlag} && ${sealHolds(run)}`),
    script: withSql(
      lines(
        untilOk,
        "trap 'systemctl unset-environment MARIADB_ARGS' EXIT",
        `systemctl unmask ${unit}`,
        'systemctl set-environment MARIADB_ARGS=--force-new-cluster',
        `systemctl start --no-block ${unit}`,
        `until_ok 60 "${serverRuns}" || { echo "No server process within 60 s of the start."; journalctl -u ${unit} -n 20 --no-pager -o cat; exit 1; }`,
        `until_ok ${bootstrapLimit} '[ "$(wsrep cluster_status)" = Primary ]' || { journalctl -u ${unit} -n 20 --no-pager -o cat; exit 1; }`,
      ),
    ),
    wanted: withSql(
      `[ "$(wsrep cluster_status)" = Primary ] && [ "$(systemctl is-enabled ${unit} 2>/dev/null)" != masked ] && ${noNewClusterFlag}`,
    ),
  };
}

/** The stamps that the seal recorded are the files' stamps now, under the same boot. */
function sealHolds(run: string): string {
  const facts = quoted(`${recoveredFolder(run)}/facts`);
  return `( data=$(sed -n 's/^datadir\\t//p' ${facts}); [ "$(sed -n 's/^boot\\t//p' ${facts})" = "$(cat /proc/sys/kernel/random/boot_id)" ] && sed -n 's/^seal\\t//p' ${facts} | while read -r f at size; do [ "$(stat -c '%Y %s' "$data/$f")" = "$at $size" ] || exit 1; done )`;
}

/** Renames the data to a sibling that no transfer cleans, with a manifest beside it. Nothing is removed. */
export function setDataAside(node: NodeName, dialect: Dialect, run: string): Change {
  const facts = quoted(`${recoveredFolder(run)}/facts`);
  const suffix = `.aside-${run.replaceAll('/', '-')}`;
  const paths = `data=$(sed -n 's/^datadir\\t//p' ${facts}); data=\${data:-/var/lib/mysql}; to="$data${suffix}"`;
  return {
    verb: 'setDataAside',
    node,
    title: `Set the data of ${node} aside in /var/lib/mysql${suffix}`,
    given: { to: `/var/lib/mysql${suffix}` },
    requires: isHeld(mariadb(dialect)),
    script: lines(
      'set -e',
      paths,
      '! mountpoint -q "$data" || { echo "$data is a mount of its own: it cannot be renamed. Nothing was moved."; exit 1; }',
      'if [ ! -d "$to" ]; then',
      `  { echo "set aside by pfrunbook, run ${run}"; date -u +%FT%TZ; mariadbd --version 2>/dev/null || mysqld --version; cat ${facts}; du -s --block-size=1 "$data"; } >"$to.manifest"`,
      '  sync "$to.manifest"; mv -T "$data" "$to"',
      'fi',
      '[ -d "$data" ] || install -d -o mysql -g mysql -m 755 "$data"',
      'sync "${data%/*}"',
    ),
    wanted: `${paths}; [ -d "$to" ] && [ -d "$data" ] && [ -z "$(ls -A "$data")" ]`,
    repeatable: true, // the rename is made once: the next try finds the folder there
  };
}

/** Starts the unit without waiting: a full copy may take hours, and is watched by `until`. */
export function startMember(node: NodeName, dialect: Dialect, way: string): Change {
  const unit = mariadb(dialect);
  return {
    verb: 'startMember',
    node,
    title: `Start MariaDB on ${node} (${way})`,
    given: { way },
    requires: noNewClusterFlag,
    script: lines(
      untilOk,
      `systemctl unmask ${unit}`,
      `systemctl reset-failed ${unit} 2>/dev/null`,
      `systemctl start --no-block ${unit}`,
      `until_ok 60 "${serverRuns}"`,
    ),
    wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" != masked ] && case $(systemctl is-active ${unit}) in active|activating) ;; *) false ;; esac && ${serverRuns}`,
    repeatable: true,
  };
}

/** Out of the bootstrap and in again as anybody else, while the others hold the cluster. */
export function restartAsMember(node: NodeName, dialect: Dialect): Change {
  const unit = mariadb(dialect);
  const bootstrapped =
    "pgrep -x 'mariadbd|mysqld' | while read -r p; do tr '\\0' '\\n' </proc/$p/cmdline; done | grep -q 'new-cluster'";
  return {
    verb: 'restartAsMember',
    node,
    title: `Restart MariaDB on ${node} as an ordinary member`,
    requires: noNewClusterFlag,
    script: lines(
      untilOk,
      `systemctl stop ${unit}`,
      // The wrapper is gone long before the server is: starting now would find the old one on its ports.
      `until_ok ${cleanStop} "${noServer}" || exit 1`,
      `systemctl start --no-block ${unit}`,
      `until_ok 60 "${serverRuns}"`,
    ),
    wanted: `${serverRuns} && ! { ${bootstrapped}; } && case $(systemctl is-active ${unit}) in active|activating) ;; *) false ;; esac`,
    repeatable: true,
  };
}
