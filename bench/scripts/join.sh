#!/bin/bash
# The guide's 3.5 for one server, as one writes it down by hand: join.sh SSH_CONFIG ADDRESS_OF_A_LIVING_NODE NODE
# The passwords come in the environment. It looks at nothing before it removes the data.
set -e
config=$1 address=$2 node=$3 pf=/usr/local/pf
on() { ssh -F "$config" "$@"; }
sql="MYSQL_PWD=$ROOT_PASSWORD mariadb -NB"
on "$node" "$pf/bin/cluster/sync --from=$address --api-user=$WEBSERVICES_USER --api-password=$WEBSERVICES_PASSWORD
  systemctl stop packetfence-iptables; systemctl restart packetfence-config; until ss -ltn | grep -q :44444; do sleep 0.2; done; $pf/bin/pfcmd configreload
  $pf/bin/pfcmd service haproxy-db restart; $pf/bin/pfcmd service httpd.webservices restart
  $pf/bin/pfcmd generatemariadbconfig; systemctl set-default packetfence-cluster" >/dev/null 2>&1
on "$node" "systemctl stop packetfence-mariadb; while pgrep -x mariadbd >/dev/null; do sleep 0.1; done
  rm -fr /var/lib/mysql/*; systemctl start --no-block packetfence-mariadb
  until [ \"\$($sql -e 'show status like \"wsrep_local_state_comment\"' 2>/dev/null | cut -f 2)\" = Synced ]; do sleep 0.2; done"
on "$node" "$pf/bin/pfcmd service pf restart; $pf/bin/pfcmd version >$pf/conf/currently-at" >/dev/null 2>&1
