/** A cluster in need, for each runbook. A runbook without one does not compile. */
import { ModelCluster } from '../../model/cluster.js';
import type * as runbooks from '../../workflows/index.js';

export interface InNeed {
  readonly cluster: () => ModelCluster;
  readonly args?: object;
}

export const scenes: Readonly<Record<keyof typeof runbooks, InNeed>> = {
  fullRecovery: {
    cluster: () => new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'] }),
  },
};
