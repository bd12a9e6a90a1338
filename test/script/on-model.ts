/** The script's world, imagined. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { modelActivities } from '../../model/activities.js';
import { ModelCluster } from '../../model/cluster.js';
import type { World } from './world.js';

export function onModel(): World {
  const cluster = new ModelCluster(['pf1', 'pf2', 'pf3']);
  const activities = modelActivities(cluster);
  const down = ['pf3', 'pf2', 'pf1'];
  const marked = new Map<string, object>();
  return {
    cluster: 'hq',
    nodes: [...cluster.nodes.keys()],
    activities: {
      ...activities,
      untilSynced: (what) => new MockActivityEnvironment().run(activities.untilSynced, what),
    },
    passTime: async () => {
      cluster.timePasses();
      for (const node of cluster.all) cluster.arrive(node);
    },
    befall: {
      write: async (rows) => cluster.write(rows),
      gracefulStop: async (how) => void cluster.gracefulStop(down, how),
      start: async (node) => cluster.start(cluster.node(node)),
      stop: async (node) => cluster.stop(cluster.node(node)),
      maintain: async (node, on) => {
        cluster.node(node).maintenance = on;
      },
      powerCut: async ({ tornView, stayOff = [] }) =>
        void cluster.powerCut({ off: stayOff, torn: tornView === undefined ? [] : [tornView] }),
      lose: async (node) => void cluster.lose(node),
      boot: async (node) => void cluster.boot(node),
      ruin: async (name) => {
        const node = cluster.node(name);
        cluster.stop(node);
        node.ruined = true;
        cluster.start(node);
      },
      splitBrain: async () => void cluster.splitBrain(),
      mark: async () => {
        for (const { name, data } of cluster.all) if (data) marked.set(name, data);
      },
      marked: async (node) => marked.get(node) === cluster.node(node).data,
    },
  };
}
