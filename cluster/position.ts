/**
 * Where a node's data stands: grastate.dat, gvwstate.dat, the line of `--wsrep-recover`, a running server's status.
 * Unknown is a value with a reason, never -1.
 */
import type { DatabaseSeen, Reached, ViewSeen } from './observation.js';
import { serverRuns, wsrepOf } from './seen.js';
import type { NodeName, Position } from './words.js';

type Grastate = NonNullable<DatabaseSeen['grastate']>;

const uuidPattern = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const zeroUuid = '00000000-0000-0000-0000-000000000000';

/** Galera zeroes the uuid while a copy comes in, and when it evicts a node for inconsistency. */
export function isZero(uuid: string): boolean {
  return uuid === zeroUuid;
}

/** grastate.dat; undefined: empty, torn, or not such a file. */
export function grastateFromText(text: string): Grastate | undefined {
  const uuid = field(text, 'uuid', uuidPattern);
  const seqno = field(text, 'seqno', '-?\\d+');
  if (!uuid || !seqno) return undefined;
  return { uuid, seqno: Number(seqno), safeToBootstrap: field(text, 'safe_to_bootstrap', '[01]') === '1' };
}

/** gvwstate.dat. One that does not reach its end mark is torn, and says nothing of the view. */
export function viewFromText(text: string): ViewSeen {
  const viewId = text.includes('#vwend') ? field(text, 'view_id', `\\d+ ${uuidPattern} \\d+`) : undefined;
  const myUuid = field(text, 'my_uuid', uuidPattern);
  const members = [...text.matchAll(new RegExp(`^member: (${uuidPattern})\\b`, 'gm'))].map(([, uuid = '']) => uuid);
  return {
    bytes: text.length, // the file is ASCII
    members: viewId ? members.toSorted() : [],
    ...(viewId && { viewId }),
    ...(myUuid && { myUuid }),
  };
}

/** What `--wsrep-recover` printed: "WSREP: Recovered position: <uuid>:<seqno>[,<gtid>]"; the last one counts. */
export function positionFromRecovery(node: NodeName, output: string): Position {
  const pattern = new RegExp(`WSREP: Recovered position:? *(${uuidPattern}):(-?\\d+)`, 'g');
  const [, uuid, seqno] = [...output.matchAll(pattern)].at(-1) ?? [];
  if (!uuid || !seqno) return unknown(node, '--wsrep-recover printed no position');
  return position(node, uuid, Number(seqno));
}

/** What a look tells without touching anything. A server that stopped hard keeps its answer to itself. */
export function positionSeen(seen: Reached): Position {
  const { node, database } = seen;
  const wsrep = wsrepOf(seen);
  if (wsrep) {
    if (wsrep.clusterStatus === 'standalone') return unknown(node, 'it runs without Galera');
    return position(node, wsrep.stateUuid, wsrep.lastCommitted);
  }
  if (serverRuns(seen)) return unknown(node, 'its server runs and does not answer');
  if (!database.datadir.holdsData) return unknown(node, 'it holds no data');
  const { grastate } = database;
  if (!grastate) return unknown(node, `grastate.dat is not there: ${onlyRecovery}`);
  if (isZero(grastate.uuid) || grastate.seqno >= 0) return position(node, grastate.uuid, grastate.seqno);
  return unknown(node, `it stopped hard: ${onlyRecovery}`);
}

/** `uuid:seqno`, exact: for verdicts. */
export function positionInWords(at: Position): string {
  return at.kind === 'known' ? `${at.uuid}:${at.seqno}` : `unknown, ${at.because}`;
}

/** The beginning of the uuid is enough for the eye: for tables. */
export function positionInShort(at: Position): string {
  return at.kind === 'known' ? `${at.uuid.slice(0, 8)}:${at.seqno}` : 'unknown';
}

const ofNoCluster =
  'its cluster uuid is all zeros: an unfinished copy, evicted for inconsistency, or never in a cluster';

/** The server itself, asked with --wsrep-recover, says that its data was never in a cluster. */
export const isOfNoCluster = (at: Position): boolean => at.kind === 'unknown' && at.because === ofNoCluster;

const onlyRecovery = 'only --wsrep-recover can tell, full-recovery will read it';

function position(node: NodeName, uuid: string, seqno: number): Position {
  if (isZero(uuid)) return unknown(node, ofNoCluster);
  if (seqno < 0) return unknown(node, 'no seqno was recovered');
  return { node, kind: 'known', uuid, seqno };
}

function unknown(node: NodeName, because: string): Position {
  return { node, kind: 'unknown', because };
}

function field(text: string, name: string, value: string): string | undefined {
  return new RegExp(`^${name}: *(${value})\\s*$`, 'm').exec(text)?.[1];
}
