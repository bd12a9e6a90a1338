#!/bin/sh
# Makes a Debian 12 with the profile's folders laid over it a PacketFence node as its package leaves it. Runs once, in the image.
set -eu
. /usr/local/lib/pfrunbook-lab/era.sh
cd /usr/local/pf

getent group pf >/dev/null || groupadd --system pf
getent passwd pf >/dev/null || useradd --system --gid pf --home-dir /usr/local/pf --no-create-home --shell /bin/bash pf

mkdir -p conf/ssl conf/radiusd raddb/certs logs var/run var/conf var/cache var/control
# Every file that cluster/sync carries exists on an installed node (packetfence.md 2.5).
PYTHONPATH=lib python3 -c 'from standin.sync import every_file; print(*every_file(), sep="\n")' | while read -r file; do
  mkdir -p "$(dirname "$file")"
  [ -e "$file" ] || : >"$file"
done
cat >conf/cluster.conf <<'CONF'
# Cluster configuration file for active/active
# This file will have it deactivated by default
# To activate the active/active mode, set a management IP in the cluster section
[CLUSTER]
management_ip=
CONF
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=pf.example.com \
  -keyout conf/ssl/server.key -out conf/ssl/server.crt 2>/dev/null
cat conf/ssl/server.crt conf/ssl/server.key >conf/ssl/server.pem

echo "insert into pf_version values (1, '$(sed -n '1s/PacketFence \([0-9]*\.[0-9]*\).*/\1/p' conf/pf-release)');" >>db/pf-schema.sql

chown -R pf:pf conf var logs raddb
chmod -R u=rwX,g=rwX,o=rX conf
chmod 0770 conf/ssl
chmod 0664 conf/cluster.conf
chmod 0660 conf/pf.conf conf/pfconfig.conf
chmod 1777 var/run
chmod 755 bin/cluster/* sbin/*
chown root:root bin/pfcmd
chmod 06755 bin/pfcmd
ln -sf /usr/local/pf/bin/pfcmd /usr/local/bin/pfcmd

# As its package does: clients find the socket that mariadb.conf names.
printf '[client-server]\nsocket = /var/lib/mysql/mysql.sock\n' >/etc/mysql/mariadb.conf.d/999-socket-override.cnf
sed -i 's#^socket\s*=.*#socket=/var/lib/mysql/mysql.sock#' /etc/mysql/my.cnf

# PacketFence runs the database, the proxies and the VIP by units of its own.
systemctl mask -q mariadb.service mariadb.socket mysql.service haproxy.service keepalived.service
for name in $ENABLED; do systemctl enable -q "packetfence-$name"; done
systemctl set-default packetfence.target 2>/dev/null
