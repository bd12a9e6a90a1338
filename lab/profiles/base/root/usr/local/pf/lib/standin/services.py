"""The services that `pfcmd service` knows, and what systemd says of them."""
import subprocess

from standin import daemons
from standin.conf import is_enabled

def unit(name):
    return f'packetfence-{name}.service'


def managed(cluster, name):
    if name in daemons.FORCED:
        return True
    if name in daemons.CLUSTERED:
        return cluster.enabled
    wanted = is_enabled(cluster.pf['services'].get(name.replace('.', '_')))
    return wanted and (cluster.enabled or name not in daemons.WANTED_IN_CLUSTER)


def systemctl(*arguments):
    """Exit code. What systemctl says goes to stderr, where PacketFence leaves it."""
    return subprocess.run(['systemctl', *arguments], check=False).returncode


def quietly(*arguments):
    return subprocess.run(['systemctl', *arguments], capture_output=True, text=True, check=False).stdout


def main_pid(name):
    return quietly('show', '-p', 'MainPID', '--value', unit(name)).strip() or '0'


def row(name, word, pid):
    return f'{unit(name):<50}\t{word:<10}{pid}'
