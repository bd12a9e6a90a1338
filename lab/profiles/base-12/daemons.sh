# Units, without packetfence-: enabled by the installation, beside them in a cluster, and what the configurator needs.
ENABLED="mariadb config redis-cache keepalived haproxy-portal haproxy-admin iptables httpd.webservices pfcron"
CLUSTERED="galera-autofix haproxy-db proxysql radiusd-load_balancer"
ADMIN=haproxy-admin
