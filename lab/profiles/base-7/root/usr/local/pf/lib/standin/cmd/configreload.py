"""
`pfcmd configreload [soft|hard]`: both the same, about 5 s. Implements packetfence.md 1.6 and packetfence-run.md D16: no new
config_version; packetfence-config down: 600 tries, and then what every subcommand says; C22 (a garbage line: exit 255).
"""
import sys

from standin import pfconfig
from standin.reload import GARBAGE, take_effect


def run(mode='soft'):
    if mode not in ('soft', 'hard'):
        raise TypeError
    pfconfig.snapshot()
    complaint = pfconfig.ask('reload')['error']
    if complaint:
        print(GARBAGE.format(complaint), file=sys.stderr)
        return 255
    take_effect(pfconfig.ask('get')['pf'], 5)
    return 0
