# What a server is like before it is in any cluster: "key<tab>value" lines. Changes nothing. Sent with `peers` (addresses) and `ports` in front.
say() { printf '%s\t%s\n' "$1" "$2"; }
pf=/usr/local/pf

say machine "$(cat /etc/machine-id 2>/dev/null)"
for tool in socat mariabackup xtrabackup; do ! command -v "$tool" >/dev/null || say tool "$tool"; done
for key in net.ipv4.ip_nonlocal_bind net.ipv6.conf.all.disable_ipv6; do
  say now "$key $(sysctl -n "$key" 2>/dev/null)"
  # The last file that names it counts at boot.
  say kept "$key $(cat /usr/lib/sysctl.d/*.conf /etc/sysctl.conf /etc/sysctl.d/*.conf 2>/dev/null | sed -n "s/^[[:blank:]]*$key[[:blank:]]*=[[:blank:]]*\([^[:blank:]]*\).*/\1/p" | tail -n 1)"
done
say databaseHost "$(sed -n '/^\[database\]/,/^\[/ s/^[[:blank:]]*host[[:blank:]]*=[[:blank:]]*//p' $pf/conf/pf.conf 2>/dev/null | tail -n 1)"
say databaseVersion "$("$(command -v mariadbd || command -v mysqld || echo :)" --version 2>/dev/null | head -n 1)"
for unit in mysql mysqld mariadb postgresql; do ! systemctl is-active -q $unit 2>/dev/null || say foreign "$unit"; done
[ ! -e $pf/conf/cluster.conf ] || awk '/^[ \t]*\[/ { s = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\][ \t\r]*$/, "", s); next } /^[ \t]*[^#; \t][^=]*=[ \t]*[^ \t\r]/ && s { print "conf\t" s; s = "" }' $pf/conf/cluster.conf
ip -o link show 2>/dev/null | while IFS=': ' read -r _ name _; do say link "${name%@*}"; done
ip -o -4 addr show 2>/dev/null | while read -r _ name _ a _; do say address "$name ${a%/*}"; done
# Refused is open: something answered. Silence, or a firewall's own word, is not.
perl -MIO::Socket::INET -MErrno=ECONNREFUSED -e '
  for my $peer (split / /, shift) { for my $port (@ARGV) { my $to = "$peer:$port";
    next if fork; IO::Socket::INET->new(PeerAddr => $peer, PeerPort => $port, Timeout => 3) or $! == ECONNREFUSED or print "closed\t$to ($!)\n"; exit }}
  1 while wait != -1' "$peers" $ports 2>/dev/null
say end end
