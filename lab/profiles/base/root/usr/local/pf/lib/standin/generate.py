"""
The configuration that keepalived, or a proxy to the databases (daemons.py), is started with: `python3 -m standin.generate NAME`.
Implements packetfence.md 4.2 (VRID 50, priority 100 - index) and packetfence-run.md D7 (all SQL to the last server of
cluster.conf whose 3306 answers).
"""
import sys

from standin import daemons, vrrp
from standin.cluster import Cluster
from standin.conf import HOST, PF, is_enabled, scaled

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

STATS = """  stats socket /usr/local/pf/var/run/{name}.stats level admin

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


def relay(cluster, addresses, more=''):
    servers = [f"  server MySQL{number} {address}:3306 check{' backup' if number else ''}"
               for number, address in enumerate(databases(cluster))]
    # Thrice in vain, and a server is down; oftener than twice a second it would keep a processor busy.
    inter = max(500, round(scaled(2000)))
    binds = [f'  bind {address}' for address in addresses]
    return RELAY.format(more=more, inter=inter, binds='\n'.join(binds), servers='\n'.join(servers))


def databases(cluster):
    """In a cluster all of them, else the node's own; before the configurator there is no address for it."""
    return [server['management_ip'] for server in cluster.database_order] or [
        keys['ip'] for name, keys in cluster.pf.items()
        if name.startswith('interface ') and 'management' in keys.get('type', '')]


def keepalived(cluster):
    """VRRP keeps whole seconds: the lab's clock cannot make an advertisement faster than 1 s."""
    active = cluster.pf['active_active']
    text = f'global_defs {{\n  router_id PacketFence-{HOST}\n}}\n' + vrrp.head(cluster)
    for name, keys in cluster.pf.items():
        vip = cluster.vip.get(name, {}).get('ip')
        if not name.startswith('interface ') or not vip:
            continue
        management = 'management' in keys['type']
        others = [server[name]['ip'] for server in cluster.zone_servers if server['host'] != HOST]
        text += INSTANCE.format(
            name=keys['ip'], router=active['virtual_router_id'], advert=max(1, round(scaled(5))), interface=name.split()[1],
            vip=vip, priority=100 - vrrp.place(cluster, management), delay=max(1, round(scaled(30))),
            secret=active['password'][:8], script=vrrp.tracked(management),
            unicast=unicast(keys['ip'], others) if is_enabled(active['vrrp_unicast']) else '')
    return text


def unicast(address, others):
    return f'  unicast_src_ip {address}\n  unicast_peer {{\n    ' + '\n    '.join(others) + '\n  }\n'


def generate(name, cluster):
    vip = cluster.vip.get('management_ip')
    relays = daemons.relays(vip)
    if name == 'keepalived':
        write(name, keepalived(cluster))
    elif name in relays:
        # What stands for proxysql has no page of its own.
        stats = STATS.format(name=name, address=vip or '127.0.0.1') if name.startswith('haproxy') else ''
        write(name, relay(cluster, relays[name], stats))


def write(name, text):
    with open(f'{PF}/var/conf/{name}.conf', 'w') as file:
        file.write(text)


if __name__ == '__main__':
    generate(sys.argv[1], Cluster())
