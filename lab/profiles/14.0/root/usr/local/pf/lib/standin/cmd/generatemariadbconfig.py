"""
`pfcmd generatemariadbconfig [--force]`: var/conf/mariadb.conf and mariadb.sql, silent. Implements packetfence.md 1.4
(alone: no Galera part), 1.6, 3.2 and packetfence-run.md C2 (never reached with packetfence-config down), C25, C27.
--force changes nothing here, as there.
"""
import os

from standin.cluster import Cluster
from standin.conf import HOST, PF

TARGET = PF + '/var/conf/mariadb.conf'

SERVER = """# This file is generated from a template at /usr/local/pf/conf/mariadb/mariadb.conf.tt
[server]

[mysqld]
character-set-server = utf8mb4
collation-server = utf8mb4_bin
init-connect='SET NAMES utf8mb4'
{binding}
port    = 3306
socket    = /var/lib/mysql/mysql.sock
skip-external-locking
key_buffer_size = 16M
max_allowed_packet = 32M
skip-name-resolve
performance_schema = off
max_connect_errors = 18446744073709551615
sql_mode = "NO_ENGINE_SUBSTITUTION,NO_AUTO_CREATE_USER"
log_warnings = 1
init_file=/usr/local/pf/var/conf/mariadb.sql
innodb_data_home_dir = /var/lib/mysql
innodb_log_group_home_dir = /var/lib/mysql
innodb_buffer_pool_size = {buffer_pool}M
innodb_log_buffer_size = 8M
innodb_flush_log_at_trx_commit = 2
innodb_lock_wait_timeout = 50
innodb_autoinc_lock_mode=2
innodb_file_per_table
max_connections={max_connections}
"""

CLUSTERED = """
binlog-format=row
expire_logs_days=1
max_binlog_size=13107200
server-id = {number}

[galera]
wsrep_on=ON
wsrep_provider=/usr/lib/galera/libgalera_smm.so
default_storage_engine=InnoDB
innodb_autoinc_lock_mode=2
wsrep_cluster_name=pfcluster
wsrep_cluster_address="gcomm://{members}"
wsrep_node_name={host}
wsrep_node_address="{address}"
wsrep_node_incoming_address="{address}"
wsrep_on=ON
wsrep_sst_method = mariabackup
wsrep_sst_auth = "{user}:{password}"
#wsrep_notify_cmd=/usr/local/pf/var/run/db-update
wsrep_provider_options=''
wsrep_dirty_reads=ON
wsrep_slave_threads=1
wsrep_gtid_mode=ON
wsrep_gtid_domain_id={domain}
log_slave_updates=ON
log_bin=mariadb-bin
gtid_domain_id={number}
"""

TAIL = """
[mysqld_safe]
syslog

[mariabackup]
socket    = /var/lib/mysql/mysql.sock

!include /usr/local/pf/conf/mariadb/lab.cnf
"""


def run(_force=None):
    cluster = Cluster()
    advanced = cluster.pf['database_advanced']
    clustered = cluster.galera and len(cluster.enabled_servers) > 1
    address = cluster.this['management_ip'] if clustered else own_address(cluster)
    # Before the configurator there is no management interface.
    binding = f'bind-address={address}' if address else 'skip-networking\nbind-address='
    text = SERVER.format(binding=binding, buffer_pool=advanced['innodb_buffer_pool_size'],
                         max_connections=advanced['max_connections'])
    if clustered:
        settings = cluster.pf['active_active']
        text += CLUSTERED.format(
            address=address, host=HOST, number=cluster.index + 1,
            domain=int.from_bytes(bytes(map(int, address.split('.'))), 'big') + cluster.index + 1,
            members=','.join(server['management_ip'] for server in cluster.database_order),
            user=settings['galera_replication_username'], password=settings['galera_replication_password'])
    write(TARGET, text + TAIL)
    write(PF + '/var/conf/mariadb.sql', f"use {cluster.pf['database']['db']};\n")


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
