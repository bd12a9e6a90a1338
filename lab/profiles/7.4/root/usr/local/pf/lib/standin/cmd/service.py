"""
`pfcmd service NAME start|stop|restart|status|generateconfig|updatesystemd [--ignore-checkup]` of 7: service by service, and
no target. Implements packetfence.md 4.2 (formats; status is exit 3 where a managed service is down) and packetfence-run.md
C13 (a start resolves conflicts first). A restart prints the rows of its stop and of its start under one header.
"""
import time

from standin import daemons, generate, services, sync
from standin.cluster import Cluster
from standin.cmd import checkup
from standin.conf import scaled

# Started before the configuration is checked: the check itself needs the database.
NO_CHECKUP = {*daemons.PROXIES, 'redis-cache', 'keepalived'}
HEADER = 'service|command'


def run(name, action, option=None):
    if action not in ACTIONS or name not in ['pf', *daemons.SERVICES]:
        raise TypeError
    names = daemons.SERVICES if name == 'pf' else [name]
    return ACTIONS[action](Cluster(), name, names, option == '--ignore-checkup')


def start(cluster, name, names, ignore_checkup, header=HEADER):
    managed = [each for each in names if services.managed(cluster, each)]
    if not managed:
        return print(f"Service '{name}' is not managed by PacketFence. Therefore, no action will be performed")
    if header:
        print(header, flush=True)
    for each in managed:
        if each in NO_CHECKUP:
            start_one(each)
    if cluster.enabled and name == 'pf':
        sync.Sync(sync.to_log('pfcmd'), cluster).resolve_conflict()
    checked = [each for each in managed if each not in NO_CHECKUP]
    if checked and checkup.report(cluster) == 255 and not ignore_checkup:
        return 255
    for each in checked:
        start_one(each)
    return 0


def start_one(name):
    words = 'already started'
    if not running(name):
        services.systemctl('enable', '-q', services.unit(name))
        words = 'start' if services.systemctl('start', services.unit(name)) == 0 else 'not started'
    print(f'{name}|{words}', flush=True)


def stop(_cluster, _name, names, _ignore_checkup):
    print(HEADER, flush=True)
    for each in names:
        words = 'already stopped'
        if running(each):
            services.quietly('stop', services.unit(each))
            words = 'stop'
        print(f'{each}|{words}', flush=True)


def restart(cluster, name, names, ignore_checkup):
    stop(cluster, name, names, ignore_checkup)
    return start(cluster, name, names, ignore_checkup, header=None)


def status(cluster, _name, names, _ignore_checkup):
    time.sleep(scaled(4))
    print('service|shouldBeStarted|pid')
    down = 0
    for each in names:
        managed = services.managed(cluster, each)
        down += managed and not running(each)
        print(f"{each}|{'1' if managed else ''}|{services.main_pid(each)}", flush=True)
    return 3 if down else 0


def generateconfig(cluster, _name, names, _ignore_checkup):
    print(HEADER)
    for each in names:
        generate.generate(each, cluster)
        print(f'{each}|config generated')


def updatesystemd(cluster, _name, names, _ignore_checkup):
    print(HEADER)
    for each in names:
        verb = 'enable' if services.managed(cluster, each) else 'disable'
        code = services.systemctl(verb, '-q', services.unit(each))
        print(f"{each}|Service {'' if code == 0 else 'not '}{verb}d", flush=True)
    services.systemctl('daemon-reload')


def running(name):
    """By its main process; of iptables, which has none, by its unit."""
    return services.quietly('is-active', services.unit(name)).strip() == 'active'


ACTIONS = {'start': start, 'stop': stop, 'restart': restart, 'status': status, 'generateconfig': generateconfig,
           'updatesystemd': updatesystemd}
