/**
 * The nodes' first disks: a cluster that was formed once, filled, and stopped cleanly, the first node last. Made once per image and
 * cached, or every `up` would pay two full copies; from here the first node is safe to bootstrap from and the others join by IST.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLab } from './down.js';
import { digest, type Image, made, profileFolder } from './image.js';
import type { Lab } from './lab.js';
import { boot, dress, isOn, makeKey, nodeRun } from './machine.js';
import { makeNetwork } from './network.js';
import { CACHE, labFolder, nodeFolder } from './places.js';
import { locked, run, until } from './shell.js';
import { runSql } from './sql.js';
import { LAB_USERS, WRITER } from './users.js';

const DISK = '2G';

/** Folder with one disk per node. The profile's programs may change without a new seed; what fills the disks may not. */
export async function seed(
  image: Image,
  nodes: readonly string[],
  profile: string,
  say: (words: string) => void,
): Promise<string> {
  const nodeScript = await readFile(join(profileFolder(profile), 'node.sh'), 'utf8');
  const folder = join(CACHE, `seed-${digest([image.base, profile, ...nodes, DISK, contents(), nodeScript])}`);
  await locked(join(CACHE, 'lock'), async () => {
    if (existsSync(folder)) return;
    say('forming the first cluster (about a minute, once)');
    await made(folder, (draft) => form(image, nodes, profile, draft));
  });
  return folder;
}

async function form(image: Image, nodes: readonly string[], profile: string, folder: string): Promise<void> {
  const name = 'seed';
  await removeLab(name);
  await mkdir(labFolder(name), { recursive: true });
  await makeKey(join(labFolder(name), 'id_ed25519'), 'lab');
  const slot = await makeNetwork(name);
  const lab: Lab = { name, slot, nodes, profile, timeFactor: 0.1, layers: image.layers, seed: folder };
  try {
    const blank = join(folder, 'blank.ext4');
    await blankDisk(image, blank);
    for (const node of nodes) await firstBoot(lab, node, blank);
    const [first = '', ...others] = nodes;
    await nodeRun(
      lab,
      first,
      'systemctl set-environment MARIADB_ARGS=--force-new-cluster && systemctl start packetfence-mariadb',
    );
    await nodeRun(lab, first, 'systemctl unset-environment MARIADB_ARGS');
    await runSql(lab, first, contents());
    for (const node of others) {
      await nodeRun(
        lab,
        node,
        'rm -rf /var/lib/mysql/* && systemctl start packetfence-mariadb || { journalctl -q --no-pager -n 20 -u packetfence-mariadb >&2; exit 1; }',
      );
      await until(`${node} to be Synced`, 120, async () => {
        const [state] = await runSql(lab, node, "show status like 'wsrep_local_state_comment'");
        return state?.[1] === 'Synced' ? true : undefined;
      });
    }
    for (const node of [...others.reverse(), first]) await stopDatabase(lab, node);
    for (const node of nodes) {
      await nodeRun(lab, node, 'systemctl poweroff');
      await until(`${node} to be off`, 60, async () => ((await isOn(lab, node)) ? undefined : true));
      await rename(join(nodeFolder(name, node), 'disk.ext4'), join(folder, `${node}.ext4`));
    }
    await unlink(blank);
  } finally {
    await removeLab(name);
  }
}

/** PacketFence does not start by itself: each database is started in its turn. */
async function firstBoot(lab: Lab, node: string, blank: string): Promise<void> {
  await dress(lab, node, blank);
  const target = join(nodeFolder(lab.name, node), 'upper/etc/systemd/system/default.target');
  await unlink(target).catch(() => undefined);
  await mkdir(join(target, '..'), { recursive: true });
  await symlink('/lib/systemd/system/multi-user.target', target);
  await boot(lab, node);
  await until(`${node} to have booted`, 60, async () => {
    const { stdout } = await bootState(lab, node);
    return stdout === 'running' || stdout === 'degraded' ? true : undefined;
  });
}

const bootState = async (lab: Lab, node: string): Promise<{ stdout: string }> => ({
  stdout: await nodeRun(lab, node, 'systemctl is-system-running || :'),
});

/** The server outlives its unit for a moment (packetfence-run.md D10). */
export async function stopDatabase(lab: Lab, node: string): Promise<void> {
  await nodeRun(
    lab,
    node,
    'systemctl stop packetfence-mariadb; for i in $(seq 600); do pgrep mariadbd >/dev/null || exit 0; sleep 0.1; done; exit 1',
  );
}

async function blankDisk(image: Image, file: string): Promise<void> {
  await run('truncate', ['--size', DISK, file]);
  const script = 'mount -t overlay overlay -o "lowerdir=$1" /mnt && mkfs.ext4 -q -F -m 1 -d /mnt/var/lib "$2"';
  await run('unshare', ['--mount', 'sh', '-eu', '-c', script, 'mkfs', image.layers.join(':'), file]);
}

/** Grants as packetfence.md 3.2; a few rows, so that a full copy has something to copy; the writer's table (writer.ts). */
const contents = (): string => `
  create database pf character set utf8mb4;
  ${['%', 'localhost']
    .map(
      (host) => `
  create user '${LAB_USERS.GALERA_USER}'@'${host}' identified by '${LAB_USERS.GALERA_PASSWORD}';
  grant process, reload, lock tables, replication client, super, binlog monitor on *.* to '${LAB_USERS.GALERA_USER}'@'${host}';
  create user '${LAB_USERS.DB_USER}'@'${host}' identified by '${LAB_USERS.DB_PASSWORD}';
  grant all on pf.* to '${LAB_USERS.DB_USER}'@'${host}';`,
    )
    .join('')}
  create user '${WRITER.user}'@'%' identified by '${WRITER.password}';
  use pf;
  create table pf_version (id int primary key, version varchar(11));
  insert into pf_version values (1, '14.0');
  create table person (pid varchar(255) primary key);
  insert into person values ('admin'), ('default');
  create table node (mac char(17) primary key, pid varchar(255) not null, status varchar(15) not null default 'unreg', detect_date datetime not null);
  insert into node (mac, pid, detect_date)
    select concat_ws(':', '02', 'fd', lpad(hex(seq div 16777216), 2, '0'), lpad(hex(seq div 65536 % 256), 2, '0'), lpad(hex(seq div 256 % 256), 2, '0'), lpad(hex(seq % 256), 2, '0')), 'default', '2026-01-01' from seq_1_to_20000;
  create table lab_rows (id bigint unsigned auto_increment primary key, number bigint unsigned not null, writer varchar(40) not null, at timestamp(6) not null default current_timestamp(6), key (number));
  grant select, insert on pf.lab_rows to '${WRITER.user}'@'%';
`;
