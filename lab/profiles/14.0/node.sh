#!/bin/sh
# Lays what is a node's own. Runs in the node's root, as often as the lab likes:
#   NODE ADDRESS ADDRESS2 VIP VIP2  this node (hostname, management address, second address) and the virtual addresses
#   NODES NODES2                    "pf1=192.0.2.11 pf2=..." in the order of cluster.conf; the same for the second interface
#   INTERFACE INTERFACE2 PREFIX     eth0, eth1 and 27 unless told
#   GALERA_USER GALERA_PASSWORD DB_USER DB_PASSWORD WEBSERVICES_USER WEBSERVICES_PASSWORD VRRP_PASSWORD
#   LAB_TIME_FACTOR                 PacketFence's own waits times this; 0.1 unless told
set -eu
: "${INTERFACE:=eth0}" "${INTERFACE2:=eth1}" "${PREFIX:=27}" "${LAB_TIME_FACTOR:=0.1}" "${VRRP_PASSWORD:=1234}"
conf=/usr/local/pf/conf

mask() {
  python3 -c 'import ipaddress, sys; print(ipaddress.ip_network("0.0.0.0/" + sys.argv[1]).netmask)' "$1"
}

# own NAME=VALUE... : the value of this node.
address_of() {
  for pair in $2; do
    [ "${pair%%=*}" != "$1" ] || echo "${pair#*=}"
  done
}

{
  printf '[CLUSTER]\nmanagement_ip=%s\n\n' "$VIP"
  printf '[CLUSTER interface %s]\nip=%s\n\n[CLUSTER interface %s]\nip=%s\n' "$INTERFACE" "$VIP" "$INTERFACE2" "$VIP2"
  for pair in $NODES; do
    name=${pair%%=*} ip=${pair#*=}
    printf '\n[%s]\nmanagement_ip=%s\n\n[%s interface %s]\nip=%s\n' "$name" "$ip" "$name" "$INTERFACE" "$ip"
    printf '\n[%s interface %s]\nip=%s\n' "$name" "$INTERFACE2" "$(address_of "$name" "$NODES2")"
  done
} >$conf/cluster.conf

cat >$conf/pf.conf <<CONF
[general]
domain=example.com
hostname=$NODE

[interface $INTERFACE]
ip=$ADDRESS
mask=$(mask "$PREFIX")
type=management,high-availability

[interface $INTERFACE2]
ip=$ADDRESS2
mask=$(mask "$PREFIX")
type=internal
enforcement=vlan

[database]
host=100.64.0.1
port=6033
user=$DB_USER
pass=$DB_PASSWORD

[active_active]
password=$VRRP_PASSWORD
galera_replication=enabled
galera_replication_username=$GALERA_USER
galera_replication_password=$GALERA_PASSWORD

[webservices]
user=$WEBSERVICES_USER
pass=$WEBSERVICES_PASSWORD

[advanced]
configurator=disabled

[monit]
status=enabled
CONF

cat >$conf/pfconfig.conf <<CONF
[general]
backend=mysql

[mysql]
host=100.64.0.1
port=6033
user=$DB_USER
pass=$DB_PASSWORD
db=pf
CONF
chown pf:pf $conf/cluster.conf $conf/pf.conf $conf/pfconfig.conf
chmod 0664 $conf/cluster.conf
chmod 0660 $conf/pf.conf $conf/pfconfig.conf

# systemd cannot multiply: its own limit, and the waits of a program that reads them from its environment.
scaled() {
  python3 -c 'import sys; print(format(float(sys.argv[1]) * float(sys.argv[2]), ".3g"))' "$1" "$LAB_TIME_FACTOR"
}
sed -i "s/^TimeoutSec=.*/TimeoutSec=$(scaled 1200)/" /usr/lib/systemd/system/packetfence-mariadb.service
