# What a server is like before it is in any cluster: "key<tab>value" lines. Changes nothing. Sent with prepared.sh, `peers` (addresses) and `ports` in front.
say() { printf '%s\t%s\n' "$1" "$2"; }
pf=/usr/local/pf

say machine "$(cat /etc/machine-id 2>/dev/null)"
for tool in $tools; do ! command -v "$tool" >/dev/null || say tool "$tool"; done
for key in net.ipv4.ip_nonlocal_bind net.ipv6.conf.all.disable_ipv6; do
  say now "$key $(sysctl -n "$key" 2>/dev/null)"
  say kept "$key $(kept "$key")"
done
say databaseHost "$databaseHost"
say databaseVersion "$("$(command -v mariadbd || command -v mysqld || echo :)" --version 2>/dev/null | head -n 1)"
for unit in mysql mysqld mariadb postgresql; do ! systemctl is-active -q $unit 2>/dev/null || say foreign "$unit"; done
[ ! -e $pf/conf/cluster.conf ] || awk '/^[ \t]*\[/ { s = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\][ \t\r]*$/, "", s); next } /^[ \t]*[^#; \t][^=]*=[ \t]*[^ \t\r]/ && s { print "conf\t" s; s = "" }' $pf/conf/cluster.conf
say boot "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
say osVersion "$(. /etc/os-release 2>/dev/null; echo "$VERSION_ID")"
say systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
# What its firmware starts by.
grub=/etc/grub2.cfg; [ ! -d /sys/firmware/efi ] || grub=/etc/grub2-efi.cfg
say grubCfg "$(readlink -e $grub || echo /boot/grub2/grub.cfg)"
# Name, MAC address, kind, parent and number of a VLAN. "-": none. With -d each detail stands behind a backslash.
ip -o -d link show 2>/dev/null | awk '{
  name = $2; sub(/:$/, "", name); parent = mac = kind = id = "-"
  if (i = index(name, "@")) { parent = substr(name, i + 1); name = substr(name, 1, i - 1) }
  for (n = 3; n < NF; n++) {
    if ($n == "link/ether") mac = $(n + 1)
    if ($n ~ /\\$/ && $(n + 1) ~ /^(vlan|bridge|bond|team|macvlan)$/) kind = $(n + 1)
    if (kind == "vlan" && $n == "id") id = $(n + 1)
  }
  print "link\t" name " " mac " " kind " " parent " " id
}'
# What the kernel itself calls them while it boots, where that can be told.
{ journalctl -k -b -o cat --no-pager 2>/dev/null || dmesg 2>/dev/null; } | sed -n 's/.* \([^ :]*\): renamed from \([^ ]*\)$/kernel\t\1 \2/p'
for name in /sys/class/net/*; do [ "$(cat "$name/name_assign_type" 2>/dev/null)" != 1 ] || say kernel "${name##*/} ${name##*/}"; done
# Which files name them, by whole words. An ifcfg file says it by its own name too. A pattern may fit one name, and not another.
# By MAC address: what they are to be called after the next boot.
perl -e '
  my @names = split /\n/, shift;
  for my $file (grep { -f && !/\n/ } @ARGV) {
    open my $in, "<", $file or next; my $text = do { local $/; <$in> } // "";
    my ($of) = $file =~ m{/network-scripts/\w+-([^/]+)$};
    for my $name (@names) {
      my $word = qr/\Q$name\E(?:\.\d+)?/;
      my $found = $file =~ /\.link$/ ? qr/^\s*Name\s*=\s*$word\s*$/m : $file =~ /\.rules$/ ? qr/\bNAME:?="$word"/
        : $file =~ m{/pf\.conf$} ? qr/^\s*\[\s*interface\s+$word\s*\]/m : qr/(?<![\w.-])$word(?![\w.-])/;
      print "names\t$name $file\n" if $text =~ $found or defined $of && $of =~ /^$word$/;
    }
    my ($mac) = $text =~ /^\s*(?:MACAddress|HWADDR)\s*=\s*(\S+)\s*$/m;
    my ($next) = $text =~ /^\s*(?:Name|DEVICE)\s*=\s*"?([^\s"]+)"?\s*$/m;
    print "next\t", lc $mac, " $next\n" if $mac && $next && $file =~ m{\.link$|/ifcfg-};
    next unless $file =~ /\.network$/;
    print "pattern\t$_ $file\n" for grep { /[*?\[]/ } map { split } $text =~ /^\s*Name\s*=(.*)$/mg;
  }' "$(ip -o link show 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/')" /etc/network/interfaces /etc/network/interfaces.d/* /etc/systemd/network/* \
  /etc/udev/rules.d/*.rules /etc/sysconfig/network-scripts/ifcfg-* /etc/sysconfig/network-scripts/route*-* /etc/sysconfig/network-scripts/rule*-* \
  /etc/sysconfig/network-scripts/keys-* /etc/NetworkManager/system-connections/*.nmconnection /etc/netplan/* $pf/conf/pf.conf 2>/dev/null
# The runs of ours that wrote them, the newest last, while nobody has put them back: MAC address, name then, name wanted.
for done in $(ls -tr /var/lib/pfrunbook/files/*/interfaces-back.sh.done 2>/dev/null); do
  by=${done%/*}; while read -r l; do say renamedBy "${by##*/} $l"; done <"$done"
done
ip -o -4 addr show 2>/dev/null | while read -r _ name _ a _; do say address "$name ${a%/*}"; done
# Refused is open: something answered. Silence, or a firewall's own word, is not.
perl -MIO::Socket::INET -MErrno=ECONNREFUSED -e '
  for my $peer (split / /, shift) { for my $port (@ARGV) { my $to = "$peer:$port";
    next if fork; IO::Socket::INET->new(PeerAddr => $peer, PeerPort => $port, Timeout => 3) or $! == ECONNREFUSED or print "closed\t$to ($!)\n"; exit }}
  1 while wait != -1' "$peers" $ports 2>/dev/null
say end end
