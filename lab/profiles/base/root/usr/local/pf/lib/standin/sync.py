"""
How configuration travels between nodes. Implements packetfence.md 1.3, 2.5, 2.6 and packetfence-run.md C5-C9, C12
(stores one after the other, 2 s each), D9 (a node whose own webservices are down counts as version 0).
"""
import os
import pwd
import sys
import syslog
import time

from standin import conf, era, jsonrpc
from standin.cluster import Cluster
from standin.conf import PF
from standin.stores import FILES_TO_SYNC, STORES

EXTRA = PF + '/conf/cluster-files.txt'


def store_files():
    return [file for file in STORES.values() if file]


def every_file():
    return sorted({*FILES_TO_SYNC, *store_files()})


def extra_files():
    """Each line of cluster-files.txt, blank ones too."""
    try:
        with open(EXTRA) as lines:
            return lines.read().splitlines()
    except OSError:
        return []


def get_version():
    """Text of the file; 0 where there is none."""
    try:
        with open(conf.CONFIG_VERSION) as file:
            return file.read()
    except OSError:
        return 0


def set_version(version):
    """No newline (C5)."""
    with open(conf.CONFIG_VERSION, 'w') as file:
        file.write(str(version))
    user, group, mode = era.VERSION_FILE
    os.chown(conf.CONFIG_VERSION, pwd.getpwnam(user).pw_uid, pwd.getpwnam(group).pw_gid)
    os.chmod(conf.CONFIG_VERSION, mode)


def bump_version():
    set_version(int(time.time()))


class Sync:
    """`say(level, text)`: PacketFence's logger, the screen for cluster/sync and the log for the others."""

    def __init__(self, say, cluster=None):
        self.say = say
        self.cluster = cluster or Cluster()

    def call(self, address, method, params):
        own = self.cluster.pf['webservices']
        return jsonrpc.call(address, method, params, own['user'], own['pass'])

    def storages(self, stores):
        """By the local API process: when that is down, every store fails, and the exit code is still 0 (H2)."""
        for store in stores:
            self.say('INFO', f'Synching storage : {store}')
            if not STORES[store]:
                continue
            try:
                self.call('127.0.0.1', 'expire_cluster', ['namespace', f'config::{store}', 'conf_file', STORES[store]])
            except jsonrpc.Failure as failure:
                print(f'ERROR !!! Failed to sync store : {store} ({failure}) ', file=sys.stderr, flush=True)

    def files(self, files):
        """Without the version: after `--file=F` the master differs from all, and the next check reverts it (C7)."""
        for file in files:
            self.say('INFO', f'Synching file {file} to cluster members')
            for server in self.cluster.peers:
                self.say('INFO', f"Calling distant_download_configfile on {server['host']}")
                try:
                    self.call(server['management_ip'], 'distant_download_configfile',
                              ['conf_file', file, 'from', self.cluster.this['management_ip']])
                except jsonrpc.Failure as failure:
                    self.say('ERROR', f'Failed to call distant_download_configfile . {failure}')

    def as_master(self):
        self.storages(STORES)
        self.files(FILES_TO_SYNC)

    def versions(self):
        """{version: [hosts]}; 0 for those that do not answer."""
        holders = {}
        for server in self.cluster.enabled_servers:
            try:
                version = str(self.call(server['management_ip'], 'get_config_version', [])[0]['version'])
            except jsonrpc.Failure:
                self.say('ERROR', f"Failed to get the config version for {server['host']}")
                version = '0'
            holders.setdefault(version, []).append(server['host'])
        return holders

    def resolve_conflict(self):
        """packetfence.md 2.6: the version of most, else the newest; its first holder pushes it, and this blocks."""
        own = str(get_version())
        holders = self.versions()
        if len(holders) == 2 and '0' in holders:
            return self.say('WARN', 'Not all servers were checked for the configuration version but all alive ones are '
                                    'running the same version.')
        if len(holders) <= 1:
            return self.say('INFO', 'All servers running the same configuration version.')
        self.say('WARN', 'Current version is not the same as the one on all the other cluster servers')
        winner = self.winner(holders)
        if winner == own:
            self.say('INFO', 'Synching from this node as master.')
            return self.as_master()
        host = holders[winner][0]
        self.say('INFO', f'Using {host} to sync as the master.')
        address = next(server['management_ip'] for server in self.cluster.servers if server['host'] == host)
        return self.call(address, 'sync_config_as_master', [])

    def winner(self, holders):
        newest = max(holders)
        if len(self.cluster.enabled_servers) <= 2:
            self.say('INFO', 'Quorum not possible in 2 servers clusters. Most recent configuration will be selected.')
            return newest
        version, hosts = max(holders.items(), key=lambda pair: len(pair[1]))
        if version == '0':
            self.say('WARN', 'There are more dead servers than alive ones with the same version. Most recent configuration '
                             'will be selected.')
            return newest
        if len(hosts) >= self.cluster.majority:
            self.say('INFO', f"Quorum found between servers : {','.join(hosts)}")
            return version
        self.say('WARN', 'Failed to find quorum in the cluster. Most recent configuration will be selected.')
        return newest


def to_log(program):
    levels = {'INFO': syslog.LOG_INFO, 'WARN': syslog.LOG_WARNING, 'ERROR': syslog.LOG_ERR}
    return lambda level, text: conf.log(program, text, levels[level])


def on_screen(level, text):
    """`LEVEL : message` on stdout; an error's own newline leaves a line of one blank (C9)."""
    print(f'{level} : {text} ', flush=True)
