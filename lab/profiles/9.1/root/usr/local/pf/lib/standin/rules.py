"""What checkup demands of a cluster, and other versions do not (packetfence.md 1.6)."""
FATAL = 'FATAL'
FIRST_LINE = 'Checking configuration sanity...\n'
INSTALLED = 'installed'


def servers(cluster):
    """Whose addresses and interfaces are looked at: this zone's, which makes the guide's 7.2 example a FATAL on DC2."""
    return [cluster.vip, *(server for server in cluster.servers if server['zone'] == cluster.zone)]


def problems():
    return ()
