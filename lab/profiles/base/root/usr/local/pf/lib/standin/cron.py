"""
packetfence-pfcron, pfmon until 10.1: the cluster check every minute, on the node that owns the management VIP and there
only. Implements packetfence.md 1.9, 2.2 (its file in conf/ switches it off) and packetfence-run.md C14.
"""
import os
import subprocess
import sys
import time

from standin import clustercheck, conf, era, jsonrpc, pfconfig
from standin.cluster import Cluster

CONF = f'{conf.PF}/conf/{era.CRON}.conf'


def wanted():
    """As read at the start: an edit needs a restart of the unit."""
    tasks = conf.read_ini(CONF + '.defaults')
    own = conf.read_ini(CONF) if os.path.exists(CONF) else {}
    return conf.is_enabled({**tasks['cluster_check'], **own.get('cluster_check', {})}['status'])


def owns_vip(cluster):
    if not cluster.in_master_zone:
        return False
    addresses = subprocess.run(['ip', '-o', '-4', 'address'], capture_output=True, text=True, check=True).stdout
    return f" {cluster.vip['management_ip']}/" in addresses


def main():
    enabled = wanted()
    conf.notify_ready()
    while True:
        time.sleep(clustercheck.INTERVAL)
        cluster = Cluster(pfconfig.patiently())
        if enabled and cluster.enabled and owns_vip(cluster):
            try:
                clustercheck.check(cluster)
            except jsonrpc.Failure as failure:
                print(failure, file=sys.stderr, flush=True)


main()
