# Units, without packetfence-: enabled by the installation, beside them in a cluster, and what the configurator needs.
ENABLED="mariadb config redis-cache routes httpd.admin iptables"
CLUSTERED="haproxy keepalived httpd.webservices pfmon radiusd-load_balancer"
ADMIN=httpd.admin
