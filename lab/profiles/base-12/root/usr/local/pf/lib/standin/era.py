"""
What 12 and later have in common, and earlier versions have not (packetfence.md section 0). The modules that are the same
everywhere ask here.
"""
import http.client
import ssl

CONFIG_VERSION = 'var/conf/config_version'
CRON = 'pfcron'

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

# Of config_version: user, group, mode (C5).
VERSION_FILE = ('pf', 'pf', 0o664)


def connection(host, port, timeout):
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())


def listeners(_cluster):
    """Addresses of webservices, and whether TLS and a login guard them: everywhere (C11)."""
    return [('0.0.0.0', True)]


def relays(vip):
    """Addresses of each proxy to the databases; a relay stands for proxysql."""
    return {'proxysql': [GATEWAY + ':6033'], 'haproxy-db': [f'{vip}:3306', GATEWAY + ':3306', '127.0.0.1:3306']}
