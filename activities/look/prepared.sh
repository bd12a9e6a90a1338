# What two looks ask, one before prepare-nodes and one before setting up and joining: what one calls prepared, the other must not miss.
tools='socat mariabackup xtrabackup'
# Where PacketFence looks for its database.
databaseHost=$(sed -n '/^\[database\]/,/^\[/ { s/[[:space:]]*$//; s/^[[:blank:]]*host[[:blank:]]*=[[:blank:]]*//p }' /usr/local/pf/conf/pf.conf 2>/dev/null | tail -n 1)
# kept KEY: what the kernel's setting will be after a boot. The last file that names it counts.
kept() {
  cat /usr/lib/sysctl.d/*.conf /etc/sysctl.conf /etc/sysctl.d/*.conf 2>/dev/null |
    sed -n "s/^[[:blank:]]*$1[[:blank:]]*=[[:blank:]]*\([^[:blank:]]*\).*/\1/p" | tail -n 1
}
