"""What runs on a node of 8.1 to 9.1 (packetfence.md section 0)."""
# Its services, as `pfcmd service` knows them.
SERVICES = ['haproxy-db', 'haproxy-portal', 'httpd.admin', 'httpd.webservices', 'iptables', 'keepalived', 'pfmon',
            'radiusd-load_balancer', 'redis-cache']
# Never switched off by pf.conf.
FORCED = {'redis-cache'}
# Of a cluster, and never switched off by pf.conf there.
CLUSTERED = {'radiusd-load_balancer'}
# Of a cluster, and switched off by pf.conf.
WANTED_IN_CLUSTER = {'haproxy-db', 'keepalived'}
# Started by `service pf start` before the configuration is checked: the check itself needs the database.
PROXIES = ['haproxy-db']
# By `maintenance --deactivate`, before the database.
STARTED_FIRST = {'redis-cache': 'Redis Cache'}


def relays(vip):
    """Addresses of each proxy to the databases."""
    return {'haproxy-db': [f'{vip}:3306', '127.0.0.1:3306']}
