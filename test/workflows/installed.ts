/** Servers as just installed: no cluster yet, and nothing of what one needs. */
import { ModelCluster } from '../../model/cluster.js';

export function justInstalled(): ModelCluster {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']);
  for (const node of model.all) {
    node.crash();
    node.wipe();
    Object.assign(node.server, { tools: false, nonlocalBind: false, clusterConf: node.name === 'pf2' });
  }
  return model;
}
