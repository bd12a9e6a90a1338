#!/bin/sh
# Keeps one node: mounts its disks, runs its container, and runs it again when it rebooted.
# Started by machine.ts in the lab's network namespace, and in mount and process namespaces of its own: when the keeper dies, so does
# the node (nobody would start it again after a reboot), and with its last process go its mounts and its loop device.
#   keeper.sh NODE FOLDER LOWERDIRS CGROUP BRIDGE-OF-ETH0 BRIDGE-OF-ETH1
set -eu
node=$1 folder=$2 lower=$3 cgroup=$4 bridge_a=$5 bridge_b=$6

# systemd-nspawn takes its layout from what is mounted here; a host that still mixes cgroup versions gets the same one.
mount -t cgroup2 none /sys/fs/cgroup
# Its lock and propagation folders are by machine name, and two labs have a pf1 each.
mkdir -p /run/systemd/nspawn
mount -t tmpfs none /run/systemd/nspawn
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
mount -o loop,noatime "$folder/disk.ext4" "$folder/root/var/lib"

while :; do
  # A tree that an earlier boot left, else systemd finds units of another life in it.
  while [ -d "$cgroup/machine" ] && ! find "$cgroup/machine" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.05; done
  mkdir "$cgroup/machine"
  # Links of another life vanish with its network namespace, but later than its last process.
  for link in a b; do ip link delete "$node$link" 2>/dev/null || :; done
  code=0
  sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$cgroup/machine" \
    systemd-nspawn --quiet --register=no --keep-unit --boot --link-journal=no --resolv-conf=off --timezone=off \
    --machine="$node" --hostname="$node" --directory="$folder/root" --capability=CAP_NET_ADMIN,CAP_NET_RAW \
    --network-veth-extra="${node}a:eth0" --network-veth-extra="${node}b:eth1" \
    --console=pipe </dev/null >>"$folder/console.log" 2>&1 &
  # The kernel needs a moment to make the links; they are bridged from outside, as a switch does.
  for pair in "a $bridge_a" "b $bridge_b"; do
    until ip link set "$node${pair%% *}" master "${pair#* }" up 2>/dev/null; do
      kill -0 $! 2>/dev/null || break
      sleep 0.02
    done
  done
  wait $! || code=$?
  echo "$(date -Is) $node ended: $code" >>"$folder/console.log"
  [ "$code" = 133 ] || exit "$code"
done
