# Known to every case. Read from the node itself, so that the tables fit any cluster of at least three nodes.
PF=/usr/local/pf
HOST=$(hostname)
START=$(date +%s)
PATH=$PF/bin:$PF/bin/cluster:$PF/sbin:$PATH

value() { # file section key
  awk -v section="[$2]" -v key="$3" '$0 == section { on = 1; next } /^\[/ { on = 0 }
    on && index($0, key "=") == 1 { print substr($0, length(key) + 2); exit }' "$1"
}
HOSTS=$(sed -n 's/^\[\([^] ]*\)\]$/\1/p' $PF/conf/cluster.conf | grep -v -x CLUSTER)
PEERS=$(echo "$HOSTS" | grep -v -x "$HOST")
PEER=$(echo "$PEERS" | head -n 1)
LAST=$(echo "$HOSTS" | tail -n 1)
ip_of() { value $PF/conf/cluster.conf "$1" management_ip; }
VIP=$(ip_of CLUSTER)
API_USER=$(value $PF/conf/pf.conf webservices user)
API_PASSWORD=$(value $PF/conf/pf.conf webservices pass)

# within SECONDS COMMAND...: asks again until it succeeds; what failed says so.
within() {
  limit=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$limit" ] || { echo "in vain: $*" >&2; return 1; }
    sleep 0.3
  done
}
logged() { # TAG or unit, text
  journalctl --no-pager --since "@$START" -o cat -t "$1" | grep -qF -- "$2"
}
is() { # unit state
  [ "$(systemctl is-active "packetfence-$1")" = "$2" ]
}
synced() {
  [ "$(mariadb -NBe "SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | cut -f 2)" = Synced ]
}
no_server() {
  ! ps -C mysqld_safe,mysqld,mariadbd-safe,mariadbd -o pid= >/dev/null
}
keep() { # a file, until put_back
  cp -p "$1" "/tmp/kept-$(basename "$1")"
}
put_back() {
  cp -p "/tmp/kept-$(basename "$1")" "$1"
}
config_down() { systemctl stop packetfence-config; }
config_up() { systemctl start packetfence-config; within 60 config_answers; }
config_answers() { node >/dev/null 2>&1; }
