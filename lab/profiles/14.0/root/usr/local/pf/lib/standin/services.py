"""The services that `pfcmd service` knows, and what systemd says of them."""
import subprocess

from standin.conf import is_enabled

NAMES = ['galera-autofix', 'haproxy-admin', 'haproxy-db', 'haproxy-portal', 'httpd.webservices', 'iptables',
         'keepalived', 'pfcron', 'proxysql', 'radiusd-load_balancer', 'redis-cache']

# Never switched off by pf.conf.
FORCED = {'keepalived', 'redis-cache'}

# Of a cluster, and never switched off by pf.conf there; galera-autofix may be.
CLUSTERED = {'proxysql', 'haproxy-db', 'radiusd-load_balancer'}

# Started before the configuration is checked: the check itself needs the database.
NO_CHECKUP = {'proxysql', 'haproxy-db', 'redis-cache', 'keepalived'}


def unit(name):
    return f'packetfence-{name}.service'


def managed(cluster, name):
    if name in CLUSTERED:
        return cluster.enabled
    wanted = is_enabled(cluster.pf['services'].get(name.replace('.', '_')))
    return name in FORCED or wanted and (cluster.enabled or name != 'galera-autofix')


def systemctl(*arguments):
    """Exit code. What systemctl says goes to stderr, where PacketFence leaves it."""
    return subprocess.run(['systemctl', *arguments], check=False).returncode


def quietly(*arguments):
    return subprocess.run(['systemctl', *arguments], capture_output=True, text=True, check=False).stdout


def main_pid(name):
    return quietly('show', '-p', 'MainPID', '--value', unit(name)).strip() or '0'


def row(name, word, pid):
    return f'{unit(name):<50}\t{word:<10}{pid}'
