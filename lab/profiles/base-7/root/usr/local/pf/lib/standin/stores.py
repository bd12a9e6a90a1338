"""What cluster/sync carries: that of 9.1 (packetfence.md 2.5)."""
from standin.conf import PF

FILES_TO_SYNC = [PF + '/' + name for name in (
    'conf/ssl/server.crt', 'conf/ssl/server.key', 'conf/ssl/server.pem', 'raddb/certs/server.key', 'raddb/certs/server.crt',
    'raddb/certs/ca.pem', 'conf/local_secret', 'conf/unified_api_system_pass', 'conf/pfconfig.conf', 'conf/iptables.conf')] + [
    '/usr/local/fingerbank/conf/fingerbank.conf', '/usr/local/fingerbank/db/fingerbank_Local.db']

STORES = {f'pf::ConfigStore::{name}': f'{PF}/conf/{file}' for name, file in {
    'AdminRoles': 'adminroles.conf', 'ApacheFilters': 'apache_filters.conf', 'BillingTiers': 'billing_tiers.conf',
    'Cluster': 'cluster.conf', 'DNS_Filters': 'dns_filters.conf', 'DhcpFilters': 'dhcp_filters.conf', 'Domain': 'domain.conf',
    'Firewall_SSO': 'firewall_sso.conf', 'FloatingDevice': 'floating_network_device.conf', 'Interface': 'pf.conf',
    'Network': 'networks.conf', 'PKI_Provider': 'pki_provider.conf', 'Pf': 'pf.conf', 'Pfdetect': 'pfdetect.conf',
    'Pfmon': 'pfmon.conf', 'PortalModule': 'portal_modules.conf', 'Profile': 'profiles.conf',
    'Provisioning': 'provisioning.conf', 'RadiusFilters': 'radius_filters.conf', 'Realm': 'realm.conf', 'Report': 'report.conf',
    'Roles': 'roles.conf', 'Scan': 'scan.conf', 'SecurityEvents': 'security_events.conf', 'SelfService': 'self_service.conf',
    'Source': 'authentication.conf', 'Survey': 'survey.conf', 'Switch': 'switches.conf', 'SwitchFilters': 'switch_filters.conf',
    'Syslog': 'syslog.conf', 'TrafficShaping': 'traffic_shaping.conf', 'VlanFilters': 'vlan_filters.conf',
    'WMI': 'wmi.conf'}.items()}
