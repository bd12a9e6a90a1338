"""
The client of packetfence-config. Implements packetfence-run.md C3 (600 tries of 0.1 s, two lines on stderr each) and
C22 (everyone sees the cached copy: an edit without a reload is not there).
"""
import json
import socket
import sys
import time

from standin.conf import scaled

ADDRESS = ('127.0.0.1', 44444)
TRIES = 600


class Down(Exception):
    """packetfence-config does not answer."""


def ask(method):
    """One question, one try. Raises OSError."""
    with socket.create_connection(ADDRESS, 5) as channel:
        channel.settimeout(30)
        channel.sendall(json.dumps({'method': method}).encode() + b'\n')
        with channel.makefile() as answer:
            return json.loads(answer.readline())


def snapshot(namespace='resource::clusters_hostname_map'):
    """{'pf': {section: {key: value}}, 'cluster': {...}, 'networks': {...}} as they were at the last reload."""
    for _ in range(TRIES):
        try:
            return ask('get')
        except (OSError, ValueError) as error:
            reason = getattr(error, 'strerror', None) or error
            print(f"Can't connect to pfconfig on {ADDRESS[0]}:{ADDRESS[1]} : {reason}", file=sys.stderr)
            print(f'[{int(time.time())}] Failed to connect to config service for namespace {namespace}, retrying',
                  file=sys.stderr, flush=True)
            time.sleep(scaled(0.1))
    raise Down('Cannot connect to service pfconfig!')


def patiently():
    """The same for a daemon: silent, for as long as it takes."""
    while True:
        try:
            return ask('get')
        except (OSError, ValueError):
            time.sleep(1)
