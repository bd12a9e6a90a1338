import type { Dialect } from '../dialect.js';
import type { Change, NodeName } from '../words.js';
import { recoveredFolder } from './folders.js';
import { quote } from './quote.js';
import { findData, heldInWords, isHeld, lines, mariadbUnit, tellServer, tellUnit } from './shell.js';

/**
 * Reads, once, what a held node last committed, and the evidence of its lineage, and seals it. A change, not a read: it
 * runs crash recovery, which moves LSN and file times, so it must not run twice (tried: SAME became UNKNOWN). Where an
 * earlier run has read the node and its seal still holds, that record is taken over.
 * The facts stay on the node as lines "key<tab>value"; `look.histories` collects them. Source: reference/lineage.md 1-5.
 */
export function recoverPosition(node: NodeName, dialect: Dialect, run: string): Change {
  const unit = mariadbUnit(dialect);
  return {
    verb: 'recoverPosition',
    node,
    title: `Read what ${node} last committed, and seal it`,
    given: { run },
    requires: isHeld(unit),
    script: `to=${quote(recoveredFolder(run))}; conf=${quote(dialect.mariadbConf)}; unit=${quote(unit)}\n${findData}\n${script}`,
    wanted: `[ -s ${quote(recoveredFolder(run))}/facts ]`,
    tells: {
      wanted: `a record of it in ${recoveredFolder(run)}/facts`,
      requires: heldInWords,
      seen: lines(tellUnit(unit), tellServer),
    },
  };
}

/**
 * Sealed anew where that was broken, by a reboot for one: its record is taken over while nothing has touched the data, else it is
 * read once more. Only for a node whose data is kept whatever is read, as there is no other. Once its new cluster was begun, no
 * seal counts.
 */
export function sealAgain(node: NodeName, dialect: Dialect, run: string): Change {
  const { tells, ...read } = recoverPosition(node, dialect, run);
  return {
    ...read,
    verb: 'sealAgain',
    title: `Seal what ${node} holds again, where it was rebooted since`,
    wanted: `[ -e ${quote(newClusterBegun(run))} ] || { ${read.wanted} && ${sealHolds(run)}; }`,
    ...(tells && { tells: { ...tells, wanted: `${tells.wanted}, of this boot, and its data untouched since` } }),
  };
}

/** There from the moment on at which a run begins a new cluster on this node. */
export const newClusterBegun = (run: string): string => `${recoveredFolder(run)}/new-cluster-begun`;

/** The stamps that the seal recorded are the files' stamps now, under the same boot. sh, exit 0. */
export function sealHolds(run: string): string {
  return String.raw`(
    facts=${quote(`${recoveredFolder(run)}/facts`)}
    data=$(sed -n 's/^datadir\t//p' "$facts")
    [ "$(sed -n 's/^boot\t//p' "$facts")" = "$(cat /proc/sys/kernel/random/boot_id)" ] || exit 1
    sed -n 's/^seal\t//p' "$facts" | while read -r f at size; do [ "$(stat -c '%Y %s' "$data/$f")" = "$at $size" ] || exit 1; done
  )`;
}

