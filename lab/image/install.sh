#!/bin/sh
# Runs once in the image, before the profile's own install.sh.
set -eu

# The database is PacketFence's: only its unit may start one, and mariadb.socket would hold port 3306.
systemctl mask mariadb.service mariadb.socket mysql.service 2>/dev/null
systemctl mask haproxy.service keepalived.service 2>/dev/null
# Nothing that wakes up by itself while somebody measures.
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service man-db.timer fstrim.timer 2>/dev/null
systemctl enable lab-names.service lab-network.service 2>/dev/null

# For sites that allow no root login.
useradd --create-home --gid operator --shell /bin/bash operator
echo 'operator ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/operator
chmod 440 /etc/sudoers.d/operator

# Each node gets its own.
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
mkdir -p /var/log/journal
rm -rf /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/lib/apt/lists/*
