#!/bin/bash
# The guide's 3.2-3.6 as one who knows PacketFence writes them down by hand: set-up.sh SSH_CONFIG PART CLUSTER_CONF ADDRESS_OF_FIRST VIP FIRST OTHER...
# PART database: up to the configurator; PART cluster: from there to the end. The passwords come in the environment.
# It believes what it is told, waits for nothing but Synced and the VIP, and must not be started twice. In one place it leaves
# the guide's letter: the unit starts the new cluster, since beside a foreground command `service pf restart` starts another server.
set -e
config=$1 part=$2 conf=$3 address=$4 vip=$5 first=$6; shift 6
on() { ssh -F "$config" "$@"; }
pf=/usr/local/pf
sql="MYSQL_PWD=$ROOT_PASSWORD mariadb -NB"
synced="until [ \"\$($sql -e 'show status like \"wsrep_local_state_comment\"' 2>/dev/null | cut -f 2)\" = Synced ]; do sleep 0.2; done"
gone='while pgrep -x mariadbd >/dev/null; do sleep 0.1; done'
listens='until ss -ltn | grep -q :44444; do sleep 0.2; done' # it says that it is up before it listens
put() { # SECTION KEY VALUE FILE, on a node
  echo "grep -q '^\\[$1\\]' $4 || printf '\\n[$1]\\n' >>$4; sed -i '/^\\[$1\\]/,/^\\[/{/^$2=/d}' $4; sed -i '/^\\[$1\\]/a $2=$3' $4"
}

if [ "$part" = database ]; then
  on "$first" 'systemctl start packetfence-mariadb; until mariadb -e "select 1" >/dev/null 2>&1; do sleep 0.2; done'
  on "$first" 'mariadb' <<SQL
delete from mysql.db where Db = 'test' or Db = 'test\\_%';
drop database if exists test;
set password for root@localhost = password('$ROOT_PASSWORD');
SQL
  on "$first" "$sql" <<SQL
create user '$GALERA_USER'@'%' identified by '$GALERA_PASSWORD';
grant process, reload, lock tables, replication client, super on *.* to '$GALERA_USER'@'%';
create user '$GALERA_USER'@'localhost' identified by '$GALERA_PASSWORD';
grant process, reload, lock tables, replication client, super on *.* to '$GALERA_USER'@'localhost';
flush privileges;
SQL
  exit
fi

on "$first" systemctl restart packetfence-mariadb
on "$first" "$(put database host 100.64.0.1 $pf/conf/pf.conf)
$(put active_active galera_replication_username "$GALERA_USER" $pf/conf/pf.conf)
$(put active_active galera_replication_password "$GALERA_PASSWORD" $pf/conf/pf.conf)
$(put mysql host 100.64.0.1 $pf/conf/pfconfig.conf)
systemctl restart packetfence-config; $listens; $pf/bin/pfcmd configreload hard" >/dev/null 2>&1
on "$first" "cat >$pf/conf/cluster.conf" <"$conf"
on "$first" "$pf/bin/pfcmd configreload hard; $pf/bin/pfcmd checkup" >/dev/null 2>&1 || :
for node in "$first" "$@"; do on "$node" 'systemctl set-default packetfence-cluster' 2>/dev/null; done
for node in "$@"; do on "$node" 'systemctl stop packetfence-mariadb'; done
on "$first" "systemctl stop packetfence-mariadb; $gone; $pf/bin/pfcmd generatemariadbconfig >/dev/null
  systemctl set-environment MARIADB_ARGS=--force-new-cluster; systemctl start --no-block packetfence-mariadb; $synced"
on "$first" "$pf/bin/pfcmd service pf restart >/dev/null 2>&1; until ip -o address | grep -qF ' $vip/'; do sleep 0.2; done"
on "$first" "$(put webservices user "$WEBSERVICES_USER" $pf/conf/pf.conf)
$(put webservices pass "$WEBSERVICES_PASSWORD" $pf/conf/pf.conf)
$pf/bin/pfcmd configreload hard; $pf/bin/pfcmd service httpd.webservices restart" >/dev/null 2>&1

for node in "$@"; do
  on "$node" "$pf/bin/cluster/sync --from=$address --api-user=$WEBSERVICES_USER --api-password=$WEBSERVICES_PASSWORD
    systemctl stop packetfence-iptables; systemctl restart packetfence-config; $listens; $pf/bin/pfcmd configreload
    $pf/bin/pfcmd service haproxy-db restart; $pf/bin/pfcmd service httpd.webservices restart
    $pf/bin/pfcmd generatemariadbconfig" >/dev/null 2>&1
  on "$node" "systemctl stop packetfence-mariadb; $gone; rm -fr /var/lib/mysql/*; systemctl start --no-block packetfence-mariadb; $synced"
done
on "$first" "systemctl unset-environment MARIADB_ARGS; systemctl stop packetfence-mariadb; $gone; systemctl start --no-block packetfence-mariadb; $synced"
for node in "$@"; do on "$node" "$pf/bin/pfcmd service pf restart" >/dev/null 2>&1; done
key=$(head -c 6 /dev/urandom | base64)
for node in "$first" "$@"; do
  on "$node" "$pf/bin/pfcmd version >$pf/conf/currently-at; $(put active_active password "${key//\//_}" $pf/conf/pf.conf)
$pf/bin/pfcmd configreload; $pf/bin/pfcmd service keepalived restart" >/dev/null 2>&1
done
on "$first" "until ip -o address | grep -qF ' $vip/'; do sleep 0.2; done" # it may have gone over to another meanwhile
