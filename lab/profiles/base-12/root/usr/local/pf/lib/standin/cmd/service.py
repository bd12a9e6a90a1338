"""`pfcmd service` (pfservice.py): a restart shows each service once; monit goes with the others (from 11 on)."""
from standin import pfservice, services
from standin.conf import is_enabled


def run(*arguments):
    return pfservice.run(Service, *arguments)


class Service(pfservice.Service):
    def restart(self):
        return self.launch(self.restart_one)

    def restart_one(self, part):
        if part == 'pf':
            self.stop_target()
            services.systemctl('isolate', self.target)
        else:
            services.systemctl('restart', services.unit(part))
        self.show(part)

    @staticmethod
    def switched(name, words):
        return f'{services.unit(name):<50}\t{words}'

    def update_systemd(self, show):
        services.systemctl('enable' if is_enabled(self.cluster.pf['monit']['status']) else 'disable', '-q', 'monit')
        super().update_systemd(show)
