"""What cluster/sync carries (packetfence.md 2.5)."""
from standin.conf import PF

FILES_TO_SYNC = [PF + '/' + name for name in (
    'conf/ssl/server.crt', 'conf/ssl/server.key', 'conf/ssl/server.pem', 'raddb/certs/server.key', 'raddb/certs/server.crt',
    'raddb/certs/ca.pem', 'conf/local_secret', 'conf/unified_api_system_pass', 'conf/network_behavior_policies.conf',
    'conf/pfconfig.conf', 'conf/iptables.conf', 'conf/iptables-input.conf.inc', 'conf/iptables-input-management.conf.inc',
    'conf/ip6tables.conf', 'conf/ip6tables-input-management.conf.inc')] + [
    '/usr/local/fingerbank/conf/fingerbank.conf', '/usr/local/fingerbank/db/fingerbank_Local.db']

STORES = {f'pf::ConfigStore::{name}': file and f'{PF}/conf/{file}' for name, file in {
    'AdminRoles': 'adminroles.conf', 'BillingTiers': 'billing_tiers.conf', 'Cloud': 'cloud.conf', 'Cluster': 'cluster.conf',
    'Connector': 'connectors.conf', 'Cron': 'pfcron.conf', 'DNS_Filters': 'dns_filters.conf',
    'DhcpFilters': 'dhcp_filters.conf', 'Domain': 'domain.conf', 'EventLogger': 'event_loggers.conf', 'FilterEngine': None,
    'FingerbankSettings': 'fingerbank_settings.conf', 'Firewall_SSO': 'firewall_sso.conf',
    'FloatingDevice': 'floating_network_device.conf', 'Kafka': 'kafka.conf', 'Mfa': 'mfa.conf', 'Network': 'networks.conf',
    'NetworkBehaviorPolicy': 'network_behavior_policies.conf', 'PKI_Provider': 'pki_provider.conf', 'Pf': 'pf.conf',
    'Pfdetect': 'pfdetect.conf', 'PortalModule': 'portal_modules.conf', 'Profile': 'profiles.conf',
    'Provisioning': 'provisioning.conf', 'ProvisioningFilters': 'provisioning_filters.conf',
    'RadiusFilters': 'radius_filters.conf', 'Radiusd::EAPProfile': 'radiusd/eap.conf',
    'Radiusd::FastProfile': 'radiusd/fast.conf', 'Radiusd::OCSPProfile': 'radiusd/ocsp.conf',
    'Radiusd::TLSProfile': 'radiusd/tls.conf', 'Realm': 'realm.conf', 'Report': 'report.conf', 'Roles': 'roles.conf',
    'SSLCertificate': 'ssl.conf', 'Scan': 'scan.conf', 'SecurityEvents': 'security_events.conf',
    'SelfService': 'self_service.conf', 'Source': 'authentication.conf', 'Survey': 'survey.conf', 'Switch': 'switches.conf',
    'SwitchFilters': 'switch_filters.conf', 'Syslog': 'syslog.conf', 'TemplateSwitch': 'template_switches.conf',
    'VlanFilters': 'vlan_filters.conf'}.items()}
