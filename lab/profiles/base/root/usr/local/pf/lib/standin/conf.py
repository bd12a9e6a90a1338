"""
PacketFence's files, and the lab's clock. Implements packetfence.md 2.1-2.4 (formats, markers), packetfence-run.md
C5 (integer config_version), C22 (a garbage line is fatal to a reload, CRLF and blanks are not).
"""
import os
import re
import socket
import syslog

from standin import era

PF = '/usr/local/pf'
CLUSTER_CONF = PF + '/conf/cluster.conf'
PF_CONF = PF + '/conf/pf.conf'
NETWORKS_CONF = PF + '/conf/networks.conf'
CONFIG_VERSION = f'{PF}/{era.CONFIG_VERSION}'
MAINTENANCE = PF + '/var/maintenance-mode'
HOST = socket.gethostname()


def _factor():
    try:
        with open('/etc/pfrunbook-lab.env') as env:
            return float(dict(line.strip().split('=', 1) for line in env if '=' in line)['LAB_TIME_FACTOR'])
    except (OSError, KeyError):
        return 1.0


FACTOR = _factor()


def scaled(seconds):
    """PacketFence's own wait on the lab's clock (LAB_TIME_FACTOR)."""
    return seconds * FACTOR


class Garbage(Exception):
    """The file is no INI file."""


def read_ini(path):
    """
    Sections of keys as Config::IniFiles reads them: case counts, a blank at the end of a value stays, `; note` after
    a value is part of it, a repeated key or section adds a line to the value, `key=<<EOT` reads up to EOT.
    """
    sections, section = {}, None
    with open(path, encoding='utf-8-sig', newline='') as file:
        lines = iter(file.read().replace('\r\n', '\n').split('\n'))
    for line in lines:
        if re.match(r'\s*([#;]|$)', line):
            continue
        head = re.match(r'\s*\[\s*(\S|\S.*\S)\s*\]\s*$', line)
        pair = re.match(r'\s*([^=]*?\S)\s*=\s*(.*)$', line)
        if head:
            section = sections.setdefault(head.group(1), {})
        elif pair and section is not None:
            key, value = pair.groups()
            heredoc = re.match(r'<<\s*(\S+)', value)
            if heredoc:
                body = []
                for more in lines:
                    if more.strip() == heredoc.group(1):
                        break
                    body.append(more)
                value = '\n'.join(body)
            section[key] = section[key] + '\n' + value if key in section else value
        else:
            raise Garbage(f'{path}: {line}')
    return sections


def read_ini_if_there(path):
    return read_ini(path) if os.path.exists(path) else {}


def pf_conf():
    """pf.conf over its defaults, section by section."""
    merged = read_ini(PF_CONF + '.defaults')
    for name, keys in read_ini(PF_CONF).items():
        merged.setdefault(name, {}).update(keys)
    return merged


def is_enabled(value):
    return (value or '').strip().lower() in ('y', 'yes', 'true', 'enable', 'enabled', '1')


def valid_ip(text):
    """The original's expression: 10.78.0.999 passes (C21), a blank at the end does not."""
    return bool(re.fullmatch(r'(\d{1,3}\.){3}\d{1,3}', text or ''))


def touch(path):
    with open(path, 'a'):
        os.utime(path)


def log(program, text, priority=syslog.LOG_INFO):
    """PacketFence's own log: syslog, never stdout."""
    syslog.openlog(program)
    syslog.syslog(priority, text)


def notify_ready():
    """Type=notify: tells systemd that the unit is up."""
    address = os.environ.get('NOTIFY_SOCKET')
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect('\0' + address[1:] if address.startswith('@') else address)
            channel.send(b'READY=1')
