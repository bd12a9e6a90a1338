/** What is read of held nodes: what `recoverPosition` left there, whether the seal holds, and what galera.cache holds. */
import { readFileSync } from 'node:fs';
import { recoveredFolder } from '../../cluster/commands/folders.js';
import { quote } from '../../cluster/commands/quote.js';
import { findData } from '../../cluster/commands/shell.js';
import { knownConfs } from '../../cluster/dialect.js';
import type { positionsToAsk } from '../../cluster/lineage.js';
import { positionFromRecovery } from '../../cluster/position.js';
import type { CacheSeen, Recovered, SealSeen, StampedFile, Stamps } from '../../cluster/recovery.js';
import type { NodeName } from '../../cluster/words.js';
import { fail } from '../errors.js';
import type { Remote } from '../ssh/pool.js';
import { Lines } from './lines.js';

const gcache = readFileSync(new URL('./gcache.pl', import.meta.url), 'utf8');

const factsOf = (run: string): string => quote(`${recoveredFolder(run)}/facts`);

export async function readRecovered(remote: Remote, run: string): Promise<Recovered> {
  const said = await remote.sh(`cat ${factsOf(run)}`);
  if (said.code !== 0) {
    throw fail(
      'Failed',
      { node: remote.node, title: 'Collect what was read' },
      `the record of this run is not there (${said.stderr.trim()}). Nothing was changed. Retry the step before it.`,
    );
  }
  return recoveredFromText(remote.node, said.stdout);
}

/** From the record that `recoverPosition` writes. */
export function recoveredFromText(node: NodeName, text: string): Recovered {
  const said = new Lines(text);
  const [clusterUuid, viewId, viewSeqno] = said.one('view').split('\t');
  const [grastateUuid] = said.one('grastate').split(' ');
  return {
    node,
    position: said.has('failed')
      ? { node, kind: 'unknown', because: said.one('failed') }
      : positionFromRecovery(node, `WSREP: Recovered position: ${said.one('position')}`),
    ...(grastateUuid && { grastateUuid }),
    before: stampsFromText(said.all('before')),
    touched: touchedFromText(said),
    ...(clusterUuid && {
      lastView: {
        clusterUuid,
        viewId: Number(viewId),
        viewSeqno: Number(viewSeqno),
        members: said.all('member').toSorted(),
      },
    }),
    seal: { bootId: said.one('boot'), stamps: stampsFromText(said.all('seal')) },
  };
}

function stampsFromText(rows: readonly string[]): Stamps {
  const stamps: Partial<Record<StampedFile, { mtime: number; size: number }>> = {};
  for (const row of rows) {
    const [file = '', mtime, size] = row.split(' ');
    if (isStamped(file)) stamps[file] = { mtime: Number(mtime), size: Number(size) };
  }
  return stamps;
}

const isStamped = (file: string): file is StampedFile =>
  ['ib_logfile0', 'ibdata1', 'grastate.dat', 'galera.cache'].includes(file);

/**
 * Signs of a start without Galera, which leaves no event (reference/lineage.md step 3). After a clean stop the next start
 * must find the LSN that it left: any start in between moved it, and writes count transactions up. The counter may come back
 * lower than it was said at the stop: what is no longer needed of it is not kept (seen after a full copy).
 */
function touchedFromText(said: Lines): string[] {
  const signs: string[] = [];
  const [domain, galera, ...logged] = said.one('domains').split(' ').filter(Boolean);
  if (domain !== undefined && domain !== galera && logged.includes(domain)) {
    signs.push(`its binary log holds writes of its own (GTID domain ${domain})`);
  }
  const [lsn, trx] = said.one('stopped').split(' ').map(Number);
  const [foundLsn, foundTrx] = said.one('found').split(' ').map(Number);
  const stoppedCleanly = /^\S+ \d+$/.test(said.one('grastate'));
  if (stoppedCleanly && lsn && foundLsn && trx && foundTrx && (lsn !== foundLsn || foundTrx > trx + 1)) {
    signs.push(`it was started after its clean stop (LSN ${lsn}, transaction ${trx}; then ${foundLsn}, ${foundTrx})`);
  }
  const before = stampsFromText(said.all('before'));
  const log = before.ib_logfile0?.mtime ?? 0;
  const state = Math.max(before['grastate.dat']?.mtime ?? 0, before['galera.cache']?.mtime ?? 0);
  if (!stoppedCleanly && state > 0 && log > state + 60) {
    signs.push(`InnoDB wrote ${log - state} s after Galera last did`);
  }
  return signs;
}

