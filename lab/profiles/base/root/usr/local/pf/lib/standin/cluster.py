"""
What cluster.conf means to PacketFence: order, indexes, zones, overlays, markers. Implements packetfence.md 1.4, 2.1, 2.4
and packetfence-run.md C25 (a node that disabled itself takes the last server for itself), H16 (host not in the file).
Database and configuration span the zones; virtual addresses and indexes are a zone's own.
"""
import math
import os
import re

from standin import pfconfig, release
from standin.conf import CLUSTER_CONF, HOST, PF, Garbage, is_enabled, read_ini, valid_ip

# Of a flat cluster.conf.
DEFAULT = 'DEFAULT'


class UnknownHost(Exception):
    """This host is no section of cluster.conf."""


class Cluster:
    """`servers`: [{'host', 'zone', 'management_ip', 'interface eth0': {'ip'}}] of all zones, in the order of cluster.conf."""

    def __init__(self, snapshot=None):
        known = snapshot or pfconfig.snapshot()
        sections = known['cluster']
        self.multi_zone = multi_zone(sections)
        self.enabled = clustering()
        zones = {zone: members(sections, zone) for zone in zone_names(sections)}
        self.servers = [server for zone in zones.values() for host, server in zone.items() if host != 'CLUSTER']
        own = next((server for server in self.servers if server['host'] == HOST), None)
        if self.enabled and own is None:
            raise UnknownHost(f"Can't determine cluster name for host {HOST}")
        self.zone = own['zone'] if own else DEFAULT
        vips = zones.get(self.zone, {})
        self.vip = vips.get('CLUSTER', {'host': 'CLUSTER'})
        self.pf = overlaid(known['pf'], own if self.enabled else None)
        self.networks = overlaid(known['networks'], vips.get('CLUSTER') if self.enabled else None, 'network ')
        self.in_master_zone = self.zone == master_zone(sections)

    @property
    def enabled_servers(self):
        """Those that databases and configuration are shared with, of all zones."""
        return [server for server in self.servers if not os.path.isfile(disabled_file(server['host']))]

    @property
    def zone_servers(self):
        return [server for server in self.enabled_servers if server['zone'] == self.zone]

    @property
    def index(self):
        """-1 for a node that disabled itself: Perl then takes the last server, and so do we (C25)."""
        hosts = [server['host'] for server in self.zone_servers]
        return hosts.index(HOST) if HOST in hosts else -1

    @property
    def this(self):
        return self.zone_servers[self.index]

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


def members(sections, zone):
    """{host or CLUSTER: its keys, and a dict for each of its groups}. A name without a blank is a server, whatever it is."""
    before = '' if zone == DEFAULT else zone + ' '
    own = {name[len(before):]: keys for name, keys in sections.items() if name.startswith(before)}
    return {name: {'host': name, 'zone': zone, **keys,
                   **{other[len(name) + 1:]: group for other, group in own.items() if other.startswith(name + ' ')}}
            for name, keys in own.items() if ' ' not in name}


def multi_zone(sections):
    return release.ZONES and is_enabled(sections.get('general', {}).get('multi_zone'))


def zone_names(sections):
    """Of sections of two plain words, which in practice are `ZONE CLUSTER`: a zone called DC-1 does not exist."""
    if not multi_zone(sections):
        return [DEFAULT]
    found = (re.fullmatch(r'([A-Za-z0-9]+)\s[A-Za-z0-9]+', name) for name in sections)
    return list(dict.fromkeys(match.group(1) for match in found if match))


def master_zone(sections):
    """Only there a node can be the management node."""
    if not multi_zone(sections):
        return DEFAULT
    found = (re.match(r'(\w+)\s+CLUSTER', name) for name in sections)
    return next((match.group(1) for match in found if match), DEFAULT)


def overlaid(sections, member, prefix='interface '):
    """pf.conf as this host sees it, networks.conf as this zone does: `HOST interface X` and `CLUSTER network N` win."""
    merged = {name: dict(keys) for name, keys in sections.items()}
    for group, keys in (member or {}).items():
        if group.startswith(prefix):
            name = group if prefix == 'interface ' else group.removeprefix(prefix)
            merged[name] = {**merged.get(name, {}), **keys}
    return merged


def disabled_file(host):
    return f'{PF}/var/run/{host}-cluster-disabled'


def clustering():
    """Read from the file itself, not from the cache; an empty management_ip silently turns clustering off (C22)."""
    try:
        sections = read_ini(CLUSTER_CONF)
    except (OSError, Garbage):
        return False
    return multi_zone(sections) or valid_ip(sections.get('CLUSTER', {}).get('management_ip'))
