/** Where it is measured: a lab of its own on PacketFence's own clock, reached as an operator reaches a cluster. */
import { writeFile } from 'node:fs/promises';
import { address, type Lab, loadLab } from '../lab/lab.js';
import { clusterFolder } from '../lab/places.js';
import { type UpOptions, up } from '../lab/up.js';
import { say } from './results.js';

export interface Site {
  /** PFRUNBOOK_HOME of everything that the bench starts. */
  readonly home: string;
  readonly lab: Lab;
  /** ssh_config for the contenders, ControlMaster included: `ssh -F <this> pf1`. */
  readonly sshConfig: string;
}

/** The lab writes the cluster's access there, the tool reads it there. */
export function benchHome(): string {
  process.env.PFRUNBOOK_HOME ??= '/var/tmp/pfrunbook-bench';
  return process.env.PFRUNBOOK_HOME;
}

export async function site(name: string, options: Pick<UpOptions, 'blank'> = {}): Promise<Site> {
  const home = benchHome();
  await up(name, { ...options, timeFactor: 1, say });
  const lab = await loadLab(name);
  if (lab.timeFactor !== 1)
    throw new Error(
      `lab ${name} runs at ${lab.timeFactor} of PacketFence's waits: take it down, the bench brings its own up.`,
    );
  const folder = clusterFolder(name);
  const sshConfig = `${home}/ssh_config`;
  const hosts = lab.nodes.map((node) => `Host ${node}\n  HostName ${address(lab, node)}\n`).join('');
  await writeFile(
    sshConfig,
    `${hosts}Host *
  User root
  IdentityFile ${folder}/id_ed25519
  UserKnownHostsFile ${folder}/known_hosts
  ControlMaster auto
  ControlPath ${home}/%n.ctl
  ControlPersist 60
  LogLevel ERROR
`,
  );
  return { home, lab, sshConfig };
}
