"""
`pfcmd configreload [soft|hard]`: both the same, about 12 s. Implements packetfence.md 1.6, H1 (12.0+: it makes a new
config_version) and packetfence-run.md C3 (packetfence-config down: exit 111 after 4 s), C4 (database down: exit 0, and
the version is new all the same), C22 (a garbage line: exit 255).
"""
import sys
import time

from standin import database, pfconfig, sync
from standin.conf import scaled

NAMESPACES = ['config::AdminRoles', 'config::Authentication', 'config::BillingTiers', 'config::Cluster(DEFAULT)',
              'config::Cron', 'config::Documentation', 'config::Domain', 'config::EventLoggers', 'config::Firewall_SSO',
              'config::FloatingDevices', 'config::Mfa', 'config::Network', 'config::PKI_Provider', 'config::Pf',
              'config::Pfdetect', 'config::PortalModules', 'config::Profiles', 'config::Provisioning',
              'config::Radiusd::EAPProfile', 'config::Realm', 'config::Report', 'config::Roles', 'config::Scan',
              'config::SecurityEvents', 'config::SelfService', 'config::Survey', 'config::Switch', 'config::Syslog',
              'interfaces', 'resource::network_config']


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
        print(f'cannot create a tied pf::IniFiles ({complaint})', file=sys.stderr)
        return 255
    time.sleep(scaled(12))
    if database.pf_asks(known['pf'], 'SELECT 1') is None:
        for namespace in NAMESPACES:
            print(f'Could not write namespace {namespace} to L2 cache !', file=sys.stderr)
    sync.bump_version()
    return 0
