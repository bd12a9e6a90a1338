"""
What cluster.conf means to PacketFence: order, indexes, markers. Flat form. Implements packetfence.md 1.4, 2.1, 2.4 and
packetfence-run.md C25 (a node that disabled itself takes the last server for itself), H16 (host not in the file).
"""
import math
import os

from standin import pfconfig
from standin.conf import CLUSTER_CONF, HOST, PF, Garbage, is_enabled, read_ini, valid_ip


class UnknownHost(Exception):
    """This host is no section of cluster.conf."""


class Cluster:
    """`servers`: [{'host', 'management_ip', 'interface eth0': {'ip'}}] in the order of cluster.conf."""

    def __init__(self, snapshot=None):
        known = snapshot or pfconfig.snapshot()
        self.pf = known['pf']
        self.enabled = clustering()
        sections = known['cluster']
        self.servers = [self._section(sections, name) for name in sections if ' ' not in name and name != 'CLUSTER']
        self.vip = self._section(sections, 'CLUSTER')
        if self.enabled and HOST not in [server['host'] for server in self.servers]:
            raise UnknownHost(f"Can't determine cluster name for host {HOST}")

    @staticmethod
    def _section(sections, name):
        prefix = name + ' '
        groups = {other[len(prefix):]: keys for other, keys in sections.items() if other.startswith(prefix)}
        return {'host': name, **sections.get(name, {}), **groups}

    @property
    def enabled_servers(self):
        return [server for server in self.servers if not os.path.isfile(disabled_file(server['host']))]

    @property
    def index(self):
        """-1 for a node that disabled itself: Perl then takes the last server, and so do we (C25)."""
        hosts = [server['host'] for server in self.enabled_servers]
        return hosts.index(HOST) if HOST in hosts else -1

    @property
    def this(self):
        return self.enabled_servers[self.index]

    @property
    def peers(self):
        return [server for server in self.enabled_servers if server['host'] != HOST]

    @property
    def database_order(self):
        """Preference for the database: the reverse of cluster.conf (D7)."""
        return self.enabled_servers[::-1]

    @property
    def galera(self):
        return self.enabled and is_enabled(self.pf['active_active']['galera_replication'])

    @property
    def majority(self):
        return math.floor(len(self.enabled_servers) / 2) + 1


def disabled_file(host):
    return f'{PF}/var/run/{host}-cluster-disabled'


def clustering():
    """Read from the file itself, not from the cache; an empty management_ip silently turns clustering off (C22)."""
    try:
        return valid_ip(read_ini(CLUSTER_CONF).get('CLUSTER', {}).get('management_ip'))
    except (OSError, Garbage):
        return False
