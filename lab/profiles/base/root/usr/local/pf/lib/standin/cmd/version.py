"""`pfcmd version`: the first line of conf/pf-release. Works without packetfence-config (C3)."""
from standin.conf import PF


def run():
    with open(PF + '/conf/pf-release') as release:
        print(release.readline(), end='')
