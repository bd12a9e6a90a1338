#!/bin/sh
# Gives a node what is its own: name, addresses, keys. The rest is as just installed (the profile's node.sh), or as set up in a cluster
# (formed.sh too).
# Runs in a mount namespace of its own while the node is off. Everything comes from the environment (machine.ts).
#   dress.sh FOLDER LOWERDIRS
set -eu
folder=$1 lower=$2
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
mount -o loop,noatime "$folder/disk.ext4" "$folder/root/var/lib"
mount -t proc proc "$folder/root/proc"
mount -t devtmpfs devtmpfs "$folder/root/dev"
cd "$folder/root"

echo "$NODE" >etc/hostname
echo "$MACHINE_ID" >etc/machine-id
{
  echo "127.0.0.1 localhost"
  for pair in $NODES; do echo "${pair#*=} ${pair%%=*}.example.com ${pair%%=*}"; done
} >etc/hosts
cat >etc/pfrunbook-lab.env <<END
NODE=$NODE
LAB_TIME_FACTOR=$LAB_TIME_FACTOR
END
mkdir -p etc/network
cat >etc/network/interfaces <<END
auto lo
iface lo inet loopback

auto $INTERFACE
iface $INTERFACE inet static
  address $ADDRESS/$PREFIX
${GATEWAY:+  gateway $GATEWAY
}
auto $INTERFACE2
iface $INTERFACE2 inet static
  address $ADDRESS2/$PREFIX
END

install -m 600 "$folder/ssh_host_ed25519_key" etc/ssh/
install -m 644 "$folder/ssh_host_ed25519_key.pub" etc/ssh/
for home in root home/operator; do
  install -d -m 700 "$home/.ssh"
  install -m 600 "$folder/../id_ed25519.pub" "$home/.ssh/authorized_keys"
done
chroot . chown -R operator:operator /home/operator/.ssh

chroot . sh /usr/local/lib/pfrunbook-lab/node.sh
[ "$STATE" != formed ] || chroot . sh /usr/local/lib/pfrunbook-lab/formed.sh
