"""What checkup demands of a cluster, and other versions do not (packetfence.md 1.6)."""
FATAL = 'FATAL'
FIRST_LINE = ''
INSTALLED = 'installed'


def servers(cluster):
    """Whose addresses and interfaces are looked at."""
    return [cluster.vip, *cluster.servers]


def problems():
    return ()
