/**
 * Program: is this cluster's folder in order? Prints what a run must be told, or every complaint (exit 2). No node is asked.
 *
 * `check CLUSTER [--needs SECTION]... [--may-be-unknown NODE] [--networks]`: sections that access.ini must hold; a node whose host key need not be known; whether the networks must be in order.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { howToTrust, keysOf } from '../activities/ssh/known-hosts.js';
import { type Target, targetOf } from '../activities/ssh/target.js';
import { complaintInWords } from '../cluster/complaint.js';
import { checkNetworks } from '../cluster/networks-check.js';
import { BadSettings, loadCluster } from './settings.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    needs: { type: 'string', multiple: true, default: [] },
    'may-be-unknown': { type: 'string' },
    networks: { type: 'boolean' },
  },
});

try {
  const [name = ''] = positionals;
  const access = await loadCluster(name);
  const { nodes, ssh, logins } = access;
  const known = await readFile(ssh.knownHosts, 'utf8');
  const complaintAbout = ({ node, names, address, port, via, knownHosts }: Target): string[] => {
    const { keys, authorities } = keysOf(known, names, port);
    const words = `${node}: no host key of ${address} in ${knownHosts}. ${howToTrust({ address, port }, knownHosts)}`;
    return [...(via ? complaintAbout(via) : []), ...(keys.length + authorities.length > 0 ? [] : [words])];
  };
  const mustBeKnown = nodes.filter(({ node }) => node !== options['may-be-unknown']);
  const complaints = [
    ...options.needs
      .filter((section) => !Object.hasOwn(logins, section))
      .map(
        (section) =>
          `access.ini of ${name} has no [${section}]: this runbook needs its user and password (docs/access.md).`,
      ),
    ...new Set(mustBeKnown.flatMap(({ node }) => complaintAbout(targetOf(access, node)))),
  ];
  if (options.networks) {
    const { clusterConf, networksConf = '' } = access;
    const wrong = checkNetworks({ clusterConf, networksConf }).filter(({ level }) => level === 'error');
    complaints.push(...wrong.map((one) => `${name}: ${complaintInWords(one)}`));
  }
  if (complaints.length > 0) throw new BadSettings(complaints);
  console.log(JSON.stringify({ nodes: nodes.map(({ node }) => node) }));
} catch (error) {
  if (!(error instanceof BadSettings)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
