/** A look at nodes: one script and one query per node, all nodes at once. Changes nothing; a node that is not there is a fact too. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { clusterConfFromText, compareClusterConf } from '../../cluster/cluster-conf.js';
import { quote } from '../../cluster/commands/quote.js';
import { findData } from '../../cluster/commands/shell.js';
import { knownConfs, knownUnits } from '../../cluster/dialect.js';
import { lockFromLine, overFromLine } from '../../cluster/lock.js';
import type { NodeSeen, Reached, SqlSeen, UnitRole, UnitSeen } from '../../cluster/observation.js';
import { grastateFromText, viewFromText } from '../../cluster/position.js';
import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess } from '../access.js';
import { Unreachable } from '../errors.js';
import { query } from '../mysql/query.js';
import type { Remote, SshPool } from '../ssh/pool.js';
import { Lines } from './lines.js';

const script = readFileSync(new URL('./nodes.sh', import.meta.url), 'utf8');
const deadline = 15_000; // milliseconds; a look that hangs longer is "not reachable"

/** Every node asked, in that order, reachable or not. */
export function lookAtNodes(pool: SshPool, access: ClusterAccess, nodes: readonly NodeName[]): Promise<NodeSeen[]> {
  return Promise.all(nodes.map((node) => lookAtNode(pool, access, node)));
}

async function lookAtNode(pool: SshPool, access: ClusterAccess, node: NodeName): Promise<NodeSeen> {
  try {
    const remote = await pool.reach(access, node);
    const roles = Object.entries(knownUnits).flatMap(([role, units]) => units.map((unit) => `${role}=${unit}`));
    const asked = Date.now();
    const [said, sql] = await Promise.all([
      remote.sh(`roles=${quote(roles.join(' '))}; confs=${quote(knownConfs.join(' '))}\n${findData}\n${script}`, {
        deadline,
      }),
      lookAtSql(remote),
    ]);
    const now = (asked + Date.now()) / 2;
    return nodeFromText(node, said.stdout, sql, { now, clusterConf: access.clusterConf });
  } catch (error) {
    if (error instanceof Unreachable) return { node, reachable: false, because: error.because };
    throw error;
  }
}

const status = `select lower(variable_name), variable_value from information_schema.global_status where variable_name like 'wsrep%'
  union all select 'read_only', @@global.read_only`;

async function lookAtSql(remote: Remote): Promise<SqlSeen> {
  try {
    const rows = await query(remote, status, { deadline: 5_000 });
    return sqlFromStatus(new Map(rows.map((row) => Object.values(row).map(String) as [string, string])));
  } catch (error) {
    return { kind: 'silent', because: error instanceof Error ? error.message : String(error) };
  }
}

/** From the rows of `show status like 'wsrep%'`, names in lower case. */
export function sqlFromStatus(rows: ReadonlyMap<string, string>): SqlSeen {
  const text = (name: string): string => rows.get(`wsrep_${name}`) ?? '';
  const provider = text('provider_name') !== '';
  return {
    kind: 'answers',
    clusterStatus: provider ? text('cluster_status') : 'standalone',
    state: text('local_state_comment'),
    ready: text('ready') === 'ON',
    connected: text('connected') === 'ON',
    clusterSize: Number(text('cluster_size')),
    stateUuid: text('cluster_state_uuid'),
    confId: Number(text('cluster_conf_id')),
    lastCommitted: Number(text('last_committed')),
    incoming: text('incoming_addresses').split(',').filter(Boolean),
    readOnly: rows.get('read_only') !== '0',
    cachedDownTo: Number(text('local_cached_downto')),
  };
}

/** Of the one who looks. `now`: milliseconds. */
interface Ours {
  readonly now: number;
  readonly clusterConf: string;
}

/** From what nodes.sh said. Throws Unreachable where it was cut off. */
export function nodeFromText(node: NodeName, text: string, sql: SqlSeen, ours: Ours): Reached {
  const said = new Lines(text);
  if (!said.has('end')) throw new Unreachable(node, 'the look was cut off before its end', 'Look again.');
  const [os = '', like = ''] = said.one('os').split(' ', 2);
  const grastate = grastateFromText(said.file('grastate') ?? '');
  const view = said.file('view');
  const clusterConf = said.file('clusterConf');
  const lock = lockFromLine(said.one('lock'));
  return {
    node,
    reachable: true,
    host: {
      hostname: said.one('hostname'),
      version: /\d+(\.\d+)+/.exec(said.one('release'))?.[0] ?? '',
      osFamily: /debian|ubuntu/.test(`${os} ${like}`)
        ? 'debian'
        : /rhel|centos|fedora/.test(`${os} ${like}`)
          ? 'rhel'
          : 'unknown',
      machineId: said.one('machine'),
      bootId: said.one('boot'),
      clockAheadMs: Math.round(said.number('now') - ours.now),
      addresses: said.all('address'),
      varFreeBytes: said.number('var'),
    },
    database: {
      processes: said.all('process').map(processFromText),
      sql,
      ...(grastate && { grastate }),
      ...(view !== undefined && { view: viewFromText(view) }),
      datadir: {
        path: said.one('datadir'),
        holdsData: said.has('datadirHolds'),
        usedBytes: said.number('datadirUsed'),
        freeBytes: said.number('datadirFree'),
      },
      newClusterFlags: said.all('flag'),
      ...(said.has('begins') && { beginsCluster: true }),
    },
    units: unitsFromText(said.all('unit')),
    flags: {
      maintenance: said.has('maintenance'),
      disabledNodes: said.all('disabled'),
      defaultTarget: said.one('target'),
      clusterConf: {
        sha256: clusterConf === undefined ? '' : createHash('sha256').update(clusterConf).digest('hex'),
        differs:
          clusterConf === undefined ? ['it has no cluster.conf'] : compareClusterConf(ours.clusterConf, clusterConf),
        ...(clusterConfFromText(clusterConf ?? '').servers.length === 0 && { namesNobody: true }),
      },
      ...(said.has('setUpBegun') && { setUpBegun: true }),
      owedGuards: Object.fromEntries(said.all('guard').map(halves)),
      owedStopped: said.all('owedStopped'),
      barrier: said.all('barrier'),
      ...(said.has('heldByJoin') && { heldByJoin: true }),
      ...(lock && { lock }),
      ...(said.has('over') && { over: said.all('over').map(overFromLine) }),
    },
  };
}

/** The first unit of a role that exists on the node stands for it: names differ by version. */
function unitsFromText(rows: readonly string[]): Partial<Record<UnitRole, UnitSeen>> {
  const units: Partial<Record<UnitRole, UnitSeen>> = {};
  for (const row of rows) {
    const [role = '', load = '', active = '', enabled = '', pid = ''] = row.split(' ');
    if (load === 'not-found' || !isRole(role) || units[role]) continue;
    units[role] = { active, enabled: load === 'masked' ? 'masked' : enabled, mainPid: Number(pid) };
  }
  return units;
}

const isRole = (role: string): role is UnitRole => Object.hasOwn(knownUnits, role);

function processFromText(row: string): { pid: number; name: string; args: string } {
  const [pid = '', name = '', ...args] = row.trim().split(/\s+/);
  return { pid: Number(pid), name, args: args.join(' ') };
}

function halves(words: string): [string, string] {
  const space = words.indexOf(' ');
  return space < 0 ? [words, ''] : [words.slice(0, space), words.slice(space + 1)];
}
