"""
What keepalived's configuration has that other versions write otherwise: any haproxy that runs speaks for the node (4.2), and
its death costs two points of priority.
"""
SCRIPT = """
vrrp_script haproxy {
  script "/usr/bin/killall -0 haproxy"
  interval 2
  weight 2
}
"""


def head(_cluster):
    return SCRIPT


def tracked(_management):
    return 'haproxy'


def place(cluster, _management):
    """0 for the node that is preferred."""
    return cluster.index
