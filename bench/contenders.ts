/** The others, doing the same trivial steps: bash over ControlMaster, raw ssh2, Ansible with pipelining. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import { address } from '../lab/lab.js';
import { clusterFolder } from '../lab/places.js';
import { trivialRead } from './activities.js';
import { say } from './results.js';
import type { Site } from './site.js';
import { stepCount, trivialChange, trivialWanted } from './trivial.js';

export type Kind = 'reads' | 'changes';
export interface Contender {
  readonly name: string;
  run(kind: Kind): Promise<void>;
  close?(): void;
}

export function bash({ sshConfig, lab }: Site, recorded: boolean): Contender {
  const script = fileURLToPath(new URL('./scripts/steps.sh', import.meta.url));
  return {
    name: recorded ? 'bash, recorded' : 'bash',
    run: async (kind) => {
      await execa('bash', [script, sshConfig, kind, recorded ? 'yes' : 'no', `${stepCount}`, ...lab.nodes]);
    },
  };
}

/** The limit: one process, one open connection per node, nothing written down. */
export async function rawSsh2({ lab }: Site): Promise<Contender> {
  const privateKey = await readFile(`${clusterFolder(lab.name)}/id_ed25519`);
  const clients = await Promise.all(
    lab.nodes.map(
      (node) =>
        new Promise<ssh2.Client>((resolve, reject) => {
          const client = new ssh2.Client();
          client.once('ready', () => resolve(client.setNoDelay(true))).once('error', reject);
          client.connect({ host: address(lab, node), username: 'root', privateKey });
        }),
    ),
  );
  const exec = (client: ssh2.Client, command: string): Promise<void> =>
    new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        channel.once('exit', (code) => (code === 0 ? undefined : reject(new Error(`"${command}" ended with ${code}`))));
        channel.once('close', () => resolve()).resume();
        channel.stderr.resume();
        channel.end();
      });
    });
  let runs = 0;
  return {
    name: 'raw ssh2',
    run: async (kind) => {
      runs++;
      for (let step = 1; step <= stepCount; step++) {
        const command = kind === 'reads' ? trivialRead : plainChange(`ssh2-${runs}-${step}`);
        await Promise.all(clients.map((client) => exec(client, command)));
      }
    },
    close: () => {
      for (const client of clients) client.end();
    },
  };
}

const plainChange = (mark: string): string =>
  `${trivialWanted(mark)} || { ${trivialChange(mark)}; ${trivialWanted(mark)}; }`;

/** One playbook of twenty tasks: linear strategy, no facts, connections kept, pipelining. Installed where missing. */
export async function ansible({ home, sshConfig, lab }: Site): Promise<Contender> {
  if ((await execa('ansible-playbook', ['--version'], { reject: false })).exitCode !== 0) {
    say('installing Ansible (apt-get install ansible-core)');
    await execa('apt-get', ['install', '-y', '--no-install-recommends', 'ansible-core'], { timeout: 300_000 });
  }
  await writeFile(`${home}/inventory`, `${lab.nodes.join('\n')}\n`);
  await writeFile(
    `${home}/ansible.cfg`,
    `[defaults]
inventory = ${home}/inventory
gathering = explicit
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = True
ssh_args = -F ${sshConfig}
`,
  );
  let runs = 0;
  return {
    name: 'Ansible, pipelining',
    run: async (kind) => {
      runs++;
      const tasks = Array.from({ length: stepCount }, (_, at) => ({
        name: `Step ${at + 1}`,
        'ansible.builtin.shell': kind === 'reads' ? trivialRead : plainChange(`ansible-${runs}-${at}`),
      }));
      await writeFile(`${home}/steps.json`, JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]));
      await execa('ansible-playbook', [`${home}/steps.json`], { env: { ANSIBLE_CONFIG: `${home}/ansible.cfg` } });
    },
  };
}
