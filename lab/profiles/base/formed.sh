#!/bin/sh
# Makes a node as just installed one of a cluster that was set up by the guide, but for its database. Runs in the node's root:
#   CLUSTER_CONF                    cluster.conf
#   FIRST FIRST_ADDRESS FIRST_ADDRESS2  its first server
#   INTERFACE INTERFACE2 PREFIX     of every node
#   GALERA_USER GALERA_PASSWORD DB_USER DB_PASSWORD WEBSERVICES_USER WEBSERVICES_PASSWORD
set -eu
. /usr/local/lib/pfrunbook-lab/era.sh
conf=/usr/local/pf/conf

echo 'net.ipv4.ip_nonlocal_bind = 1' >>/etc/sysctl.conf
printf %s "$CLUSTER_CONF" >$conf/cluster.conf

mask=$(python3 -c 'import ipaddress, sys; print(ipaddress.ip_network("0.0.0.0/" + sys.argv[1]).netmask)' "$PREFIX")
# The first node's, as cluster/sync leaves it everywhere: each node lays its own addresses over it, from cluster.conf.
cat >$conf/pf.conf <<CONF
[general]
domain=example.com
hostname=$FIRST

[interface $INTERFACE]
ip=$FIRST_ADDRESS
mask=$mask
type=management,high-availability

[interface $INTERFACE2]
ip=$FIRST_ADDRESS2
mask=$mask
type=internal
enforcement=vlan

[database]
$DATABASE
user=$DB_USER
pass=$DB_PASSWORD

[active_active]
galera_replication_username=$GALERA_USER
galera_replication_password=$GALERA_PASSWORD

[webservices]
user=$WEBSERVICES_USER
pass=$WEBSERVICES_PASSWORD

$CONFIGURED
CONF

cat >$conf/pfconfig.conf <<CONF
[general]
backend=mysql

[mysql]
$DATABASE
user=$DB_USER
pass=$DB_PASSWORD
db=pf
CONF

for name in $CLUSTERED; do systemctl enable -q "packetfence-$name"; done
systemctl enable -q monit
wrap_up
systemctl set-default packetfence-cluster.target 2>/dev/null
