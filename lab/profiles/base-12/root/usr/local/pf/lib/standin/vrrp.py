"""
What keepalived's configuration has that other versions write otherwise: a node gives up its VIP when the service behind it
stops (4.2), the second VIP prefers the second node, and the routes to networks behind a next hop are keepalived's.
"""
from standin.conf import is_enabled, scaled
from standin.routes import routes

SCRIPT = """
vrrp_script {name} {{
  script "/usr/bin/systemctl -q is-active packetfence-{unit}"
  interval {interval}
  fall 2
  rise 2
}}
"""
UNITS = {'radius_load_balancer': 'radiusd-load_balancer', 'haproxy_portal': 'haproxy-portal'}


def head(cluster):
    interval = max(1, round(scaled(5)))
    scripts = ''.join(SCRIPT.format(name=name, unit=unit, interval=interval) for name, unit in UNITS.items())
    return scripts + 'static_routes {\n' + ''.join(f'  {route}\n' for route in routes(cluster)) + '}\n'


def tracked(management):
    return 'radius_load_balancer' if management else 'haproxy_portal'


def place(cluster, management):
    """0 for the node that is preferred."""
    if management or is_enabled(cluster.pf['active_active']['centralize_vips']):
        return cluster.index
    size = len(cluster.zone_servers)
    if cluster.index == 0:
        return size - 2
    return cluster.index if cluster.index == size - 1 else cluster.index - (size - 2)
