#!/bin/sh
# What is a node's own before anybody set it up. Runs in the node's root:
#   LAB_TIME_FACTOR    PacketFence's own waits times this
set -eu

# systemd cannot multiply: its own limit, and the waits of a program that reads them from its environment.
scaled() {
  python3 -c 'import sys; print(format(float(sys.argv[1]) * float(sys.argv[2]), ".3g"))' "$1" "$LAB_TIME_FACTOR"
}
sed -i "s/^TimeoutSec=.*/TimeoutSec=$(scaled 1200)/" /usr/lib/systemd/system/packetfence-mariadb.service
