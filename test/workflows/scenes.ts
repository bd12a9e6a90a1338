/** A cluster in need, for each runbook. A runbook without one does not compile. */
import { ModelCluster } from '../../model/cluster.js';
import type * as runbooks from '../../workflows/index.js';
import { withOtherNames } from './installed.js';
import { withNetworks } from './networks.js';

export interface InNeed {
  readonly cluster: () => ModelCluster;
  readonly args?: object;
}

const powerCut = () => new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'] });

export const scenes: Readonly<Record<keyof typeof runbooks, InNeed>> = {
  applyNetworks: { cluster: withNetworks },
  diagnose: { cluster: powerCut, args: { lineage: true } },
  fullRecovery: { cluster: powerCut },
  joinNode: { cluster: () => new ModelCluster(['pf1', 'pf2', 'pf3']).reinstall('pf3', 'known'), args: { node: 'pf3' } },
  prepareNodes: { cluster: () => withOtherNames(), args: { disableIpv6: true } },
  secureKeepalived: { cluster: () => new ModelCluster(['pf1', 'pf2', 'pf3']) },
  setupCluster: { cluster: () => ModelCluster.blank(['pf1', 'pf2', 'pf3']) },
};

export const everyRunbook = Object.keys(scenes) as (keyof typeof runbooks)[];
