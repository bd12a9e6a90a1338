"""What runs on a node of 7 (packetfence.md section 0): one haproxy, for everything."""

# Its services, as `pfcmd service` knows them.
SERVICES = ['haproxy', 'httpd.admin', 'httpd.webservices', 'iptables', 'keepalived', 'pfmon', 'radiusd-load_balancer',
            'redis-cache']
# Never switched off by pf.conf.
FORCED = {'redis-cache'}
# Of a cluster, and never switched off by pf.conf there.
CLUSTERED = {'radiusd-load_balancer'}
# Of a cluster, and switched off by pf.conf.
WANTED_IN_CLUSTER = {'keepalived'}
# Started by `service pf start` before the configuration is checked: the check itself needs the database.
PROXIES = ['haproxy']
# By `maintenance --deactivate`, before the database.
STARTED_FIRST = {}


def relays(vip):
    """Addresses of each proxy to the databases. The original serves the loopback alone; the lab's writer needs the VIP."""
    return {'haproxy': [f'{address}:3306' for address in ('127.0.0.1', vip) if address]}
