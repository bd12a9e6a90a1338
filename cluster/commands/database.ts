/** Changes of a node's database. It starts only through PacketFence's own unit; see design rule 7.3 for the order. */
import type { Dialect } from '../dialect.js';
import type { Rejoin } from '../recovery.js';
import type { Change, NodeName, Reversible } from '../words.js';
import { asideOf, recoveredFolder } from './folders.js';
import { quote } from './quote.js';
import { newClusterBegun, sealHolds } from './recover-position.js';
import {
  findData,
  heldInWords,
  isEnabledAs,
  isHeld,
  isStarted,
  lines,
  mariadbUnit,
  noFlagInWords,
  noNewClusterFlag,
  noServer,
  serverRuns,
  sql,
  suspendTimers,
  tellFlag,
  tellServer,
  tellUnit,
  timersFolder,
  untilOk,
} from './shell.js';

/** A server without Primary ignores SIGTERM while `systemctl stop` answers 0 (seen); this long it is given to prove otherwise. */
const patience = 5; // seconds
/** A Primary server may flush for minutes; it is never killed. */
const cleanStop = 600; // seconds
/** From the start of the unit to Primary: crash recovery of InnoDB included. */
const bootstrapLimit = 900; // seconds

/**
 * Stopped, masked across reboots, and no server process left. The mask comes last: a masked unit has lost its own
 * settings, and systemd would kill a server that is still flushing after 90 s.
 */
export function holdDatabase(node: NodeName, dialect: Dialect, ranBefore: boolean): Reversible {
  const unit = mariadbUnit(dialect);
  return {
    verb: 'holdDatabase',
    node,
    title: `Stop MariaDB on ${node} and hold it`,
    given: { ranBefore: String(ranBefore) },
    script: lines(
      sql,
      untilOk,
      // The log too, not SQL alone: a server that waits for its peers, or takes a copy, accepts no login.
      `last_view() { journalctl -b -o cat -t mysqld -t mariadbd -t mysqld_safe -t mariadbd-safe -u ${unit} 2>/dev/null | grep -o 'view_id([A-Z_]*' | tail -n 1; }`,
      // One without Galera stops like any other, and may have to flush.
      `is_primary() { [ "$(wsrep cluster_status)" = Primary ] || [ "$(last_view)" = 'view_id(PRIM' ] || [ "$(sql 'select @@wsrep_on')" = 0 ]; }`,
      // Asked before the stop, and kept: a Primary that is flushing says neither by SQL nor by view that it was one.
      'mkdir -p /run/pfrunbook; was=/run/pfrunbook/was-primary',
      `! ${serverRuns} || ! is_primary || : >"$was"`,
      // Not waited for: from 12.0 on systemd itself would wait TimeoutSec, 20 minutes, for a server that ignores it.
      `systemctl stop --no-block ${unit}`,
      `until_ok ${patience} "${noServer}" || [ -e "$was" ] || {`,
      '  echo "A server without Primary ignores SIGTERM: ending it by pid, what would start it again first."',
      "  for name in pf-mariadb 'mariadbd-safe|mysqld_safe' 'mariadbd|mysqld'; do",
      '    for pid in $(pgrep -x "$name"); do kill -9 "$pid"; done',
      '  done',
      '}',
      `until_ok ${cleanStop} "${noServer}" || { echo "The server was Primary and has not stopped within ${cleanStop} s; it was not killed."; exit 1; }`,
      'rm -f "$was"',
      `systemctl reset-failed ${unit} 2>/dev/null || :`,
      `systemctl mask ${unit}`,
    ),
    wanted: isHeld(unit),
    tells: { wanted: heldInWords, seen: lines(tellUnit(unit), tellServer) },
    repeatable: true,
    inverse: releaseDatabase(node, dialect, ranBefore),
  };
}

