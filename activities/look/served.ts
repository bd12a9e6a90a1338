import { sleep } from '@temporalio/activity';
import { clusterConfFromText, zonesOf } from '../../cluster/cluster-conf.js';
import { quote } from '../../cluster/commands/quote.js';
import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess } from '../access.js';
import { beating } from '../beat.js';
import type { Resolve } from '../change.js';
import type { Watches } from '../contract.js';
import { Unreachable } from '../errors.js';
import type { SshPool } from '../ssh/pool.js';

/**
 * Asks on one node: which of these addresses are here, and does the database behind each say that it can be written, by
 * PacketFence's own test (reference/packetfence.md 3.3) and with its own login. The password never leaves the node.
 */
const script = (vips: readonly string[]): string => `
# All that stands behind the first =: a password may hold another. What is as it is by default stands in the other file.
option() { sed -n '/^\\[database\\]/,/^\\[/ s/^[[:blank:]]*'"$1"'[[:blank:]]*=[[:blank:]]*//p' /usr/local/pf/conf/pf.conf.defaults /usr/local/pf/conf/pf.conf 2>/dev/null | tail -n 1; }
user=$(option user); MYSQL_PWD=$(option pass); export MYSQL_PWD
for vip in ${vips.map(quote).join(' ')}; do
  ip -o -4 addr show | grep -qwF "$vip" || continue
  said=$(timeout 5 "$(command -v mariadb || command -v mysql)" --connect-timeout=3 -h "$vip" -u "$user" -NB -e \\
    "select @@global.read_only, (select variable_value from information_schema.global_status where variable_name = 'wsrep_ready'), (select variable_value from information_schema.global_status where variable_name = 'wsrep_cluster_status')" 2>&1 | tr '\\t' ' ' | tail -n 1)
  printf '%s\\t%s\\n' "$vip" "$said"
done`;

export interface Served {
  readonly vip: string;
  readonly holders: readonly NodeName[];
  /** Empty: it can be written through. Else what was said. */
  readonly complaint: string;
}

/**
 * Of the zones of these nodes. Only a management VIP, the first of its zone, leads to the database; the others must merely
 * be held by exactly one node.
 */
export async function readServed(pool: SshPool, access: ClusterAccess, nodes: readonly NodeName[]): Promise<Served[]> {
  const rows = (await Promise.all(nodes.map((node) => ask(pool, access, node)))).flat();
  const zones = zonesOf(clusterConfFromText(access.clusterConf)).filter((zone) =>
    zone.nodes.some((node) => nodes.includes(node)),
  );
  const leads = zones.map(({ vips: [first] }) => first);
  const served = access.vips.filter((vip) => zones.some(({ vips }) => vips.includes(vip)));
  return served.map((vip) => {
    const said = rows.filter((row) => row.vip === vip);
    const holders = said.map(({ node }) => node);
    const one = said[0];
    if (!one || holders.length !== 1)
      return {
        vip,
        holders,
        complaint: holders.length === 0 ? 'no node serves it' : `${holders.join(', ')} serve it at once`,
      };
    return {
      vip,
      holders,
      complaint:
        !leads.includes(vip) || one.said === '0 ON Primary'
          ? ''
          : `${one.node} serves it, and its database answers: ${one.said || 'nothing'}`,
    };
  });
}

async function ask(
  pool: SshPool,
  access: ClusterAccess,
  node: NodeName,
): Promise<{ node: NodeName; vip: string; said: string }[]> {
  try {
    const { stdout } = await (await pool.reach(access, node)).sh(script(access.vips), { deadline: 20_000 });
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [vip = '', said = ''] = line.split('\t');
        return { node, vip, said };
      });
  } catch (error) {
    if (error instanceof Unreachable) return [];
    throw error;
  }
}

/** Looks until every address is served and the database behind the first can be written; the caller sets the limit. */
export function servedActivities(pool: SshPool, resolve: Resolve): Pick<Watches, 'untilServed'> {
  return {
    untilServed: ({ cluster, nodes, steadySeconds = 0 }) =>
      beating(async (tell) => {
        const access = await resolve(cluster);
        for (let since = Date.now(); ; ) {
          const left = (await readServed(pool, access, nodes)).filter(({ complaint }) => complaint !== '');
          if (left.length > 0) since = Date.now();
          else if (Date.now() - since >= steadySeconds * 1000) return;
          tell({ waitingFor: left.map(({ vip, complaint }) => `${vip}: ${complaint}`) });
          await sleep(500); // ends with CancelledFailure where nobody waits any more
        }
      }),
  };
}
