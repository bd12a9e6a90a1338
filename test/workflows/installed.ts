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

/** The same where cluster.conf calls the interface of two of them otherwise than they do. */
export function withOtherNames(names: readonly string[] = ['pf2', 'pf3']): ModelCluster {
  const model = justInstalled();
  model.ourFiles.clusterConf = model.clusterConf;
  for (const [i, node] of model.all.entries())
    node.links = [{ name: names.includes(node.name) ? 'ens192' : 'eth0', mac: `02:00:00:00:00:1${i}` }];
  return model;
}
