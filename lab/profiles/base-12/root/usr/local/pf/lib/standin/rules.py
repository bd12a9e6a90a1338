"""What checkup demands of a cluster, and other versions do not (packetfence.md 1.6)."""
from standin.conf import PF, PF_CONF, read_ini

FATAL = 'FATAL'
FIRST_LINE = 'Checking configuration sanity...\n'
INSTALLED = '*minor* installed'


def servers(cluster):
    """Whose addresses and interfaces are looked at: with zones, nobody's."""
    return [] if cluster.multi_zone else [cluster.vip, *cluster.servers]


def problems():
    for file, host in (('pf.conf database.host', read_ini(PF_CONF).get('database', {}).get('host')),
                       ('pfconfig.conf mysql.host', read_ini(PF + '/conf/pfconfig.conf').get('mysql', {}).get('host'))):
        if host in (None, 'localhost', '127.0.0.1'):
            yield FATAL, (f"In conf/{file} should not be configured to 'localhost' or '127.0.0.1' in a cluster. The right "
                          "value for pointing to proxysql or haproxy-db is '100.64.0.1'")
