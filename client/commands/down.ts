/** `pfrunbook down`: what stands still from then on is named first. */
import type { Client } from '@temporalio/client';
import type { Progress } from '../../workflows/messages.js';
import { withTemporal } from '../connect.js';
import { supervisor, takeDown } from '../embedded.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { ask } from '../runs.js';
import { places } from '../settings.js';
import { hanging, width } from '../show/text.js';
import { type Listed, runsOf } from './list.js';

export async function down(): Promise<ExitCode> {
  const { state } = places();
  const up = await supervisor(state);
  const open = up ? await openRuns() : [];
  if (await takeDown(state)) console.log(['Down. What runs on the nodes was not touched.', ...open].join('\n'));
  else console.log(`Nothing runs for ${state}.`);
  return exits.done;
}

/** What stands still from now on, in words: who waits for what, and what stays lowered on the nodes meanwhile. */
async function openRuns(): Promise<readonly string[]> {
  try {
    return await withTemporal(async ({ client }) => {
      const open = (await runsOf(client, false)).filter(({ endedAt }) => endedAt === null);
      if (open.length === 0) return ['No run is open.'];
      const told = await Promise.all(open.map(async (run) => runLines(run, await progressOf(client, run))));
      return ['These runs stand still until the next pfrunbook up:', ...told.flat()];
    });
  } catch (error) {
    if (error instanceof Mistake)
      return ['The server did not answer: which runs are open is not known. They go on at the next up.'];
    throw error;
  }
}

const progressOf = (client: Client, { workflowId, runId }: Listed): Promise<Progress | undefined> =>
  ask(client, client.workflow.getHandle(workflowId, runId));

export function runLines(
  { run, runbook, cluster, waitingFor }: Pick<Listed, 'run' | 'runbook' | 'cluster' | 'waitingFor'>,
  progress: Pick<Progress, 'lowered' | 'committed'> | undefined,
): readonly string[] {
  const { lowered = [], committed } = progress ?? {};
  const held = lowered.filter((title) => /^Stop MariaDB on .*hold it$/.test(title));
  return [
    ...hanging('  ', `${run} (${runbook})${waitingFor ? `, waits for ${waitingFor}` : ''}`, width()),
    ...lowered.flatMap((title) => hanging('    stays so on the nodes: ', title, width())),
    ...(held.length > 0 && !committed
      ? hanging('    ', 'MariaDB stays down there meanwhile: up, and an answer, end that', width())
      : []),
    ...(lowered.length > 0 || !progress ? [`    pfrunbook guards ${cluster}`] : []),
  ];
}
