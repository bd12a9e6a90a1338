/** The evidence of a node's history is gone, as on Galera 3: its event cache, and the last view kept in InnoDB. Databases must be stopped. */
import type { Lab } from '../lab.js';
import { nodeExec, nodeRun } from '../machine.js';
import { LabError } from '../shell.js';

export async function removeLineage(lab: Lab, nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const { code } = await nodeExec(lab, node, '! pgrep "mariadbd|mysqld" >/dev/null');
    if (code !== 0)
      throw new LabError(
        `${node}: a database runs, or the node is off; \`break graceful-stop\` first. Nothing was touched.`,
      );
  }
  await Promise.all(nodes.map((node) => nodeRun(lab, node, REMOVE)));
}

const REMOVE = `
  cd /var/lib/mysql && rm -f galera.cache gcache.page.*
  echo 'drop table if exists mysql.wsrep_cluster, mysql.wsrep_cluster_members, mysql.wsrep_streaming_log;' |
    mariadbd --no-defaults --bootstrap --user=mysql --datadir=/var/lib/mysql --wsrep-on=OFF --skip-log-bin`;
