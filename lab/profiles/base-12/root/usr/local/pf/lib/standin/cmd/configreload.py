"""
`pfcmd configreload [soft|hard]`: both the same, about 12 s. Implements packetfence.md 1.6, H1 (12.0+: it makes a new
config_version) and packetfence-run.md C3 (packetfence-config down: exit 111 after 4 s), C4 (database down: exit 0, and
the version is new all the same), C22 (a garbage line: exit 255).
"""
import sys
import time

from standin import pfconfig, sync
from standin.conf import scaled
from standin.reload import GARBAGE, take_effect

def run(mode='soft'):
    if mode not in ('soft', 'hard'):
        raise TypeError
    try:
        complaint = pfconfig.ask('reload')['error']
        known = pfconfig.ask('get')
    except (OSError, ValueError):
        time.sleep(scaled(4))
        print('cannot connect to the server Connection refused', file=sys.stderr)
        return 111
    if complaint:
        print(GARBAGE.format(complaint), file=sys.stderr)
        return 255
    take_effect(known['pf'], 12)
    sync.bump_version()
    return 0