export const sealScript = (run: string): string => `f=${factsOf(run)}
say() { printf '%s\\t%s\\n' "$1" "$2"; }
[ -s "$f" ] || { say broken "the record of this run is gone"; exit; }
data=$(sed -n 's/^datadir\\t//p' "$f")
[ "$(sed -n 's/^boot\\t//p' "$f")" = "$(cat /proc/sys/kernel/random/boot_id)" ] || say broken "the node was rebooted"
[ "$(systemctl is-enabled packetfence-mariadb 2>/dev/null)" = masked ] || say broken "its unit is not masked any more"
! pgrep -x 'mariadbd|mysqld|mariadbd-safe|mysqld_safe' >/dev/null || say broken "a server process runs"
sed -n 's/^seal\\t//p' "$f" | while read -r name at size; do
  [ "$(stat -c '%Y %s' "$data/$name" 2>/dev/null)" = "$at $size" ] || say broken "$name was written"
done
[ ! -e /usr/local/pf/var/maintenance-mode ] || say start "it is in maintenance (on it: rm /usr/local/pf/var/maintenance-mode; at the end of it all cluster/maintenance --deactivate)"
! mountpoint -q "$data" || say copy "$data is a mount of its own, and cannot be renamed to set the data aside (mount it one folder higher)"
free=$(df -B1 --output=avail "$data" | tail -n 1); used=$(du -s --block-size=1 "$data" | cut -f1)
[ "\${free:-0}" -ge "\${used:-0}" ] || say copy "there is less room beside $data than its data takes (make room)"`;

export async function readSeal(remote: Remote, run: string): Promise<SealSeen> {
  const said = await remote.sh(sealScript(run));
  return sealFromText(remote.node, said.stdout);
}

export function sealFromText(node: NodeName, text: string): SealSeen {
  const said = new Lines(text);
  return {
    node,
    broken: said.all('broken'),
    obstacles: [
      ...said.all('start').map((because) => ({ to: 'start', because }) as const),
      ...said.all('copy').map((because) => ({ to: 'full copy', because }) as const),
    ],
  };
}

/** Asked of the server's configuration, not assumed. */
export async function datadirOf(remote: Remote): Promise<string> {
  const confs = knownConfs.map(quote).join(' ');
  const said = await remote.sh(
    `for conf in ${confs}; do [ ! -e "$conf" ] || break; done\n${findData}\nfind_data; printf %s "$data"`,
  );
  return said.stdout;
}

/** What the node's galera.cache holds at these seqnos, and between the first and last of them; where it cannot be read, why. */
export async function readCache(
  remote: Remote,
  datadir: string,
  { seqnos, from, to }: ReturnType<typeof positionsToAsk>,
): Promise<CacheSeen> {
  const words = [`${datadir}/galera.cache`, from, to, ...seqnos].map((word) => quote(String(word)));
  const said = await remote.exec(`perl - ${words.join(' ')}`, { stdin: gcache, deadline: 120_000 });
  return said.code === 0
    ? cacheFromText(remote.node, said.stdout)
    : { node: remote.node, events: {}, views: [], ranges: [], unreadable: said.stderr.trim() };
}

export function cacheFromText(node: NodeName, text: string): CacheSeen {
  const events: Record<string, string> = {};
  const views: number[] = [];
  const ranges: [number, number][] = [];
  for (const line of text.split('\n')) {
    const [kind, first = '', ...rest] = line.split(' ');
    if (kind === 'E') events[first] = rest.join(' ');
    if (kind === 'V') views.push(Number(first));
    if (kind === 'R') ranges.push([Number(first), Number(rest[0])]);
  }
  return { node, events, views, ranges };
}
