/** The folder by which pfrunbook reaches the lab as it would reach any cluster (design 8). */
import { appendFile, chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterConf } from './cluster-conf.js';
import { address, type Lab } from './lab.js';
import { clusterFolder, labFolder, nodeFolder } from './places.js';
import { LAB_USERS } from './users.js';

const access = (more: string): string => `; Written by \`pfrunbook lab up\`, removed by \`pfrunbook lab down\`.
[ssh]
user=root
port=22
identity=id_ed25519
known_hosts=known_hosts
sudo=no

[mysql]
user=root
${more}
[approval]
policy=named
`;

/** A blank lab is set up with these. */
const SECRETS = {
  'root-password': LAB_USERS.ROOT_PASSWORD,
  'replication-password': LAB_USERS.GALERA_PASSWORD,
  'webservices-password': LAB_USERS.WEBSERVICES_PASSWORD,
} as const;

const WEBSERVICES = `[webservices]
user=${LAB_USERS.WEBSERVICES_USER}
password=file:webservices-password
`;

const LOGINS = `password=file:root-password

[replication]
user=${LAB_USERS.GALERA_USER}
password=file:replication-password

${WEBSERVICES}`;

export async function writeAccess(lab: Lab): Promise<string> {
  const folder = clusterFolder(lab.name);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  await writeFile(join(folder, 'cluster.conf'), clusterConf(lab));
  await writeFile(join(folder, 'access.ini'), access(lab.blank ? LOGINS : ''));
  if (lab.blank) for (const file of Object.keys(SECRETS) as (keyof typeof SECRETS)[]) await writeSecret(folder, file);
  await copyFile(join(labFolder(lab.name), 'id_ed25519'), join(folder, 'id_ed25519'));
  await chmod(join(folder, 'id_ed25519'), 0o600);
  await writeFile(join(folder, 'known_hosts'), await knownHosts(lab));
  return folder;
}

/** What a join needs besides, in a lab that began as a cluster. */
export async function addWebservicesLogin({ name }: Pick<Lab, 'name'>): Promise<void> {
  const folder = clusterFolder(name);
  await writeSecret(folder, 'webservices-password');
  await appendFile(join(folder, 'access.ini'), WEBSERVICES);
}

const writeSecret = (folder: string, file: keyof typeof SECRETS): Promise<void> =>
  writeFile(join(folder, file), `${SECRETS[file]}\n`, { mode: 0o600 });

/** Read from the nodes' disks: a key that is asked over the network proves nothing. */
export async function knownHosts(lab: Lab): Promise<string> {
  const keys = await Promise.all(
    lab.nodes.map(async (node) => {
      const file = join(nodeFolder(lab.name, node), 'ssh_host_ed25519_key.pub');
      const [kind, key] = (await readFile(file, 'utf8')).split(' ');
      return `${node},${address(lab, node)} ${kind} ${key}\n`;
    }),
  );
  return keys.join('');
}
