"""
The configuration that a service is started with: `python3 -m standin.generate keepalived | haproxy-db | proxysql`.
Implements packetfence.md 4.2 (VRID 50, priority 100 - index, second VIP prefers the second node; routes to the networks
behind a next hop) and packetfence-run.md
D7 (all SQL to the last server of cluster.conf whose 3306 answers).
"""
import ipaddress
import sys

from standin.cluster import Cluster
from standin.conf import HOST, PF, is_enabled, scaled, valid_ip

# Docker's bridge in the original: what PacketFence's programs reach the database by.
GATEWAY = '100.64.0.1'

RELAY = """global
  user haproxy
  group haproxy
  log /dev/log local0 notice
  maxconn 4000
{more}
defaults
  log global
  mode tcp
  option dontlognull
  timeout connect 5000
  timeout client 3600000
  timeout server 3600000
  default-server inter {inter}ms

frontend main
{binds}
  default_backend mysql

backend mysql
  timeout connect 3s
{servers}
"""

STATS = """  stats socket /usr/local/pf/var/run/haproxy-db.stats level admin

listen stats
  bind {address}:1026
  mode http
  timeout connect 10s
  timeout client 1m
  timeout server 1m
  stats enable
  stats uri /stats
  stats realm HAProxy\\ Statistics
  stats auth admin:packetfence
"""

INSTANCE = """
vrrp_instance {name} {{
  virtual_router_id {router}
  advert_int {advert}
  priority {priority}
  state MASTER
  interface {interface}
  preempt_delay {delay}
  virtual_ipaddress {{
    {vip} dev {interface}
  }}
{unicast}  track_script {{
    {script}
  }}
  authentication {{
    auth_type PASS
    auth_pass {secret}
  }}
}}
"""

SCRIPT = """
vrrp_script {name} {{
  script "/usr/bin/systemctl -q is-active packetfence-{unit}"
  interval {interval}
  fall 2
  rise 2
}}
"""


def relay(cluster, addresses, more=''):
    servers = [f"  server MySQL{number} {server['management_ip']}:3306 check{' backup' if number else ''}"
               for number, server in enumerate(cluster.database_order)]
    # Thrice in vain, and a server is down; oftener than twice a second it would keep a processor busy.
    inter = max(500, round(scaled(2000)))
    return RELAY.format(more=more, inter=inter, binds='\n'.join('  bind ' + address for address in addresses), servers='\n'.join(servers))


def haproxy_db(cluster):
    vip = cluster.vip['management_ip']
    return relay(cluster, [f'{vip}:3306', f'{GATEWAY}:3306', '127.0.0.1:3306'], STATS.format(address=vip))


def proxysql(cluster):
    return relay(cluster, [GATEWAY + ':6033'])


def keepalived(cluster):
    """VRRP keeps whole seconds: the lab's clock cannot make an advertisement faster than 1 s."""
    active = cluster.pf['active_active']
    interval = max(1, round(scaled(5)))
    text = f'global_defs {{\n  router_id PacketFence-{HOST}\n}}\n'
    text += SCRIPT.format(name='radius_load_balancer', unit='radiusd-load_balancer', interval=interval)
    text += SCRIPT.format(name='haproxy_portal', unit='haproxy-portal', interval=interval)
    text += 'static_routes {\n' + ''.join(f'  {route}\n' for route in routes(cluster)) + '}\n'
    for name, keys in cluster.pf.items():
        vip = cluster.vip.get(name, {}).get('ip')
        if not name.startswith('interface ') or not vip:
            continue
        management = 'management' in keys['type']
        others = [server[name]['ip'] for server in cluster.zone_servers if server['host'] != HOST]
        text += INSTANCE.format(
            name=keys['ip'], router=active['virtual_router_id'], advert=interval, interface=name.split()[1], vip=vip,
            priority=100 - (cluster.index if management or is_enabled(active['centralize_vips']) else second_first(cluster)),
            delay=max(1, round(scaled(30))), secret=active['password'][:8],
            script='radius_load_balancer' if management else 'haproxy_portal',
            unicast=unicast(keys['ip'], others) if is_enabled(active['vrrp_unicast']) else '')
    return text


def routes(cluster):
    """To each network of networks.conf that has a next hop, out of the interface that the next hop is on."""
    for network, keys in cluster.networks.items():
        hop = keys.get('next_hop', '')
        for name, own in cluster.pf.items():
            if valid_ip(hop) and name.startswith('interface ') and ipaddress.ip_address(hop) in net(own['ip'], own['mask']):
                yield f"{net(network, keys['netmask'])} via {hop} dev {name.split()[1]}"


def net(address, mask):
    return ipaddress.ip_network(f'{address}/{mask}', strict=False)


def second_first(cluster):
    """The index by which the second node is first, and the first one but last."""
    size = len(cluster.zone_servers)
    if cluster.index == 0:
        return size - 2
    return cluster.index if cluster.index == size - 1 else cluster.index - (size - 2)


def unicast(address, others):
    return f'  unicast_src_ip {address}\n  unicast_peer {{\n    ' + '\n    '.join(others) + '\n  }\n'


MAKERS = {'keepalived': keepalived, 'haproxy-db': haproxy_db, 'proxysql': proxysql}


def generate(name, cluster):
    if name in MAKERS:
        with open(f'{PF}/var/conf/{name}.conf', 'w') as file:
            file.write(MAKERS[name](cluster))


if __name__ == '__main__':
    generate(sys.argv[1], Cluster())
