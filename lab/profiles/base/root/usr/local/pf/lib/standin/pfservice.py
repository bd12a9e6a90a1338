"""
`pfcmd service NAME start|stop|restart|status|generateconfig|updatesystemd [--ignore-checkup]` as it is from 8.1 on.
Implements packetfence.md 1.6, 4.1, 4.2 and packetfence-run.md C13 (a start resolves conflicts first, silently, for as long
as it takes), C15 (a stop of `pf` does nothing much unless packetfence-cluster.target is active), C16, C17, C23, C24, D15.
Exit 0 although a service failed; 255 for a FATAL of the checkup.
"""
import time

from standin import daemons, generate, services, sync
from standin.cluster import Cluster
from standin.cmd import checkup
from standin.conf import scaled

HEADER = 'Service' + ' ' * 49 + 'Status    PID'
ACTIONS = ('start', 'stop', 'restart', 'status', 'generateconfig', 'updatesystemd')
# Started before the configuration is checked: the check itself needs the database.
NO_CHECKUP = {*daemons.PROXIES, 'redis-cache', 'keepalived'}


def run(service, name, action, option=None):
    """`service`: the version's own class."""
    if action not in ACTIONS or name not in ['pf', *daemons.SERVICES]:
        raise TypeError
    return service(Cluster(), name, option == '--ignore-checkup').act(action)


class Service:
    def __init__(self, cluster, name, ignore_checkup):
        self.cluster = cluster
        self.name = name
        self.ignore_checkup = ignore_checkup
        self.target = 'packetfence-cluster.target' if cluster.enabled else 'packetfence.target'

    def act(self, action):
        if self.name == 'pf' and action in ('start', 'stop', 'restart', 'generateconfig'):
            self.update_systemd(show=False)
        if action in ('start', 'stop', 'restart', 'status'):
            print(HEADER, flush=True)
        return getattr(self, action)()

    @property
    def parts(self):
        return [*daemons.PROXIES, 'pf'] if self.name == 'pf' and self.cluster.enabled else [self.name]

    def managed(self, name):
        return name == 'pf' or services.managed(self.cluster, name)

    # start, stop, restart

    def start(self):
        return self.launch(self.start_one)

    def launch(self, act):
        parts = [part for part in self.parts if self.managed(part)]
        if not parts:
            print(f"Service '{self.name}' is not managed by PacketFence. Therefore, no action will be performed")
            return 0
        for part in parts:
            if part in NO_CHECKUP:
                act(part)
        if self.cluster.enabled and self.name == 'pf':
            sync.Sync(sync.to_log('pfcmd'), self.cluster).resolve_conflict()
        checked = [part for part in parts if part not in NO_CHECKUP]
        if checked and checkup.report(self.cluster) == 255 and not self.ignore_checkup:
            return 255
        for part in checked:
            act(part)
        return 0

    def start_one(self, part):
        if part == 'pf':
            services.systemctl('isolate', self.target)
        elif services.main_pid(part) == '0':
            services.systemctl('enable', '-q', services.unit(part))
            services.systemctl('start', services.unit(part))
        self.show(part)

    def stop(self):
        for part in self.parts:
            if part == 'pf':
                self.stop_target()
            elif services.main_pid(part) != '0':
                services.quietly('stop', services.unit(part))
            self.show(part)
        return 0

    def stop_target(self):
        """Only what an active target holds: after a half start everything goes on running (C15)."""
        if 'Active: active' in services.quietly('status', self.target):
            services.quietly('isolate', 'packetfence-base.target')

    # status

    def status(self):
        time.sleep(scaled(4))
        self.show(self.name)
        return 0

    def show(self, part):
        if part == 'pf':
            self.show_all()
            return
        state = services.quietly('show', '-p', 'ActiveState,LoadState,UnitFileState', '--value', services.unit(part)).split()
        active, loaded = 'active' in state, 'loaded' in state
        word = 'started' if active else 'stopped' if loaded else 'disabled'
        print(services.row(part, word, services.main_pid(part)), flush=True)

    def show_all(self):
        listing = services.quietly('list-unit-files', '--no-legend', 'packetfence-*.service').splitlines()
        for unit, enabled in sorted(line.split()[:2] for line in listing):
            if enabled in ('enabled', 'disabled'):
                print(self.row(unit.removeprefix('packetfence-').removesuffix('.service'), enabled), flush=True)

    def row(self, name, enabled):
        """A service that pfcmd does not manage is `disabled` when it is down, even while activating (D15)."""
        managed = name in daemons.SERVICES and self.managed(name)
        # config is part of the name of another service there: its pid is never looked up (C23).
        pid = '0' if name == 'config' else services.main_pid(name)
        if enabled == 'disabled':
            return services.row(name, 'stopped' if managed else 'disabled', pid)
        active = services.quietly('is-active', services.unit(name)).strip()
        if active == 'reloading':
            return services.row(name, 'reloading', pid)
        if active == 'active':
            return services.row(name, 'started', pid)
        return services.row(name, 'stopped' if managed else 'disabled', pid)

    # generateconfig, updatesystemd

    def generateconfig(self):
        print('service|command')
        for part in daemons.SERVICES if self.name == 'pf' else [self.name]:
            generate.generate(part, self.cluster)
            print(f'{part}|config generated')
        return 0

    def updatesystemd(self):
        if self.name != 'pf':
            print('service|command')
        self.update_systemd(show=self.name != 'pf')
        return 0

    def update_systemd(self, show):
        for name in daemons.SERVICES if self.name == 'pf' else [self.name]:
            verb = 'enable' if self.managed(name) else 'disable'
            code = services.systemctl(verb, '-q', services.unit(name))
            if show:
                print(self.switched(name, f"Service {'' if code == 0 else 'not '}{verb}d"), flush=True)
        services.systemctl('daemon-reload')
