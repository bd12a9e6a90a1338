/** The runbooks: workflow types by their names. The worker bundles this file; the fault tests run each of them. */
export { fullRecovery } from './full-recovery.js';
