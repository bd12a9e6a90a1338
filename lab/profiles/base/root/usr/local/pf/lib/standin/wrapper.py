"""
pf-mariadb, but for the version's own decision how to start: starts the database and watches it. Implements packetfence.md
1.1, 3.1, H6-H8 and packetfence-run.md section 2, C18, C28, D1, D2, D5.

Faithful oddities: --force-new-cluster counts only as the first argument and after the maintenance refusal (exit 0);
bootstrapping, the parent waits for ever although the server is dead; a peer that is not Primary counts as available;
the death of the child cuts the pause short, so a server that dies at once is started again many times a second (D2);
TERM while waiting for the quorum does not end the wait; TERM signals every server of the machine and waits for none.
"""
import os
import pwd
import re
import select
import signal
import subprocess
import sys
import syslog

from standin import conf, database
from standin.cluster import Cluster

DATADIR = '/var/lib/mysql'
GRASTATE = DATADIR + '/grastate.dat'
LOGIN_SECONDS = 5
# Each look is a client process: below a second, three idle nodes would keep a processor busy.
WATCH_SECONDS = max(1, conf.scaled(5))


def info(text, priority=syslog.LOG_INFO):
    conf.log('pf-mariadb', text, priority)


class Wrapper:
    # Names of server processes: every one of the machine is ended.
    SERVERS = ('mysqld',)

    def __init__(self, cluster):
        self.cluster = cluster
        self.running = True
        self.spawner = None
        self.because = None
        self.failed = True
        self.woken, waker = os.pipe()
        os.set_blocking(self.woken, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self.terminate)
        signal.signal(signal.SIGINT, self.terminate)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def terminate(self, *_):
        self.running = False
        if self.alive():
            self.spawner.terminate()
        for name in self.SERVERS:
            subprocess.run(['pkill', name], check=False)

    def pause(self, seconds):
        """Perl's sleep: a signal that comes now ends it; those of earlier children do not count."""
        try:
            os.read(self.woken, 4096)
        except BlockingIOError:
            pass
        select.select([self.woken], [], [], seconds)

    def alive(self):
        return self.spawner is not None and self.spawner.poll() is None

    @staticmethod
    def command(*arguments):
        command = ['mysqld_safe', '--defaults-file=/usr/local/pf/var/conf/mariadb.conf', *arguments]
        print('Starting MySQL with command: ' + ' '.join(command) + ' ', flush=True)
        return command

    def launch(self, because, *arguments):
        self.because = because
        mysql = pwd.getpwnam('mysql')
        os.makedirs('/var/run/mysqld', exist_ok=True)
        os.chown('/var/run/mysqld', mysql.pw_uid, mysql.pw_gid)
        self.spawner = subprocess.Popen(self.command(*arguments), user='mysql', group='mysql', extra_groups=[],
                                        stdin=subprocess.DEVNULL)

    def recover(self):
        subprocess.run(self.command('--wsrep-recover'), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)

    def login(self, address):
        settings = self.cluster.pf['active_active']
        return database.ask(address, settings['galera_replication_username'], settings['galera_replication_password'],
                            'SELECT 1', database='mysql', timeout=LOGIN_SECONDS) is not None

    def database_available(self):
        answers = [self.login(server['management_ip']) for server in self.cluster.database_order]
        return any(answers)

    def ping_quorum(self):
        servers = self.cluster.database_order
        alive = [subprocess.run(['ping', '-n', '-q', '-c1', '-W5', server['management_ip']], capture_output=True,
                                check=False).returncode == 0 for server in servers]
        return sum(alive) > len(servers) / 2

    @staticmethod
    def safe_to_bootstrap():
        try:
            with open(GRASTATE) as file:
                return re.search('safe_to_bootstrap: 1', file.read()) is not None
        except OSError:
            return False

    def watch(self):
        self.attempt()
        while self.running:
            if not self.alive():
                self.failed = True
                print(f'Failed starting with mode: {self.because} \nMariaDB is not alive ', flush=True)
                self.attempt()
            elif self.cluster.galera:
                answers = self.login(self.cluster.this['management_ip'])
                if answers and self.failed:
                    info('Successful clustered connection to the DB.')
                self.failed = not answers
            self.pause(WATCH_SECONDS)

    def force_new_cluster(self):
        self.bootstrap()
        while self.running:
            self.pause(60)


def main(version):
    """`version`: the class whose attempt() and bootstrap() are the version's."""
    if os.path.isfile(conf.MAINTENANCE):
        refusal = 'Not starting because this node is in maintenance mode'
        print(refusal, file=sys.stderr)
        info(refusal, syslog.LOG_ERR)
        return
    wrapper = version(Cluster())
    if sys.argv[1:2] == ['--force-new-cluster']:
        wrapper.force_new_cluster()
    else:
        wrapper.watch()
