# What 12 and later have in common, for the scripts that make a node.
TIMEOUT=1200
ENABLED="mariadb config redis-cache keepalived haproxy-portal haproxy-admin iptables httpd.webservices pfcron"
# Beside them, in a cluster.
CLUSTERED="galera-autofix haproxy-db proxysql radiusd-load_balancer"
ADMIN=haproxy-admin
DATABASE='host=100.64.0.1
port=6033'
CONFIGURED='[advanced]
configurator=disabled

[monit]
status=enabled'

# The wrap-up (guide 3.5.4).
wrap_up() {
  systemctl enable -q monit
}
