# What setting up asks of a server: "key<tab>value" lines. Changes nothing. Sent with prepared.sh in front. Of pf.conf, which holds
# passwords, only the keys of interfaces and the database's host leave the node.
say() { printf '%s\t%s\n' "$1" "$2"; }
pf=/usr/local/pf

ip -o -4 addr show 2>/dev/null | while read -r _ name _ a _; do say live "$name ${a%/*}"; done
[ ! -e $pf/conf/pf.conf ] || awk '
  /^[ \t]*\[/ { s = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\][ \t\r]*$/, "", s); next }
  s ~ /^interface [^ ]+$/ && (i = index($0, "=")) {
    k = substr($0, 1, i - 1); gsub(/[ \t]/, "", k); v = substr($0, i + 1); gsub(/^[ \t]+|[ \t\r]+$/, "", v)
    if (k == "ip" || k == "type") print "configured\t" substr(s, 11) "\t" k "\t" v
  }' $pf/conf/pf.conf
say databaseHost "$databaseHost"
[ ! -e $pf/conf/cluster.conf ] || say clusterConf "$(head -c 200000 $pf/conf/cluster.conf | base64 -w0)"
[ ! -e /var/lib/pfrunbook/set-up-begun ] || say begun yes
key=net.ipv4.ip_nonlocal_bind
[ "$(sysctl -n $key 2>/dev/null)" = 1 ] && [ "$(kept $key)" = 1 ] || say lacks $key
for tool in $tools; do command -v $tool >/dev/null || say lacks $tool; done
say end end
