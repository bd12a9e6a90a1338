"""What a reload of the configuration does in every version (packetfence-run.md C4, C22)."""
import sys
import time

from standin import database
from standin.conf import scaled

GARBAGE = 'cannot create a tied pf::IniFiles ({})'

NAMESPACES = ['config::AdminRoles', 'config::Authentication', 'config::BillingTiers', 'config::Cluster(DEFAULT)',
              'config::Cron', 'config::Documentation', 'config::Domain', 'config::EventLoggers', 'config::Firewall_SSO',
              'config::FloatingDevices', 'config::Mfa', 'config::Network', 'config::PKI_Provider', 'config::Pf',
              'config::Pfdetect', 'config::PortalModules', 'config::Profiles', 'config::Provisioning',
              'config::Radiusd::EAPProfile', 'config::Realm', 'config::Report', 'config::Roles', 'config::Scan',
              'config::SecurityEvents', 'config::SelfService', 'config::Survey', 'config::Switch', 'config::Syslog',
              'interfaces', 'resource::network_config']


def take_effect(pf, seconds):
    """Each namespace goes to the database too, as far as there is one."""
    time.sleep(scaled(seconds))
    if database.pf_asks(pf, 'SELECT 1') is None:
        for namespace in NAMESPACES:
            print(f'Could not write namespace {namespace} to L2 cache !', file=sys.stderr)
