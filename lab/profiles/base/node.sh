#!/bin/sh
# What is a node's own before anybody set it up. Runs in the node's root:
#   LAB_TIME_FACTOR    PacketFence's own waits times this
set -eu
. /usr/local/lib/pfrunbook-lab/era.sh

# systemd cannot multiply. Not less than a full copy takes on a busy machine: a scenario may set less, chance must not (H9).
scaled() {
  python3 -c 'import sys; print(format(max(90, float(sys.argv[1]) * float(sys.argv[2])), ".3g"))' "$1" "$LAB_TIME_FACTOR"
}
sed -i "s/^TimeoutSec=.*/TimeoutSec=$(scaled "$TIMEOUT")/" /usr/lib/systemd/system/packetfence-mariadb.service
