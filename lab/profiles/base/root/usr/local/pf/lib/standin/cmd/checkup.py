"""
`pfcmd checkup`: exit 0 clean, 1 warnings, 255 a FATAL. Implements packetfence.md 1.6 (texts), H15 and packetfence-run.md
C21 (10.78.0.999 is an address), C22 (it looks at the cached copy; an empty management_ip turns everything off).
"""
import os
import stat
import time

from standin import database, rules
from standin.cluster import Cluster
from standin.conf import PF, is_enabled, scaled, valid_ip
from standin.rules import FATAL

WARNING = 'WARNING'


def run():
    return report(Cluster())


def report(cluster):
    print(rules.FIRST_LINE, end='', flush=True)
    time.sleep(scaled(4))
    problems = [*interfaces(cluster), *persons(cluster), *network(cluster), *permissions(), *schema(cluster),
                *clustered(cluster)]
    for severity, text in problems:
        print(f'{severity} - {text}', flush=True)
    if any(severity == FATAL for severity, _ in problems):
        return 255
    return 1 if problems else 0


def interfaces(cluster):
    managements = [name for name, keys in cluster.pf.items()
                   if name.startswith('interface ') and 'management' in keys.get('type', '')]
    if len(managements) != 1:
        yield FATAL, 'please define exactly one management interface'


def persons(cluster):
    found = database.pf_asks(cluster.pf, "SELECT pid FROM person WHERE pid IN ('admin', 'default')")
    if found is None:
        yield FATAL, ('Unable to connect to your database. Please verify your connection settings in conf/pf.conf and make '
                      'sure that it is started.')
        return
    for person in ('admin', 'default'):
        if [person] not in found:
            yield FATAL, f'person user id "{person}" must exist - please reinitialize your database'


def network(cluster):
    """False on a node whose DHCP is served elsewhere, and always there: an exit code of 1 says nothing (H15)."""
    path = PF + '/conf/networks.conf'
    if is_enabled(cluster.pf['services'].get('pfdhcp')) and (not os.path.exists(path) or os.path.getsize(path) == 0):
        yield WARNING, 'networks.conf is empty but services.dhcpd is enabled. Disable it to remove this warning.'


def permissions():
    path = PF + '/bin/pfcmd'
    found = os.stat(path)
    if found.st_uid or found.st_gid:
        yield FATAL, f'pfcmd needs to be owned by root. Fix with chown root:root {path}'
    if not (found.st_mode & stat.S_ISUID and found.st_mode & stat.S_ISGID):
        yield FATAL, f'pfcmd needs setuid and setgid bit set to run properly. Fix with chmod ug+s {path}'


def schema(cluster):
    with open(PF + '/conf/pf-release') as release:
        installed = '.'.join(release.readline().split()[1].split('.')[:2])
    rows = database.pf_asks(cluster.pf, 'SELECT version FROM pf_version ORDER BY id DESC')
    if rows is None:
        yield FATAL, 'Cannot connect to database to check schema version: Unable to connect to database'
    elif [installed] not in rows:
        newest = rows[0][0] if rows else 'unknown'
        yield FATAL, (f"The PacketFence database schema version '{newest}' does not match the current {rules.INSTALLED} "
                      f"version '{installed}'\nPlease refer to the UPGRADE guide on how to complete an upgrade of "
                      'PacketFence')


def clustered(cluster):
    if not cluster.enabled:
        return
    names = [name for name in cluster.pf if name.startswith('interface ')]
    for server in rules.servers(cluster):
        host = server['host']
        if 'management_ip' not in server:
            yield FATAL, f'management_ip is not defined for {host}'
        elif not valid_ip(server['management_ip']):
            yield FATAL, f'management_ip is not a valid IP address for {host}'
        for name in names:
            if name not in server:
                yield FATAL, f'Interface {name.split()[1]} is not defined for {host}'
    yield from rules.problems()
