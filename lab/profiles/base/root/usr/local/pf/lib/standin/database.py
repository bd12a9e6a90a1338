"""Logins to a database, by the client program: what a stand-in asks is short, and rarely asked."""
import os
import subprocess

SOCKET = '/var/lib/mysql/mysql.sock'


def ask(host, user, password, sql, *, port=3306, database=None, timeout=5):
    """
    Rows of columns; None when nobody answers, the login is refused or the statement fails. `host` None: the local server,
    by its socket; 127.0.0.1 would be the proxy.
    """
    way = ['-h', host, '-P', str(port), '--protocol=tcp'] if host else ['-S', SOCKET]
    command = ['mariadb', '--no-defaults', '-N', '-B', *way, '-u', user, f'--connect-timeout={timeout}', '-e', sql]
    if database:
        command += ['-D', database]
    try:
        done = subprocess.run(command, env={**os.environ, 'MYSQL_PWD': password}, capture_output=True, text=True,
                              timeout=timeout * 2, check=False)
    except subprocess.TimeoutExpired:
        return None
    return [line.split('\t') for line in done.stdout.splitlines()] if done.returncode == 0 else None


def pf_asks(pf, sql):
    """As PacketFence itself, to its own database: through the proxy, or by the socket where pf.conf says localhost."""
    at = pf['database']
    host = None if at['host'] == 'localhost' else at['host']
    return ask(host, at['user'], at['pass'], sql, port=int(at['port']), database=at['db'])
