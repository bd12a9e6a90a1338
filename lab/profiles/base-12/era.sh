# What 12 and later have in common, for the scripts that make a node.
TIMEOUT=1200
. /usr/local/lib/pfrunbook-lab/daemons.sh
DATABASE='host=100.64.0.1
port=6033'
CONFIGURED='[advanced]
configurator=disabled

[monit]
status=enabled'

# The wrap-up (guide 3.5.4): the configurator is closed by pf.conf.
wrap_up() { :; }
