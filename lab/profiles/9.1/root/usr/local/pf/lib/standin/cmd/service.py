"""`pfcmd service` (pfservice.py): a restart is a stop and a start, and shows each service twice (D15)."""
from standin import pfservice


def run(*arguments):
    return pfservice.run(Service, *arguments)


class Service(pfservice.Service):
    def restart(self):
        self.stop()
        return self.start()

    @staticmethod
    def switched(name, words):
        return f'{name}|{words}'
