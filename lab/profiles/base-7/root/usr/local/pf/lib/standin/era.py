"""
What 7 to 9 have in common, and later versions have not (packetfence.md section 0; packetfence-run.md section 4). The
modules that are the same everywhere ask here.
"""
import http.client
import ssl

CONFIG_VERSION = 'var/config_version'
CRON = 'pfmon'

# Of config_version: user, group, mode (packetfence-run.md D17).
VERSION_FILE = ('root', 'pf', 0o660)


def connection(host, port, timeout):
    """The node's own needs neither TLS nor a login."""
    if host == '127.0.0.1':
        return http.client.HTTPConnection(host, port, timeout=timeout)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())


def listeners(cluster):
    """Addresses of webservices, and whether TLS and a login guard them: not on the loopback (packetfence-run.md 4)."""
    own = [keys['ip'] for name, keys in cluster.pf.items()
           if name.startswith('interface ') and 'management' in keys.get('type', '')]
    vips = [cluster.vip['management_ip']] if cluster.enabled else []
    return [('127.0.0.1', False), *((address, True) for address in own + vips)]