export function releaseDatabase(node: NodeName, dialect: Dialect, start: boolean): Change {
  const unit = mariadbUnit(dialect);
  return {
    verb: 'releaseDatabase',
    node,
    title: `Let MariaDB start again on ${node}${start ? ', and start it' : ''}`,
    given: { start: String(start) },
    requires: noNewClusterFlag,
    script: lines(`systemctl unmask ${unit}`, start && `systemctl start --no-block ${unit}`),
    wanted: `! ${isEnabledAs(unit, 'masked')}${start ? ` && ${isStarted(unit)}` : ''}`,
    tells: {
      wanted: `its database unit not masked${start ? ', and active or starting' : ''}`,
      requires: noFlagInWords,
      seen: lines(tellUnit(unit), tellFlag),
    },
    repeatable: true,
  };
}

/**
 * Starts a new cluster from this node's own data, through PacketFence's unit. The flag lives in the manager's environment
 * only while the server starts: left there, every later restart would be another new cluster.
 */
export function startNewCluster(node: NodeName, dialect: Dialect, run: string): Change {
  const unit = mariadbUnit(dialect);
  const begun = quote(newClusterBegun(run));
  const flag = newClusterFlag(dialect);
  return {
    verb: 'startNewCluster',
    node,
    title: `Start a new cluster on ${node}, from its own data`,
    loses: 'what only the other nodes had committed',
    given: { run },
    // A try that failed has broken the seal itself, and is made again only while no server of it lives.
    requires: `${noNewClusterFlag} && { { ${isHeld(unit)} && ${sealHolds(run)}; } || { [ -e ${begun} ] && ${noServer}; }; }`,
    script: lines(
      sql,
      untilOk,
      `trap '${flag.clear}' EXIT`,
      `: >${begun}; sync ${begun}`,
      suspendTimers(unit),
      `systemctl unmask ${unit}`,
      `systemctl reset-failed ${unit} 2>/dev/null || :`,
      flag.set,
      `systemctl start --no-block ${unit}`,
      `until_ok 60 "${serverRuns}" || { echo "No server process within 60 s of the start."; journalctl -u ${unit} -n 20 --no-pager -o cat; exit 1; }`,
      `until_ok ${bootstrapLimit} '[ "$(wsrep cluster_status)" = Primary ]' || { journalctl -u ${unit} -n 20 --no-pager -o cat; exit 1; }`,
    ),
    wanted: lines(
      sql,
      `[ "$(wsrep cluster_status)" = Primary ] && ! ${isEnabledAs(unit, 'masked')} && ${noNewClusterFlag}`,
    ),
    tells: {
      wanted: `it Primary, its database unit not masked, and ${noFlagInWords}`,
      requires: `${noFlagInWords}; ${heldInWords}; its data untouched since it was read, under the same boot`,
      seen: lines(
        sql,
        tellUnit(unit),
        tellServer,
        `echo "cluster status $(wsrep cluster_status || :)" | sed 's/ $/ not told/'`,
        `${sealHolds(run)} 2>/dev/null && echo 'its data is as it was read' || echo 'its data is no longer as it was read'`,
        tellFlag,
      ),
    },
  };
}

/** How the unit is told, this once. Before 10.0 it takes no arguments, and pf-mariadb leaves the old view in place (packetfence.md 3.1). */
function newClusterFlag({ bootstrap, ...dialect }: Dialect): { readonly set: string; readonly clear: string } {
  if (bootstrap === 'MARIADB_ARGS')
    return {
      set: 'systemctl set-environment MARIADB_ARGS=--force-new-cluster',
      clear: 'systemctl unset-environment MARIADB_ARGS',
    };
  const dropIn = `${timersFolder(dialect.units.mariadb ?? 'packetfence-mariadb')}/pfrunbook-new-cluster.conf`;
  return {
    set: lines(
      `conf=${quote(dialect.mariadbConf)}; ${findData}; find_data; rm -f "$data/gvwstate.dat"`,
      `printf '[Service]\\nExecStart=\\nExecStart=/usr/local/pf/sbin/pf-mariadb --force-new-cluster\\n' >${dropIn}`,
      'systemctl daemon-reload',
    ),
    clear: `rm -f ${dropIn}; systemctl daemon-reload`,
  };
}

