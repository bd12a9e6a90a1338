"""What runs on a node from 12 on (packetfence.md section 0)."""
# Docker's bridge in the original, by which its programs reach the database.
GATEWAY = '100.64.0.1'

# Its services, as `pfcmd service` knows them.
SERVICES = ['galera-autofix', 'haproxy-admin', 'haproxy-db', 'haproxy-portal', 'httpd.webservices', 'iptables',
            'keepalived', 'pfcron', 'proxysql', 'radiusd-load_balancer', 'redis-cache']
# Never switched off by pf.conf.
FORCED = {'keepalived', 'redis-cache'}
# Of a cluster, and never switched off by pf.conf there.
CLUSTERED = {'proxysql', 'haproxy-db', 'radiusd-load_balancer'}
# Of a cluster, and switched off by pf.conf.
WANTED_IN_CLUSTER = {'galera-autofix'}
# Started by `service pf start` before the configuration is checked: the check itself needs the database.
PROXIES = ['proxysql', 'haproxy-db']
# By `maintenance --deactivate`, before the database.
STARTED_FIRST = {'redis-cache': 'Redis Cache'}


def relays(vip):
    """Addresses of each proxy to the databases; a relay stands for proxysql."""
    return {'proxysql': [GATEWAY + ':6033'], 'haproxy-db': [f'{vip}:3306', GATEWAY + ':3306', '127.0.0.1:3306']}
