/** Program: is this cluster's folder in order? Prints what a run must be told, or every complaint (exit 2). No node is asked. */
import { readFile } from 'node:fs/promises';
import { keysOf } from '../activities/ssh/known-hosts.js';
import { BadSettings, loadCluster } from './settings.js';

try {
  const { nodes, approvers, ssh } = await loadCluster(process.argv[2] ?? '');
  const known = await readFile(ssh.knownHosts, 'utf8');
  const complaints = nodes
    .filter(({ node, address }) => keysOf(known, [address, node], ssh.port).length === 0)
    .map(({ node, address }) => {
      const port = ssh.port === 22 ? '' : `-p ${ssh.port} `;
      return `${node}: no host key of ${address} in ${ssh.knownHosts}. Compare the fingerprint at the node's console, then add it: ssh-keyscan ${port}${address} >> ${ssh.knownHosts}`;
    });
  if (complaints.length > 0) throw new BadSettings(complaints);
  console.log(JSON.stringify({ nodes: nodes.map(({ node }) => node), approvers }));
} catch (error) {
  if (!(error instanceof BadSettings)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
