# What a recovery would need of a node: "key<tab>value" lines. Changes nothing. Sent with `data` (the datadir) in front. Of pf.conf,
# which holds passwords, only the keys asked for leave the node.
say() { printf '%s\t%s\n' "$1" "$2"; }
first() { for p in "$@"; do command -v "$p" && return; done; }
# keys NAME FILE SECTIONS KEYS: NAME<tab>section<tab>key<tab>value
keys() {
  [ ! -e "$2" ] || awk -v name="$1" -v sections="$3" -v want=" $4 " '
    /^[ \t]*\[/ { s = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\][ \t\r]*$/, "", s); next }
    s ~ sections && (i = index($0, "=")) {
      k = substr($0, 1, i - 1); gsub(/[ \t]/, "", k); v = substr($0, i + 1); gsub(/^[ \t]+|[ \t\r]+$/, "", v)
      if (index(want, " " k " ")) print name "\t" s "\t" k "\t" v
    }' "$2"
}
pf=/usr/local/pf

say client "$(first mariadb mysql)"
say server "$("$(first mariadbd mysqld)" --version 2>/dev/null | head -n 1)"
tool=$(first mariadb-backup mariabackup xtrabackup)
say copyTool "$tool"
say copyToolVersion "$([ -z "$tool" ] || "$tool" --version 2>&1 | head -n 1)"
say socat "$(first socat)"
! mountpoint -q "$data" || say mount yes

# The nightly backup, its older kin, and what an upgrade left.
find /root/backup /root -maxdepth 1 -type f -size +0 \( -name 'packetfence-*dump-*' -o -name 'packetfence-*-backup-*' \) -printf '%T@ %s %p\n' 2>/dev/null |
  sort -n | tail -n 20 | while read -r l; do say backup "$l"; done
for f in $pf/var/backup_*.status; do [ ! -e "$f" ] || { n=${f##*/backup_}; say backupStatus "${n%.status} $(head -c 200 "$f" | head -n 1)"; }; done

keys interface $pf/conf/pf.conf '^interface [^ ]+$' 'ip mask type enforcement'
keys network $pf/conf/networks.conf '^[0-9.]+$' 'netmask type'
keys service $pf/conf/pf.conf '^services$' 'galera-autofix'
say end end
