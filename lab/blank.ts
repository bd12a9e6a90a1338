/** A server as its package leaves it: PacketFence installed, its database alone and fresh, root without a password. Made once per image. */
import { existsSync } from 'node:fs';
import { mkdir, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digest, type Image, made } from './image.js';
import type { Lab } from './lab.js';
import { dress, inRoot, nodeExec, nodeRun } from './machine.js';
import { CACHE, nodeFolder } from './places.js';
import { locked, run, until } from './shell.js';

const DISK = '2G';

/** Folder of the disk that every node begins from. */
export async function blankDisks(image: Image): Promise<string> {
  const folder = join(CACHE, `blank-${digest([image.base, DISK, MAKE, ROOT_WITHOUT_PASSWORD])}`);
  await locked(join(CACHE, 'lock'), async () => {
    if (!existsSync(folder)) await made(folder, (draft) => makeDisk(image, blankDisk(draft)));
  });
  return folder;
}

export const blankDisk = (folder: string): string => join(folder, 'blank.ext4');

async function makeDisk({ layers }: Image, file: string): Promise<void> {
  await run('truncate', ['--size', DISK, file]);
  await run('unshare', ['--mount', 'sh', '-eu', '-c', MAKE, 'mkfs', layers.join(':'), file]);
  await inRoot(layers, file, ROOT_WITHOUT_PASSWORD);
}

const MAKE = 'mount -t overlay overlay -o "lowerdir=$1" /mnt && mkfs.ext4 -q -F -m 1 -d /mnt/var/lib "$2"';

/** As the package's postinst does on Debian 12. */
const ROOT_WITHOUT_PASSWORD = `
  mkdir -p $root/run/mysqld; chroot $root chown mysql /run/mysqld
  printf "flush privileges;\\nset password for 'root'@'localhost' = password('');\\n" |
    chroot $root mariadbd --no-defaults --bootstrap --user=mysql --datadir=/var/lib/mysql >$root/tmp/said 2>&1 || { cat $root/tmp/said >&2; exit 1; }`;

/** The next boot of the node is the one right after the installation. */
export async function dressInstalled(lab: Lab, node: string, folder: string): Promise<void> {
  await dress(lab, node, blankDisk(folder), 'blank');
  await bootsInto(lab, node, JUST_INSTALLED);
}

/**
 * Returns when the node is up; right after the installation the base target and the configurator's own parts run, the rest is enabled
 * and stays off until the next boot.
 */
export async function installed(lab: Lab, node: string): Promise<void> {
  await booted(lab, node);
  await nodeRun(
    lab,
    node,
    `[ "$(systemctl get-default)" != ${JUST_INSTALLED} ] || {
       . /usr/local/lib/pfrunbook-lab/era.sh && systemctl start "packetfence-$ADMIN" && systemctl set-default -q packetfence.target; }`,
  );
}

const JUST_INSTALLED = 'packetfence-base.target';

/** A node that was dressed and not booted yet. */
export async function bootsInto(lab: Lab, node: string, target: string): Promise<void> {
  const link = join(nodeFolder(lab.name, node), 'upper/etc/systemd/system/default.target');
  await unlink(link).catch(() => undefined);
  await mkdir(join(link, '..'), { recursive: true });
  await symlink(`/lib/systemd/system/${target}`, link);
}

export async function booted(lab: Lab, node: string): Promise<void> {
  let seen = '';
  await until(
    `${node} to have booted`,
    90,
    async () => {
      seen = (await nodeExec(lab, node, 'systemctl is-system-running')).stdout;
      return seen === 'running' || seen === 'degraded' ? true : undefined;
    },
    () => `Last seen: ${seen}`,
  );
}
