"""
The networks of networks.conf that are behind a next hop (guide 7.2), as cluster.conf overlays them for this zone.
`python3 -m standin.routes` sets the routes, as versions before 12 do by a unit of their own.
"""
import ipaddress
import subprocess

from standin.cluster import Cluster
from standin.conf import valid_ip


def routes(cluster):
    """`NETWORK via HOP dev INTERFACE`: out of the interface that the next hop is on."""
    for network, keys in cluster.networks.items():
        hop = keys.get('next_hop', '')
        for name, own in cluster.pf.items():
            if valid_ip(hop) and name.startswith('interface ') and ipaddress.ip_address(hop) in net(own['ip'], own['mask']):
                yield f"{net(network, keys['netmask'])} via {hop} dev {name.split()[1]}"


def net(address, mask):
    return ipaddress.ip_network(f'{address}/{mask}', strict=False)


if __name__ == '__main__':
    for route in routes(Cluster()):
        subprocess.run(['ip', 'route', 'replace', *route.split()], check=False)
