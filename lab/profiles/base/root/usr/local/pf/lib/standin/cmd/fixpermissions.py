"""
`pfcmd fixpermissions [file F...]`. Implements packetfence.md 1.6, H4. Works without packetfence-config (C3).
"""
import os
import pwd
import sys

from standin import conf, sync
from standin.conf import PF


def run(which='all', *files):
    if which == 'all':
        return fix_all()
    if which != 'file':
        raise TypeError
    return fix_files(files)


def fix_all():
    folders = [f'{PF}/{name}' for name in ('bin', 'conf', 'var', 'var/run', 'var/conf')]
    own('pf', *sync.every_file(), *folders, conf.CONFIG_VERSION)
    for path in sync.every_file() + [conf.CONFIG_VERSION]:
        if os.path.exists(path):
            os.chmod(path, 0o664)
    own('root', PF + '/bin/pfcmd')
    os.chmod(PF + '/bin/pfcmd', 0o6755)
    print('Fixed permissions.')
    return 0


def fix_files(files):
    if not files:
        print('No files specified ', file=sys.stderr)
        return 1
    for path in files:
        if not os.path.isfile(path):
            print(f"File {path} doesn't exist ", file=sys.stderr)
            return 1
        if '/usr/local/pf/' not in path and '/usr/local/fingerbank/' not in path:
            print(f'File {path} is not in an allowed directory ', file=sys.stderr)
            return 1
    for path in files:
        own('pf', path)
        os.chmod(path, 0o664)
        print(f'Fixed permissions on file {path} ')
    return 0


def own(user, *paths):
    owner = pwd.getpwnam(user)
    for path in paths:
        if os.path.exists(path):
            os.chown(path, owner.pw_uid, owner.pw_gid)
