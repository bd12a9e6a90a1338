#!/bin/bash
# The guide's 5.4 to the letter, typed by somebody who types at once: guide.sh SSH_CONFIG KEEP OTHER...
# Where the letter hangs it is helped, or it would never end: `systemctl stop` of a server that waits for its peers
# does not return for 20 minutes (it ignores TERM), so after 5 s the server is killed; that favours the guide.
config=$1 keep=$2; shift 2
on() { ssh -F "$config" "$@"; }
stop='timeout 5 systemctl stop packetfence-mariadb || pkill -9 "pf-mariadb|mysqld_safe|mariadbd"
  while pgrep -x mariadbd >/dev/null; do sleep 0.1; done; systemctl reset-failed packetfence-mariadb 2>/dev/null'
# "once MySQL becomes available again on the server, it means the sync has completed"
available='until [ "$(mariadb -S /var/lib/mysql/mysql.sock -NBe "select variable_value from information_schema.global_status where variable_name=\"wsrep_local_state_comment\"" 2>/dev/null)" = Synced ]; do sleep 0.2; done'

on "$keep" "$stop"
on "$keep" 'setsid /usr/local/pf/sbin/pf-mariadb --force-new-cluster >/dev/null 2>&1 </dev/null & echo $! >/run/bench-force'
on "$keep" "$available"
for node in "$@"; do
  on "$node" "$stop"
  on "$node" 'rm -fr /var/lib/mysql/*; systemctl start --no-block packetfence-mariadb'
  on "$node" "$available"
done
on "$keep" 'pkill -x -INT pf-mariadb; while pgrep -x mariadbd >/dev/null; do sleep 0.1; done; systemctl start --no-block packetfence-mariadb'
on "$keep" "$available"
date +%s.%N
