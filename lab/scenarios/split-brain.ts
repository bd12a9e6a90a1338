/** Two halves that both took writes: the first node alone, and the others. The network is whole again afterwards, the histories are not. */
import type { Lab } from '../lab.js';
import { nodeRun } from '../machine.js';
import { joinAgain, partition } from '../network.js';
import { stopDatabase } from '../seed.js';
import { LabError, until } from '../shell.js';
import { askSql, runSql } from '../sql.js';

/** `same-uuid`: the minority was told to be Primary (pc.bootstrap). `uuids`: the first node made itself a new cluster. */
export type SplitKind = 'same-uuid' | 'uuids';

export async function splitBrain(lab: Lab, kind: SplitKind): Promise<void> {
  const [first = '', ...others] = lab.nodes;
  const [second] = others;
  if (second === undefined) throw new LabError('a split brain needs two nodes');
  await partition(lab, [[first], others]);
  if (kind === 'same-uuid') {
    await status(lab, first, 'non-Primary');
    await runSql(lab, first, "set global wsrep_provider_options = 'pc.bootstrap=YES'");
  } else {
    await stopDatabase(lab, first);
    await nodeRun(lab, first, NEW_CLUSTER, { timeout: 120_000 });
  }
  await status(lab, first, 'Primary');
  await status(lab, second, 'Primary');
  await runSql(lab, first, writes('aa', 3));
  await runSql(lab, second, writes('bb', 5));
  await joinAgain(lab);
}

async function status(lab: Lab, node: string, wanted: string): Promise<void> {
  await until(`${node} to be ${wanted}`, 90, async () => {
    const [row] = (await askSql(lab, node, "show status like 'wsrep_cluster_status'")) ?? [];
    return row?.[1] === wanted ? true : undefined;
  });
}

/** Rows that only one side has. */
const writes = (side: string, count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `insert into pf.node (mac, pid, detect_date) values ('02:${side}:00:00:00:0${at}', 'default', now());`,
  ).join('\n');

/** Started without its position, a server founds a cluster under a uuid of its own; then PacketFence's unit takes over. */
const NEW_CLUSTER = `
  cd /var/lib/mysql && rm -f grastate.dat gvwstate.dat
  conf=/usr/local/pf/var/conf/mariadb.conf
  mkdir -p /var/run/mysqld && chown mysql /var/run/mysqld
  mariadbd --defaults-file=$conf --user=mysql --wsrep-new-cluster --wsrep-start-position=00000000-0000-0000-0000-000000000000:-1 >/dev/null 2>&1 &
  for i in $(seq 300); do mariadb-admin --socket=/var/lib/mysql/mysql.sock ping >/dev/null 2>&1 && break; sleep 0.1; done
  kill $!; wait $! || :
  systemctl start packetfence-mariadb`;
