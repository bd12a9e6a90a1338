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
    /** uuid:seqno as the server recovers it. */
    readonly position: string;
    readonly rows: number;
    readonly highest: number;
    /** Why no server can open it: a full copy that was not fsynced, for one. Its rows count as not held. */
    readonly broken?: string;
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
    disks: disks.map(({ node, position, numbers, broken }) => ({
      node,
      position,
      rows: numbers.size,
      highest: [...numbers].reduce((one, other) => Math.max(one, other), 0),
      ...(broken !== undefined && { broken }),
    })),
    onNoDisk: gone.length,
  };
  await writeFile(censusFile(lab), `${JSON.stringify(census, null, 2)}\n`);
  return census;
}

interface Disk {
  readonly node: string;
  readonly position: string;
  readonly numbers: ReadonlySet<number>;
  readonly broken: string | undefined;
}

/** Recovered as the node itself would: the same server, the same settings; then read without Galera. */
async function readDisk(lab: Lab, node: string): Promise<Disk> {
  const copy = join(nodeFolder(lab.name, node), 'census.ext4');
  await run('cp', ['--sparse=always', '--reflink=auto', join(nodeFolder(lab.name, node), 'disk.ext4'), copy]);
  try {
    const [broken, position = '', ...numbers] = (await inMounted(lab, node, copy, READ)).split('\n');
    return { node, position, numbers: new Set(numbers.map(Number)), broken: broken || undefined };
  } finally {
    await rm(copy, { force: true });
  }
}

/** Lines: why it cannot be opened, or nothing; the position; the numbers. */
const READ = `
  mkdir -p $root/run/mysqld; chroot $root chown mysql /run/mysqld
  server="chroot $root mariadbd"
  $server --defaults-file=/usr/local/pf/var/conf/mariadb.conf --user=mysql --wsrep-recover >$root/tmp/recover 2>&1 || :
  if echo "select number into outfile '/tmp/numbers' from pf.lab_rows;" |
    $server --no-defaults --bootstrap --user=mysql --datadir=/var/lib/mysql --wsrep-on=OFF --innodb-read-only --read-only --skip-log-bin >$root/tmp/read 2>&1
  then echo
  else cat $root/tmp/recover $root/tmp/read | grep -F '[ERROR]' | head -n 1 | cut -c1-200; : >$root/tmp/numbers
  fi
  sed -n 's/.*Recovered position: *//p' $root/tmp/recover | tail -n 1 | grep . || echo
  cat $root/tmp/numbers`;
