/** The runbooks: workflow types by their names. The worker bundles this file; the fault tests run each of them. */
export { applyNetworks } from './apply-networks.js';
export { diagnose } from './diagnose.js';
export { fullRecovery } from './full-recovery.js';
export { joinNode } from './join-node.js';
export { prepareNodes } from './prepare-nodes.js';
export { secureKeepalived } from './secure-keepalived.js';
export { setupCluster } from './setup-cluster.js';
