/** What was seen, in words that the model and real nodes can share: no uuid, no number, no time. */

import type { Diagnosis } from '../../cluster/diagnosis.js';
import type { Choice } from '../../cluster/election.js';
import type { NodeSeen } from '../../cluster/observation.js';
import type { Outset } from '../../cluster/outset.js';
import { positionSeen } from '../../cluster/position.js';
import type { Pair, Recovered } from '../../cluster/recovery.js';
import { isReached, serverRuns } from '../../cluster/seen.js';
import { judgeViews } from '../../cluster/view.js';
import type { Position } from '../../cluster/words.js';

/** Of the whole cluster: two lines. */
export function clusterInWords(
  seen: readonly NodeSeen[],
  { condition, recommended }: Diagnosis,
  { mode, refusal }: Pick<Outset, 'mode' | 'refusal'>,
): readonly string[] {
  return [
    `${condition}; recommended: ${recommended?.runbook ?? 'nothing'}`,
    `full recovery: ${refusal === undefined ? mode : 'refused'}; views: ${judgeViews(seen.filter(isReached)).kind}`,
  ];
}

/** `marked`: the file beside its data is still there. */
export function nodeInWords(seen: NodeSeen, marked: boolean, all: readonly NodeSeen[]): string {
  if (!seen.reachable) return `${seen.node}: not reachable`;
  const { node, database, units, flags } = seen;
  const { sql, grastate } = database;
  const unit = units.mariadb;
  const waits = unit?.active === 'activating';
  return `${node}: ${[
    `unit ${ended(unit?.active)} ${unit?.enabled}`,
    // A server that waits is started again and again: whether a process is there is chance.
    ...(waits || !serverRuns(seen) ? [] : ['a server runs']),
    sql.kind === 'silent'
      ? 'SQL silent'
      : `${sql.clusterStatus} ${sql.state}${sql.ready ? '' : ' not ready'} of ${sql.clusterSize}`,
    ...(grastate && grastate.seqno >= 0 ? ['stopped cleanly'] : []),
    ...(grastate?.safeToBootstrap ? ['safe to bootstrap'] : []),
    ...(database.newClusterFlags.length > 0 ? ['started as a new cluster'] : []),
    database.datadir.holdsData ? (marked ? 'the data that it had' : 'other data') : 'no data',
    ...(waits ? [] : [place(positionSeen(seen), all.filter(isReached).map(positionSeen))]),
    `autofix ${units.autofix?.active} ${units.autofix?.enabled}`,
    `webservices ${units.webservices?.active}`,
    ...flags.barrier.map((out) => `keeps ${out} out`),
    ...Object.keys(flags.owedGuards).map((file) => `owes ${file}`),
  ].join(', ')}`;
}

/** Which of the two is chance: what the server's exit code was. */
const ended = (active = 'missing') => (/^(inactive|failed)$/.test(active) ? 'stopped' : active);

export function historiesInWords(recovered: readonly Pick<Recovered, 'position'>[], pairs: readonly Pair[]): string[] {
  const positions = recovered.map(({ position }) => position);
  return [
    ...positions.map((one) => `${one.node}: ${place(one, positions)}`),
    ...pairs.map(({ lower, higher, kinship }) => `${[lower, higher].toSorted().join(' and ')}: ${kinship}`),
  ];
}

export function choiceInWords({ goOn, refusal, rejoins, choices }: Choice): readonly string[] {
  return [
    `keep ${goOn ?? (refusal === undefined ? 'only by name' : 'nobody: refused')}`,
    ...Object.keys(choices).flatMap((keep) =>
      (rejoins[keep] ?? []).map(({ node, way }) => `with ${keep} kept, ${node} comes back by ${way}`),
    ),
  ];
}

/** Numbers move with every view: who is ahead of whom does not. */
function place(position: Position, all: readonly Position[]): string {
  if (position.kind === 'unknown') return 'position unknown';
  const numbers = all.flatMap((one) => (one.kind === 'known' && one.uuid === position.uuid ? [one.seqno] : []));
  const ahead = new Set(numbers.filter((number) => number > position.seqno)).size;
  return ahead === 0 ? 'at the front' : `behind ${ahead}`;
}
