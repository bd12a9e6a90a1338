# What 7 to 9 have in common, for the scripts that make a node.
TIMEOUT=300
. /usr/local/lib/pfrunbook-lab/daemons.sh
DATABASE=host=127.0.0.1
CONFIGURED=

# The wrap-up (guide 3.5.4): the configurator is closed.
wrap_up() {
  /usr/local/pf/bin/pfcmd version >/usr/local/pf/conf/currently-at
}
