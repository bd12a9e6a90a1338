# What setting up asks of a server: "key<tab>value" lines. Changes nothing. Of pf.conf, which holds
# passwords, only the keys of interfaces leave the node.
say() { printf '%s\t%s\n' "$1" "$2"; }
pf=/usr/local/pf

ip -o -4 addr show 2>/dev/null | while read -r _ name _ a _; do say live "$name ${a%/*}"; done
[ ! -e $pf/conf/pf.conf ] || awk '
  /^[ \t]*\[/ { s = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\][ \t\r]*$/, "", s); next }
  s ~ /^interface [^ ]+$/ && (i = index($0, "=")) {
    k = substr($0, 1, i - 1); gsub(/[ \t]/, "", k); v = substr($0, i + 1); gsub(/^[ \t]+|[ \t\r]+$/, "", v)
    if (k == "ip" || k == "type") print "configured\t" substr(s, 11) "\t" k "\t" v
  }' $pf/conf/pf.conf
[ ! -e $pf/conf/cluster.conf ] || say clusterConf "$(head -c 200000 $pf/conf/cluster.conf | base64 -w0)"
[ ! -e /var/lib/pfrunbook/set-up-begun ] || say begun yes
# As server.sh asks it: what one calls prepared, the other must not miss.
key=net.ipv4.ip_nonlocal_bind
kept=$(cat /usr/lib/sysctl.d/*.conf /etc/sysctl.conf /etc/sysctl.d/*.conf 2>/dev/null | sed -n "s/^[[:blank:]]*$key[[:blank:]]*=[[:blank:]]*\([^[:blank:]]*\).*/\1/p" | tail -n 1)
[ "$(sysctl -n $key 2>/dev/null)" = 1 ] && [ "$kept" = 1 ] || say lacks $key
for tool in socat mariabackup xtrabackup; do command -v $tool >/dev/null || say lacks $tool; done
say end end
