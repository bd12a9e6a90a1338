/**
 * The nodes' first disks: a cluster that was formed once, filled, and stopped cleanly, the first node last. Made once per image and
 * cached, or every `up` would pay two full copies; from here the first node is safe to bootstrap from and the others join by IST.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { blankDisk, blankDisks, booted, bootsInto } from './blank.js';
import { removeLab } from './down.js';
import { digest, type Image, made, profileFile } from './image.js';
import type { Lab, Zone } from './lab.js';
import { boot, dress, isOn, makeKey, nodeRun } from './machine.js';
import { makeNetwork } from './network.js';
import { CACHE, labFolder, nodeFolder } from './places.js';
import { locked, until } from './shell.js';
import { CLIENT, runSql } from './sql.js';
import { LAB_USERS, WRITER } from './users.js';

const SCHEMA_ON_NODE = 'usr/local/pf/db/pf-schema.sql';
const SCHEMA = `root/${SCHEMA_ON_NODE}`;
const CLUSTERED = 'root/usr/local/pf/conf/mariadb/clustered.cnf';

/** Folder with one disk per node. The profile's programs may change without a new seed; what fills the disks may not. */
export async function seed(
  image: Image,
  zones: readonly Zone[],
  profile: string,
  say: (words: string) => void,
): Promise<string> {
  const blank = await blankDisks(image);
  const decides = ['era.sh', 'formed.sh', SCHEMA, CLUSTERED].map((file) => profileFile(profile, file));
  const parts = [profile, JSON.stringify(zones), basename(blank), USERS, WRITER_TABLE, ...(await Promise.all(decides))];
  const folder = join(CACHE, `seed-${digest(parts)}`);
  await locked(join(CACHE, 'lock'), async () => {
    if (existsSync(folder)) return;
    say('forming the first cluster (about a minute, once)');
    await made(folder, (draft) => form({ profile, zones, layers: image.layers }, blank, draft));
  });
  return folder;
}

async function form(of: Pick<Lab, 'profile' | 'zones' | 'layers'>, blank: string, folder: string): Promise<void> {
  const name = 'seed';
  await removeLab(name);
  await mkdir(labFolder(name), { recursive: true });
  await makeKey(join(labFolder(name), 'id_ed25519'), 'lab');
  const slot = await makeNetwork(name, of.zones);
  const nodes = of.zones.flatMap((zone) => zone.nodes);
  const lab: Lab = { name, slot, nodes, ...of, blank: false, timeFactor: 0.1, seed: folder };
  try {
    for (const node of nodes) {
      await dress(lab, node, blankDisk(blank));
      // PacketFence does not start by itself: each database is started in its turn.
      await bootsInto(lab, node, 'multi-user.target');
      await boot(lab, node);
      await booted(lab, node);
    }
    const [first = '', ...others] = nodes;
    await nodeRun(lab, first, NEW_CLUSTER);
    await runSql(lab, first, USERS);
    await nodeRun(lab, first, `${CLIENT} pf </${SCHEMA_ON_NODE}`);
    await runSql(lab, first, WRITER_TABLE);
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
    await stopInTurn(lab, [...others.reverse(), first]);
    await nodeRun(lab, first, 'grep -q "safe_to_bootstrap: 1" /var/lib/mysql/grastate.dat');
    for (const node of nodes) {
      await nodeRun(lab, node, 'systemctl poweroff');
      await until(`${node} to be off`, 60, async () => ((await isOn(lab, node)) ? undefined : true));
      await rename(join(nodeFolder(name, node), 'disk.ext4'), join(folder, `${node}.ext4`));
    }
  } finally {
    await removeLab(name);
  }
}

/** By a drop-in, as not every version's unit takes arguments. */
const NEW_CLUSTER = `
  drop=/run/systemd/system/packetfence-mariadb.service.d
  mkdir -p $drop && printf '[Service]\\nExecStart=\\nExecStart=/usr/local/pf/sbin/pf-mariadb --force-new-cluster\\n' >$drop/lab.conf
  systemctl daemon-reload && systemctl start packetfence-mariadb
  rm -r $drop && systemctl daemon-reload`;

/**
 * One after the other, each once the last has seen the one before it leave: three of five that leave within a second take the quorum
 * with them, and who is alone without it is not marked as safe to bootstrap from.
 */
export async function stopInTurn(lab: Lab, nodes: readonly string[]): Promise<void> {
  const last = nodes.at(-1) ?? '';
  for (const [at, node] of nodes.entries()) {
    await stopDatabase(lab, node);
    const left = nodes.length - 1 - at;
    if (left === 0) return;
    await until(`${last} to see ${node} leave`, 60, async () => {
      const seen = await runSql(
        lab,
        last,
        "show status where variable_name in ('wsrep_cluster_size', 'wsrep_cluster_status')",
      );
      return seen.map(([, value]) => value).join() === `${left},Primary` ? true : undefined;
    });
  }
}

/** The server outlives its unit for a moment (packetfence-run.md D10). */
export async function stopDatabase(lab: Lab, node: string): Promise<void> {
  await nodeRun(
    lab,
    node,
    'systemctl stop packetfence-mariadb; for i in $(seq 600); do pgrep "mariadbd|mysqld" >/dev/null || exit 0; sleep 0.1; done; exit 1',
  );
}

/** What setting up leaves in the first database, beside PacketFence's schema; grants as packetfence.md 3.2. */
const USERS = `
  create database pf character set utf8mb4;
  ${['%', 'localhost']
    .map(
      (host) => `
  create user '${LAB_USERS.GALERA_USER}'@'${host}' identified by '${LAB_USERS.GALERA_PASSWORD}';
  grant process, reload, lock tables, replication client, super, binlog monitor on *.* to '${LAB_USERS.GALERA_USER}'@'${host}';
  create user '${LAB_USERS.DB_USER}'@'${host}' identified by '${LAB_USERS.DB_PASSWORD}';
  grant all on pf.* to '${LAB_USERS.DB_USER}'@'${host}';`,
    )
    .join('')}`;

/** The writer's table and login (writer.ts); found there, nothing happens. */
export const WRITER_TABLE = `
  create user if not exists '${WRITER.user}'@'%' identified by '${WRITER.password}';
  create table if not exists pf.lab_rows (id bigint unsigned auto_increment primary key, number bigint unsigned not null, writer varchar(40) not null, at timestamp(6) not null default current_timestamp(6), key (number));
  grant select, insert on pf.lab_rows to '${WRITER.user}'@'%';
`;
