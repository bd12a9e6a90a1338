"""
What 12 and later have in common, and earlier versions have not (packetfence.md section 0). The modules that are the same
everywhere ask here.
"""
import http.client
import ssl

CONFIG_VERSION = 'var/conf/config_version'
CRON = 'pfcron'

# Of config_version: user, group, mode (C5).
VERSION_FILE = ('pf', 'pf', 0o664)


def connection(host, port, timeout):
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())


def listeners(_cluster):
    """Addresses of webservices, and whether TLS and a login guard them: everywhere (C11)."""
    return [('0.0.0.0', True)]
