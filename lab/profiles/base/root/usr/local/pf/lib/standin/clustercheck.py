"""
`pfcmd pfcron cluster_check`, pfmon until 10.1: acts on any node, blocks while it resolves, exit 0. Implements
packetfence.md 2.6 (a) (the threshold is compared with a date, so it is always passed) and packetfence-run.md C14 (the first
run only takes note).
"""
import json
import sys
import time

from standin import conf, era, sync
from standin.cluster import Cluster

NOTES = conf.PF + '/var/cache/clustering.json'
INTERVAL = conf.scaled(60)


def run(task):
    if task != 'cluster_check':
        print(f'{task} is not a valid task', file=sys.stderr)
        raise TypeError
    check(Cluster())
    print(f'task {task} finished')
    return 0


def check(cluster):
    say = sync.to_log(era.CRON)
    notes, now = read_notes(), time.time()
    threshold = cluster.pf['active_active']['conflict_resolution_threshold']
    say('INFO', f'Using {threshold} resolution threshold')
    worker = sync.Sync(say, cluster)
    if {'healthy', 'checked'} <= notes.keys() and len(worker.versions()) > 1:
        since = now - notes['checked']
        if since > 2 * INTERVAL:
            say('INFO', f"Cluster config state hasen't been checked for too long (last was : {since:.0f}). "
                        'Will consider config healthy for this iteration')
            notes['healthy'] = now
        else:
            say('INFO', f'Configuration is unhealthy since {threshold} seconds. Will attempt to resolve the conflict')
            worker.resolve_conflict()
    else:
        say('INFO', 'All cluster members are running the same configuration version')
        notes['healthy'] = now
    notes['checked'] = now
    with open(NOTES, 'w') as file:
        json.dump(notes, file)


def read_notes():
    try:
        with open(NOTES) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}
