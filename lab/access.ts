/** The folder by which pfrunbook reaches the lab as it would reach any cluster (design 8). */
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { address, type Lab } from './lab.js';
import { clusterFolder, labFolder, nodeFolder } from './places.js';

const ACCESS = `; Written by \`pfrunbook lab up\`, removed by \`pfrunbook lab down\`.
[ssh]
user=root
port=22
identity=id_ed25519
known_hosts=known_hosts
sudo=no

[mysql]
user=root

[approval]
policy=named
`;

export async function writeAccess(lab: Lab): Promise<string> {
  const folder = clusterFolder(lab.name);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  // The nodes' own file, as an operator would copy it.
  const [first = ''] = lab.nodes;
  await copyFile(
    join(nodeFolder(lab.name, first), 'upper/usr/local/pf/conf/cluster.conf'),
    join(folder, 'cluster.conf'),
  );
  await chmod(join(folder, 'cluster.conf'), 0o644);
  await writeFile(join(folder, 'access.ini'), ACCESS);
  await copyFile(join(labFolder(lab.name), 'id_ed25519'), join(folder, 'id_ed25519'));
  await chmod(join(folder, 'id_ed25519'), 0o600);
  // Read from the nodes' disks: a key that is asked over the network proves nothing.
  const keys = await Promise.all(
    lab.nodes.map(async (node) => {
      const [kind, key] = (await readFile(join(nodeFolder(lab.name, node), 'ssh_host_ed25519_key.pub'), 'utf8')).split(
        ' ',
      );
      return `${node},${address(lab, node)} ${kind} ${key}\n`;
    }),
  );
  await writeFile(join(folder, 'known_hosts'), keys.join(''));
  return folder;
}
