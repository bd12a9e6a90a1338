/** What a recovery would need of each node. Takes as long as the two samples of its writes are apart. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { quote } from '../../cluster/commands/quote.js';
import type { CacheKit, HeldPort, Kit, ServedNetwork } from '../../cluster/doctor/kit.js';
import { isIp, networkOf, prefixOf } from '../../cluster/ipv4.js';
import type { NodeSeen } from '../../cluster/observation.js';
import type { ClusterAccess } from '../access.js';
import { Unreachable } from '../errors.js';
import { NoAnswer, query } from '../mysql/query.js';
import { NotForwarded, type Remote, type SshPool } from '../ssh/pool.js';
import { Lines } from './lines.js';

const script = readFileSync(new URL('./kit.sh', import.meta.url), 'utf8');
const apart = 5_000; // milliseconds between the two samples

/** Of every node of the cluster, in its order. */
export function readKits(pool: SshPool, access: ClusterAccess, seen: readonly NodeSeen[]): Promise<readonly Kit[]> {
  return Promise.all(
    access.nodes.map(({ node }) =>
      readKit(
        pool,
        access,
        seen.find((one) => one.node === node),
        node,
      ),
    ),
  );
}

async function readKit(pool: SshPool, access: ClusterAccess, seen: NodeSeen | undefined, node: string): Promise<Kit> {
  try {
    const remote = await pool.reach(access, node);
    const data = seen?.reachable ? seen.database.datadir.path : '/var/lib/mysql';
    const [said, forwards, cache] = await Promise.all([
      remote.sh(`data=${quote(data)}\n${script}`, { deadline: 20_000 }),
      forwardsOf(remote),
      readCacheKit(remote),
    ]);
    return kitFromText(node, said.stdout, forwards, cache);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { node, reachable: false, because: error.because, next: error.next };
  }
}

/** sshd does not say whether it forwards nothing, or nothing listens: where the server is asked by its program, it is the former. */
async function forwardsOf(remote: Remote): Promise<'yes' | 'no'> {
  try {
    (await remote.stream('/var/lib/mysql/mysql.sock')).destroy();
    return 'yes';
  } catch (error) {
    if (error instanceof NotForwarded) return 'no';
    throw error;
  }
}

const counters = `select lower(variable_name), variable_value from information_schema.global_status
  where variable_name in ('uptime', 'wsrep_replicated_bytes', 'wsrep_received_bytes')
  union all select 'options', @@global.wsrep_provider_options`;

/** Undefined where the server does not answer, or has no Galera. */
async function readCacheKit(remote: Remote): Promise<CacheKit | undefined> {
  const sample = async () => {
    const rows = await query(remote, counters);
    const all = new Map(rows.map((row) => Object.values(row).map(String) as [string, string]));
    const bytes = ['wsrep_replicated_bytes', 'wsrep_received_bytes'].map((name) => Number(all.get(name) ?? 0));
    return { at: Date.now(), written: bytes.reduce((a, b) => a + b), all };
  };
  try {
    const first = await sample();
    await pause(apart);
    const last = await sample();
    return cacheKitFrom(last.all.get('options') ?? '', {
      written: last.written,
      uptime: Number(last.all.get('uptime')),
      lately: last.written - first.written,
      seconds: (last.at - first.at) / 1000,
    });
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `options`: wsrep_provider_options, "...; gcache.size = 128M; ...". Bytes and seconds. */
export function cacheKitFrom(
  options: string,
  { written, uptime, lately, seconds }: Readonly<Record<'written' | 'uptime' | 'lately' | 'seconds', number>>,
): CacheKit | undefined {
  const [, size, unit = ''] = /gcache\.size = (\d+)([KMGT]?)/.exec(options) ?? [];
  if (size === undefined) return undefined;
  return {
    bytes: Number(size) * (units[unit] ?? 1),
    now: Math.max(0, lately) / seconds, // FLUSH STATUS sets the counters back
    average: written / Math.max(1, uptime),
  };
}

/** From what kit.sh said. Throws Unreachable where it was cut off. */
export function kitFromText(node: string, text: string, forwards: 'yes' | 'no', cache: CacheKit | undefined): Kit {
  const said = new Lines(text);
  if (!said.has('end')) throw new Unreachable(node, 'the look was cut off before its end', 'Look again.');
  const service = said.all('service').map((row) => row.split('\t'));
  return {
    node,
    reachable: true,
    hasClient: said.one('client') !== '',
    forwards: forwards === 'yes' ? 'yes' : cache ? 'no' : 'unknown',
    server: versionIn(said.one('server')),
    copyTool: { path: said.one('copyTool'), version: versionIn(said.one('copyToolVersion')) },
    socat: said.one('socat') !== '',
    datadirIsMount: said.has('mount'),
    backups: said.all('backup').map((row) => {
      const [at = '', bytes = '', ...path] = row.split(' ');
      return { path: path.join(' '), at: Math.round(Number(at) * 1000), bytes: Number(bytes) };
    }),
    backupStatus: Object.fromEntries(
      said.all('backupStatus').map((row) => [row.split(' ')[0] ?? '', row.slice(row.indexOf(' ') + 1).trim()]),
    ),
    networks: networksFrom(said.all('interface'), said.all('network')),
    autofixInConf: service.at(-1)?.[2] ?? '',
    ...(cache && { cache }),
  };
}

const versionIn = (words: string): string => /\d+\.\d+\.\d+/.exec(words)?.[0] ?? '';

/** What an interface serves beside management, and what lies behind it by networks.conf. */
function networksFrom(interfaces: readonly string[], networks: readonly string[]): readonly ServedNetwork[] {
  const own = sectionsFrom(interfaces).flatMap(([, { ip = '', mask = '', type = '', enforcement }]) => {
    const prefix = prefixOf(mask);
    return prefix === undefined || !isIp(ip) || !/internal|inline|portal/.test(type)
      ? []
      : [{ network: networkOf(ip, prefix), kind: [type, enforcement].filter(Boolean).join(', ') }];
  });
  const behind = sectionsFrom(networks).flatMap(([address, { netmask = '', type = '' }]) => {
    const prefix = prefixOf(netmask);
    return prefix === undefined || !isIp(address) || type === 'other'
      ? []
      : [{ network: networkOf(address, prefix), kind: type }];
  });
  return [...own, ...behind];
}

function sectionsFrom(rows: readonly string[]): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  const sections = new Map<string, Record<string, string>>();
  for (const row of rows) {
    const [section = '', key = '', value = ''] = row.split('\t');
    sections.set(section, { ...sections.get(section), [key]: value });
  }
  return [...sections];
}

/** Whether PacketFence holds a port open for one of these MAC addresses. Asked of one node; undefined: it could not be asked. */
export async function readHeldPorts(
  pool: SshPool,
  access: ClusterAccess,
  node: string,
  macs: readonly string[],
): Promise<readonly HeldPort[] | undefined> {
  const asked = macs.filter((mac) => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac));
  if (asked.length === 0) return [];
  try {
    const rows = await query(
      await pool.reach(access, node),
      `select mac, \`switch\`, port, role from pf.locationlog where end_time = 0 and mac in (${asked.map((mac) => `'${mac}'`).join(', ')})`,
    );
    return rows.map((row) => ({
      mac: row.mac ?? '',
      switch: row.switch ?? '',
      port: row.port ?? '',
      role: row.role ?? '',
    }));
  } catch (error) {
    if (error instanceof NoAnswer || error instanceof Unreachable) return undefined;
    throw error;
  }
}
