# What 7 to 9 have in common, for the scripts that make a node.
TIMEOUT=300
ENABLED="mariadb config redis-cache routes httpd.admin iptables"
# Beside them, in a cluster.
CLUSTERED="haproxy-db haproxy-portal keepalived httpd.webservices pfmon radiusd-load_balancer"
ADMIN=httpd.admin
DATABASE=host=127.0.0.1
CONFIGURED=

# The wrap-up (guide 3.5.4): the configurator is closed.
wrap_up() {
  systemctl enable -q monit
  /usr/local/pf/bin/pfcmd version >/usr/local/pf/conf/currently-at
}
