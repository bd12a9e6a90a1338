/** The script's world, on a lab's nodes. */
import { setTimeout as pause } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../activities/index.js';
import type { SshPool } from '../../activities/ssh/pool.js';
import type { Lab } from '../../lab/lab.js';
import { boot, nodeExec, nodeRun } from '../../lab/machine.js';
import { gracefulStop } from '../../lab/scenarios/graceful-stop.js';
import { loseNode } from '../../lab/scenarios/kill.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { splitBrain } from '../../lab/scenarios/split-brain.js';
import { stopDatabase } from '../../lab/seed.js';
import { runSql } from '../../lab/sql.js';
import { loadCluster } from '../../worker/settings.js';
import type { World } from './world.js';

const mark = '/var/lib/mysql/script-was-here';
const unit = 'packetfence-mariadb';

export function onLab(lab: Lab, pool: SshPool): World {
  const activities = createActivities({ resolve: loadCluster, pool });
  const inActivity =
    <A, T>(act: (what: A) => Promise<T>) =>
    (what: A): Promise<T> =>
      new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') }).run(act, what);
  const on = (node: string, script: string) => nodeRun(lab, node, script);
  const onAll = (script: string) => Promise.all(lab.nodes.map((node) => on(node, script)));
  return {
    cluster: lab.name,
    nodes: lab.nodes,
    activities: {
      ...activities,
      change: inActivity(activities.change),
      untilSynced: inActivity(activities.untilSynced),
    },
    passTime: () => pause(1_000), // between two looks, each of which has its own limit
    befall: {
      write: async (rows) => {
        const row = `insert into pf.node (mac, pid, detect_date) values (concat('04:', left(uuid(), 14)), 'default', now());`;
        await runSql(lab, 'pf1', row.repeat(rows));
      },
      gracefulStop: (how) => gracefulStop(lab, how),
      start: async (node) =>
        void (await on(node, `systemctl reset-failed ${unit}; systemctl start --no-block ${unit}`)),
      stop: (node) => stopDatabase(lab, node),
      maintain: async (node, yes) =>
        void (await on(node, `${yes ? 'touch' : 'rm'} /usr/local/pf/var/maintenance-mode`)),
      powerCut: async ({ tornView, stayOff = [] }) =>
        void (await powerCut(lab, lab.nodes, { ...(tornView !== undefined && { tornView }), stayOff })),
      lose: (node) => loseNode(lab, node),
      boot: (node) => boot(lab, node),
      ruin: async (node) => {
        await stopDatabase(lab, node);
        await on(node, `rm /var/lib/mysql/ibdata1; systemctl start --no-block ${unit}`);
      },
      splitBrain: async () => {
        await splitBrain(lab, 'same-uuid');
        for (const node of lab.nodes) await stopDatabase(lab, node);
      },
      // All of the disk: what a full copy brought is not flushed by itself, and a power cut would leave a folder that no server opens.
      mark: async () => void (await onAll(`: >${mark}; sync`)),
      marked: async (node) => (await nodeExec(lab, node, `test -e ${mark}`)).code === 0,
    },
  };
}
