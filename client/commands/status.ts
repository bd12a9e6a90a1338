/** `pfrunbook status`: what runs on this machine, and which runs are open. Exit 1 while it is not up. */
import { isElsewhere, withTemporal } from '../connect.js';
import { supervisor } from '../embedded.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { places } from '../settings.js';
import { columns } from '../show/text.js';
import { type Listed, runsOf } from './list.js';

export async function status({ json = false }: { json?: boolean }): Promise<ExitCode> {
  const { state, config } = places();
  const seen = await supervisor(state);
  const isUp = seen?.phase === 'up';
  const open = isUp || isElsewhere() ? await openRuns() : undefined;
  if (json) {
    console.log(JSON.stringify({ up: isUp, config, state, supervisor: seen ?? null, openRuns: open ?? null }));
    return isUp ? exits.done : exits.failed;
  }
  const process = (pid: number | undefined, restarts: number) =>
    `${pid ? `process ${pid}` : 'not running just now'}${restarts ? `, started again ${restarts} times` : ''}`;
  console.log(
    columns([
      [
        'supervisor',
        seen
          ? `${seen.phase === 'starting' ? seen.words : seen.phase}, process ${seen.pid}, since ${seen.startedAt}, version ${seen.version}`
          : 'not up. Run: pfrunbook up',
      ],
      ...(seen?.ui ? [['server', process(seen.serverPid, seen.restarts.server)]] : []),
      ...(seen
        ? [
            ['worker', process(seen.workerPid, seen.restarts.worker)],
            ['Temporal', seen.address],
          ]
        : []),
      ...(seen?.ui ? [['Web UI', seen.ui]] : []),
      ['settings', config],
      ['state', state],
      ...(open ? [['open runs', open.length === 0 ? 'none' : '']] : []),
      ...(open ?? []).map(({ run, phase, waitingFor }) => [
        '',
        `${run} ${phase ?? ''}${waitingFor ? `, waits for ${waitingFor}` : ''}`,
      ]),
    ]).join('\n'),
  );
  return isUp ? exits.done : exits.failed;
}

/** Undefined where the server does not answer just now: the status says the rest all the same. */
async function openRuns(): Promise<readonly Listed[] | undefined> {
  try {
    return await withTemporal(async ({ client }) =>
      (await runsOf(client, false)).filter(({ endedAt }) => endedAt === null),
    );
  } catch (error) {
    if (error instanceof Mistake) return undefined;
    throw error;
  }
}
