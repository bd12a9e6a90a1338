#!/bin/bash
# The best that is written by hand in one afternoon, by somebody who knows Galera well: hand.sh SSH_CONFIG NODE...
# Hold all, read where each one is, keep the newest, the others rejoin with their data (IST), the first one restarts.
# It proves no lineage, seals nothing, raises no barrier, remembers nothing. Prints the moment of decision, and the end.
config=$1; shift
on() { ssh -F "$config" "$@"; }
everywhere() { local pids=() node; for node in "${nodes[@]}"; do on "$node" "$1" & pids+=($!); done; wait "${pids[@]}"; }
nodes=("$@")
gone='while pgrep -x mariadbd >/dev/null; do sleep 0.1; done'
synced='until [ "$(mariadb -S /var/lib/mysql/mysql.sock -NBe "select variable_value from information_schema.global_status where variable_name=\"wsrep_local_state_comment\"" 2>/dev/null)" = Synced ]; do sleep 0.2; done'

everywhere "systemctl mask --runtime --now --no-block packetfence-galera-autofix 2>/dev/null
  systemctl stop --no-block packetfence-mariadb; for i in \$(seq 50); do pgrep -x mariadbd >/dev/null || break; sleep 0.1; done
  pkill -9 'pf-mariadb|mysqld_safe|mariadbd'; $gone; systemctl reset-failed packetfence-mariadb 2>/dev/null"
read -r _ keep < <(for node in "${nodes[@]}"; do
  on "$node" 'mariadbd --defaults-file=/usr/local/pf/var/conf/mariadb.conf --user=mysql --wsrep-recover 2>&1 | sed -n "s/.*Recovered position: *[^:]*:\([0-9]*\).*/\1/p" | tail -n 1' | sed "s/\$/ $node/" &
done | sort -k1,1nr -k2,2 | head -n 1)
[ -n "$keep" ] || { echo 'no node has told its position' >&2; exit 1; }
date +%s.%N

on "$keep" "systemctl set-environment MARIADB_ARGS=--force-new-cluster; systemctl start --no-block packetfence-mariadb; $synced
  systemctl unset-environment MARIADB_ARGS"
for node in "${nodes[@]}"; do
  [ "$node" = "$keep" ] || on "$node" "systemctl start --no-block packetfence-mariadb; $synced"
done
on "$keep" "systemctl stop --no-block packetfence-mariadb; $gone; systemctl start --no-block packetfence-mariadb; $synced"
date +%s.%N
everywhere 'systemctl unmask --runtime packetfence-galera-autofix 2>/dev/null; systemctl start --no-block packetfence-galera-autofix'
