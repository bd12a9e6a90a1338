/** Program: is this cluster's folder in order? Prints what a run must be told, or every complaint (exit 2). No node is asked. */
import { readFile } from 'node:fs/promises';
import { howToTrust, keysOf } from '../activities/ssh/known-hosts.js';
import { type Target, targetOf } from '../activities/ssh/target.js';
import { BadSettings, loadCluster } from './settings.js';

try {
  const access = await loadCluster(process.argv[2] ?? '');
  const { nodes, approvers, ssh } = access;
  const known = await readFile(ssh.knownHosts, 'utf8');
  const complaintAbout = ({ node, names, address, port, via, knownHosts }: Target): string[] => {
    const { keys, authorities } = keysOf(known, names, port);
    const words = `${node}: no host key of ${address} in ${knownHosts}. ${howToTrust({ address, port }, knownHosts)}`;
    return [...(via ? complaintAbout(via) : []), ...(keys.length + authorities.length > 0 ? [] : [words])];
  };
  const complaints = [...new Set(nodes.flatMap(({ node }) => complaintAbout(targetOf(access, node))))];
  if (complaints.length > 0) throw new BadSettings(complaints);
  console.log(JSON.stringify({ nodes: nodes.map(({ node }) => node), approvers }));
} catch (error) {
  if (!(error instanceof BadSettings)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