const script = String.raw`
set -e
mkdir -p "$to" /run/pfrunbook
chmod 711 /var/lib/pfrunbook /var/lib/pfrunbook/recovered "$to" /run/pfrunbook
find_data
server=$(command -v mariadbd || command -v mysqld)
client=$(command -v mariadb || command -v mysql)
facts="$to/facts.new"
say() { printf '%s\t%s\n' "$1" "$2" >>"$facts"; }
stamp() { stat -c '%Y %s' "$data/$1" 2>/dev/null; }
keep() { sync "$facts"; mv "$facts" "$to/facts"; sync "$to"; }

for old in $(ls -t /var/lib/pfrunbook/recovered/*/facts 2>/dev/null); do
  # A reading that failed may succeed now.
  if grep -q '^seal' "$old" && ! grep -q '^failed' "$old" && sed -n 's/^seal\t//p' "$old" | while read -r f at size; do [ "$(stamp "$f")" = "$at $size" ] || exit 1; done; then
    grep -v '^boot' "$old" >"$facts"; say boot "$(cat /proc/sys/kernel/random/boot_id)"; keep
    echo "Nothing has touched the data since it was read: $old"
    exit 0
  fi
done

: >"$facts"
say datadir "$data"
for f in ib_logfile0 ibdata1 grastate.dat galera.cache; do [ ! -e "$data/$f" ] || say before "$f $(stamp $f)"; done
[ ! -e "$data/grastate.dat" ] || say grastate "$(sed -n 's/^uuid: *//p' "$data/grastate.dat") $(sed -n 's/^seqno: *//p' "$data/grastate.dat")"

if [ ! -e "$data/ibdata1" ]; then
  say failed "there is no ibdata1 in $data"
else
  # Crash recovery, and where it ended.
  install -o mysql -g mysql -m 600 /dev/null "$to/recover.log"
  if "$server" --defaults-file="$conf" --user=mysql --wsrep-recover --log-error="$to/recover.log"; then
    say position "$(sed -n 's/.*WSREP: Recovered position: *//p' "$to/recover.log" | tail -n 1)"
  else
    say failed "the server could not recover its data: $(grep -i error "$to/recover.log" | tail -n 1)"
  fi

  # The last view kept in InnoDB, by a server without Galera that writes nothing (it touches aria_log* only).
  t=$(mktemp -d /run/pfrunbook/reader.XXXXXX); chown mysql "$t"
  "$server" --no-defaults --user=mysql --datadir="$data" --socket="$t/s" --pid-file="$t/pid" --skip-networking --wsrep-on=OFF \
    --innodb-read-only --read-only --skip-log-bin --log-error="$t/log" >/dev/null 2>&1 &
  reader=$!
  ask() { "$client" --no-defaults --socket="$t/s" -u root --connect-timeout=2 -NB -e "$1" 2>>"$t/said"; }
  n=600; until ask 'select 1' >/dev/null || ! kill -0 $reader 2>/dev/null || [ $n -eq 0 ]; do n=$((n - 1)); sleep 0.1; done
  view=$(ask 'select cluster_uuid,view_id,view_seqno from mysql.wsrep_cluster' | tail -n 1) || view=
  if [ -n "$view" ]; then
    say view "$view"
    for member in $(ask 'select node_uuid from mysql.wsrep_cluster_members'); do say member "$member"; done
  else
    say noview "$(tail -n 1 "$t/said" 2>/dev/null)"
  fi
  kill $reader 2>/dev/null || :
  wait $reader || :
  rm -rf "$t"

  # Signs of a start without Galera: what the last clean stop said, what recovery found, what the binary log holds.
  { journalctl -o cat -t mysqld -t mariadbd -t mysqld_safe -t mariadbd-safe -u "$unit" 2>/dev/null || :; cat /usr/local/pf/logs/mariadb.log 2>/dev/null || :; } >"$to/log"
  say stopped "$(sed -n 's/.*Shutdown completed; log sequence number \([0-9]*\); transaction id \([0-9]*\).*/\1 \2/p' "$to/log" | tail -n 1)"
  rm -f "$to/log"
  say found "$(sed -n 's/.*InnoDB: log sequence number \([0-9]*\)[^;]*; transaction id \([0-9]*\).*/\1 \2/p' "$to/recover.log" | head -n 1)"
  say domains "$(option gtid-domain-id | grep . || echo 0) $(option wsrep-gtid-domain-id | grep . || echo 0) $(cut -d- -f1 "$data/$(basename "$(option log-bin | grep . || echo none)").state" 2>/dev/null | sort -u | tr '\n' ' ')"
fi
say boot "$(cat /proc/sys/kernel/random/boot_id)"
for f in ib_logfile0 ibdata1 grastate.dat galera.cache; do [ ! -e "$data/$f" ] || say seal "$f $(stamp $f)"; done
keep`;
