# What a look at a node reads: "key<tab>value" lines, files as base64. Changes nothing, and waits for nothing that can hang
# longer than a few seconds. Sent with `roles` (role=unit role=unit ...), `confs` (where the server's configuration may stand) and find_data in front.
say() { printf '%s\t%s\n' "$1" "$2"; }
file() { [ ! -e "$2" ] || say "$1" "$(head -c 200000 "$2" | base64 -w0)"; }
pf=/usr/local/pf

say now "$(date +%s%3N)"
say hostname "$(hostname)"
say release "$(head -n 1 $pf/conf/pf-release 2>/dev/null)"
say os "$(. /etc/os-release 2>/dev/null; echo "$ID $ID_LIKE")"
say machine "$(cat /etc/machine-id 2>/dev/null)"
say boot "$(cat /proc/sys/kernel/random/boot_id)"
say var "$(df -B1 --output=avail /var/lib 2>/dev/null | tail -n 1 | tr -d ' ')"
ip -o -4 addr show 2>/dev/null | while read -r _ _ _ a _; do say address "${a%/*}"; done

# One call for all units; systemd answers in the order asked, with blank lines between.
units=; for r in $roles; do units="$units ${r#*=}"; done
systemctl show -p Id,LoadState,ActiveState,UnitFileState,MainPID $units 2>/dev/null |
  awk -F= -v roles="$roles" 'BEGIN { n = split(roles, role, " "); i = 1 }
    function flush() { if (i <= n) { split(role[i], r, "="); print "unit\t" r[1] " " v["LoadState"] " " v["ActiveState"] " " (v["UnitFileState"] == "" ? "-" : v["UnitFileState"]) " " v["MainPID"] } delete v; i++ }
    /^$/ { flush(); next } { v[$1] = $2 } END { flush() }'
say target "$(systemctl get-default 2>/dev/null)"

ps -eo pid=,comm=,args= -ww 2>/dev/null | awk '$2 ~ /^(mariadbd|mysqld|mariadbd-safe|mysqld_safe)$/ { print "process\t" substr($0, 1, 400) }
  $2 == "pf-mariadb" && / --force-new-cluster/ { print "begins\tyes" }
  $2 ~ /^(mariadb-backup|mariabackup|xtrabackup|innobackupex|wsrep_sst_.*|socat)$/ { print "process\t" $1 " " $2 }' # their arguments may hold a password

# The bootstrap flag, wherever it can hide.
systemctl show-environment 2>/dev/null | grep '^MARIADB_ARGS=' | while read -r l; do say flag "systemd's environment: $l"; done
grep -ls new-cluster /run/systemd/system/packetfence-mariadb.service.d/*.conf /etc/systemd/system/packetfence-mariadb.service.d/*.conf 2>/dev/null | while read -r l; do say flag "drop-in $l"; done

for conf in $confs; do [ ! -e "$conf" ] || break; done
find_data
say datadir "$data"
disk=$data # of its folder, or of where that would be made
until [ -d "$disk" ] || [ "$disk" = "${disk%/*}" ]; do disk=${disk%/*}; done
say datadirFree "$(df -B1 --output=avail "${disk:-/}" 2>/dev/null | tail -n 1 | tr -d ' ')"
say datadirUsed "$(du -s --block-size=1 "$data" 2>/dev/null | cut -f1)"
[ -z "$(ls -A "$data" 2>/dev/null)" ] || say datadirHolds yes
file grastate "$data/grastate.dat"
file view "$data/gvwstate.dat"

[ ! -e $pf/var/maintenance-mode ] || say maintenance yes
for f in $pf/var/run/*-cluster-disabled; do [ ! -e "$f" ] || { f=${f##*/}; say disabled "${f%-cluster-disabled}"; }; done
file clusterConf $pf/conf/cluster.conf
for f in /var/lib/pfrunbook/guards/*.sh; do [ ! -e "$f" ] || { say guard "${f##*/} $(sed -n 's/^# back: *//p' "$f" | head -n 1)"; ! grep -qx '# ran: no' "$f" || say owedStopped "${f##*/}"; }; done
# By a run that has taken the configuration over from another node, as commands/folders.ts says where.
for f in /var/lib/pfrunbook/guards/*.holdDatabase.*.sh; do [ ! -e "$f" ] || { r=$(sed -n 's/^# run: *//p' "$f" | head -n 1 | tr / -); [ ! -e "/var/lib/pfrunbook/synced/$r" ] || say heldByJoin yes; }; done
for f in /var/lib/pfrunbook/barrier/*.address; do [ ! -e "$f" ] || { f=${f##*/}; say barrier "${f%.address}"; }; done
[ ! -e /var/lib/pfrunbook/set-up-begun ] || say setUpBegun yes
[ ! -e /var/lib/pfrunbook/lock ] || say lock "$(head -n 1 /var/lib/pfrunbook/lock)"
[ ! -e /var/lib/pfrunbook/lock.over ] || while read -r l; do say over "$l"; done </var/lib/pfrunbook/lock.over
say end end
