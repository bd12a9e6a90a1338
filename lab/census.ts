/**
 * What each disk held when the power was gone: read before anything runs again, on copies, so that verify can tell rows that no disk
 * had from rows that somebody's choice lost. PacketFence 14 commits with innodb_flush_log_at_trx_commit=2: the last second may be on none.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.js';
import { inMounted, isOn } from './machine.js';
import { labFolder, nodeFolder } from './places.js';
import { run } from './shell.js';
import { writerRows } from './writer.js';

export interface Census {
  /** Rows acknowledged so far. */
  readonly acknowledged: number;
  readonly disks: readonly {
    readonly node: string;
    readonly position: string;
    readonly rows: number;
    readonly highest: number;
  }[];
  /** Acknowledged rows that no disk held, of this cut. */
  readonly onNoDisk: number;
}

const censusFile = (lab: Lab): string => join(labFolder(lab.name), 'census.json');
const noDiskFile = (lab: Lab): string => join(labFolder(lab.name), 'no-disk.json');

/** Rows that no disk held after any of the lab's power cuts. */
export async function rowsOnNoDisk(lab: Lab): Promise<Set<number>> {
  const text = await readFile(noDiskFile(lab), 'utf8').catch(() => '[]');
  return new Set(JSON.parse(text) as number[]);
}

/** Undefined: a node runs on and holds in memory what no disk has; nothing is lost yet. */
export async function takeCensus(lab: Lab): Promise<Census | undefined> {
  for (const node of lab.nodes) if (await isOn(lab, node)) return undefined;
  const { acknowledged } = await writerRows(lab);
  const disks = await Promise.all(lab.nodes.map((node) => readDisk(lab, node)));
  const known = await rowsOnNoDisk(lab);
  const gone = acknowledged.filter((number) => !known.has(number) && !disks.some(({ numbers }) => numbers.has(number)));
  await writeFile(noDiskFile(lab), JSON.stringify([...known, ...gone]));
  const census: Census = {
    acknowledged: acknowledged.length,
    disks: disks.map(({ node, position, numbers }) => ({
      node,
      position,
      rows: numbers.size,
      highest: Math.max(0, ...numbers),
    })),
    onNoDisk: gone.length,
  };
  await writeFile(censusFile(lab), `${JSON.stringify(census, null, 2)}\n`);
  return census;
}

/** Recovered as the node itself would: the same server, the same settings; then read without Galera. */
async function readDisk(lab: Lab, node: string): Promise<{ node: string; position: string; numbers: Set<number> }> {
  const copy = join(nodeFolder(lab.name, node), 'census.ext4');
  await run('cp', ['--sparse=always', '--reflink=auto', join(nodeFolder(lab.name, node), 'disk.ext4'), copy]);
  try {
    const [position = '', ...numbers] = (await inMounted(lab, node, copy, READ)).split('\n');
    return { node, position, numbers: new Set(numbers.map(Number)) };
  } finally {
    await rm(copy, { force: true });
  }
}

const READ = `
  mkdir -p $root/var/run/mysqld; chroot $root chown mysql /var/run/mysqld
  conf=/usr/local/pf/var/conf/mariadb.conf
  chroot $root mariadbd --defaults-file=$conf --user=mysql --log-error=/dev/stderr --wsrep-recover 2>&1 | sed -n 's/.*Recovered position: *//p' | tail -n 1
  echo "select number into outfile '/tmp/numbers' from pf.lab_rows;" |
    chroot $root mariadbd --no-defaults --bootstrap --user=mysql --datadir=/var/lib/mysql --wsrep-on=OFF --innodb-read-only --read-only --skip-log-bin >&2
  cat $root/tmp/numbers`;