/** Renames the data to a sibling that no transfer cleans, with a manifest beside it. Nothing is removed. */
export function setDataAside(node: NodeName, dialect: Dialect, run: string, datadir: string): Change {
  const facts = quote(`${recoveredFolder(run)}/facts`);
  const to = asideOf(datadir, run);
  const paths = `data=${quote(datadir)}; to=${quote(to)}`;
  return {
    verb: 'setDataAside',
    node,
    title: `Set the data of ${node} aside in ${to}`,
    loses: 'nothing that stays readable beside it, but the node goes on without it',
    given: { to },
    requires: isHeld(mariadbUnit(dialect)),
    script: lines(
      'set -e',
      paths,
      '! mountpoint -q "$data" || { echo "$data is a mount of its own: it cannot be renamed. Nothing was moved."; exit 1; }',
      'if [ ! -d "$to" ]; then',
      `  { echo ${quote(`Set aside by pfrunbook, run ${run}`)}; date -u +%FT%TZ; mariadbd --version 2>/dev/null || mysqld --version; cat ${facts} 2>/dev/null || echo 'Not read before.'; du -s --block-size=1 "$data"; } >"$to.manifest"`,
      '  sync "$to.manifest"',
      '  mv -T "$data" "$to"',
      'fi',
      '[ -d "$data" ] || install -d -o mysql -g mysql -m 755 "$data"',
      'sync "$(dirname "$data")"',
    ),
    wanted: `${paths}; [ -d "$to" ] && [ -d "$data" ] && [ -z "$(ls -A "$data")" ]`,
    tells: {
      wanted: `the data in ${to}, and an empty ${datadir}`,
      requires: heldInWords,
      seen: lines(
        `${paths}; for d in "$data" "$to"; do if [ -d "$d" ]; then echo "$d holds $(ls -A "$d" | wc -l) entries"; else echo "$d is not there"; fi; done`,
        tellUnit(mariadbUnit(dialect)),
        tellServer,
      ),
    },
    repeatable: true, // the rename is made once: the next try finds the folder there
  };
}

/** Starts the unit without waiting: a full copy may take hours, and is watched by `until`. */
export function startMember(node: NodeName, dialect: Dialect, way: Rejoin['way'] | 'with its own data'): Change {
  const unit = mariadbUnit(dialect);
  return {
    verb: 'startMember',
    node,
    title: `Start MariaDB on ${node} (${way})`,
    given: { way },
    requires: noNewClusterFlag,
    script: lines(
      untilOk,
      way !== 'with its own data' && suspendTimers(unit),
      `systemctl unmask ${unit}`,
      `systemctl reset-failed ${unit} 2>/dev/null || :`,
      `systemctl start --no-block ${unit}`,
      `until_ok 60 "${serverRuns}"`,
    ),
    wanted: `! ${isEnabledAs(unit, 'masked')} && ${isStarted(unit)} && ${serverRuns}`,
    tells: {
      wanted: 'its database unit active or starting, and a server process',
      requires: noFlagInWords,
      seen: lines(tellUnit(unit), tellServer, tellFlag),
    },
    repeatable: true,
  };
}

/** Out of the bootstrap, and in again as anybody else, while the others hold the cluster. */
export function restartAsMember(node: NodeName, dialect: Dialect): Change {
  const unit = mariadbUnit(dialect);
  const bootstrapped =
    "for p in $(pgrep -x 'mariadbd|mysqld'); do tr '\\0' '\\n' </proc/$p/cmdline; done | grep -q new-cluster";
  return {
    verb: 'restartAsMember',
    node,
    title: `Restart MariaDB on ${node} as an ordinary member`,
    requires: noNewClusterFlag,
    script: lines(
      untilOk,
      `systemctl stop --no-block ${unit}`,
      // The wrapper is gone long before the server is: starting now would find the old one on its ports.
      `until_ok ${cleanStop} "${noServer}" || exit 1`,
      `systemctl start --no-block ${unit}`,
      `until_ok 60 "${serverRuns}"`,
    ),
    wanted: `${serverRuns} && ! { ${bootstrapped}; } && ${isStarted(unit)}`,
    tells: {
      wanted: 'its database unit active or starting, and a server process that was not told to start a new cluster',
      requires: noFlagInWords,
      seen: lines(
        tellUnit(unit),
        tellServer,
        `if ${bootstrapped}; then echo 'its server was told to start a new cluster'; fi`,
        tellFlag,
      ),
    },
    repeatable: true,
  };
}
