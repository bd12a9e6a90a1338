"""
`pfcmd generatemariadbconfig [--force]`: var/conf/mariadb.conf and mariadb.sql, silent. Implements packetfence.md 1.4
(alone: no Galera part), 1.6, 3.2 and packetfence-run.md C2 (never reached with packetfence-config down), C25, C27.
--force changes nothing here, as there.
"""
import os

from standin.cluster import Cluster
from standin.conf import HOST, PF

TARGET = PF + '/var/conf/mariadb.conf'

TEMPLATES = PF + '/conf/mariadb'


def run(_force=None):
    cluster = Cluster()
    advanced = cluster.pf['database_advanced']
    clustered = cluster.galera and len(cluster.enabled_servers) > 1
    address = cluster.this['management_ip'] if clustered else own_address(cluster)
    # Before the configurator there is no management interface.
    binding = f'bind-address={address}' if address else 'skip-networking\nbind-address='
    text = template('server').format(binding=binding, buffer_pool=advanced['innodb_buffer_pool_size'],
                         max_connections=advanced['max_connections'])
    if clustered:
        settings = cluster.pf['active_active']
        text += template('clustered').format(
            address=address, host=HOST, number=cluster.index + 1,
            domain=int.from_bytes(bytes(map(int, address.split('.'))), 'big') + cluster.index + 1,
            members=','.join(server['management_ip'] for server in cluster.database_order),
            user=settings['galera_replication_username'], password=settings['galera_replication_password'])
    write(TARGET, text + template('tail'))
    write(PF + '/var/conf/mariadb.sql', f"use {cluster.pf['database']['db']};\n")


def template(name):
    with open(f'{TEMPLATES}/{name}.cnf') as file:
        return file.read()


def own_address(cluster):
    """Alone, the management interface of pf.conf counts."""
    for name, keys in cluster.pf.items():
        if name.startswith('interface ') and 'management' in keys.get('type', ''):
            return keys['ip']
    return ''


def write(path, text):
    """root:root 0644, although it holds the replication password (C27, H27)."""
    with open(path, 'w') as file:
        file.write(text)
    os.chmod(path, 0o644)
