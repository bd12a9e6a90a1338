/**
 * What a run leaves behind in the state folder, so that Saturday's recovery can be shown in March, when Temporal has
 * long forgotten it: runs/<cluster>/<run>/report.md, report.json, history.json (as `temporal workflow show` writes it).
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Logger } from 'pino';
import { isRunName, runFolder } from '../cluster/places.js';
import type { Report } from '../workflows/messages.js';
import { reportToMarkdown } from '../workflows/report.js';

/** The activity that ends every run. Run twice: the same files again. */
export const recordActivities = (state: string) => ({
  async finish(report: unknown): Promise<void> {
    const told = report as Report<unknown>; // the frame's own: nobody else calls this
    await keep(state, told.run, 'report.json', `${JSON.stringify(told, null, 2)}\n`);
    await keep(state, told.run, 'report.md', reportToMarkdown(told));
  },
});

/**
 * Writes the history of each closed run once, until `ended`: a run cannot write its own, for it is not over then.
 * The first look takes all that Temporal remembers.
 */
export async function keepHistories(client: Client, state: string, log: Logger, ended: AbortSignal): Promise<void> {
  let since = new Date(0);
  while (!ended.aborted) {
    const lookedAt = Date.now();
    try {
      const query = `CloseTime > "${since.toISOString()}"`;
      for await (const { memo, workflowId, runId } of client.workflow.list({ query })) {
        const run = memo?.run;
        if (typeof run !== 'string' || !isRunName(run) || existsSync(`${runFolder(state, run)}/history.json`)) continue;
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        await keep(state, run, 'history.json', historyToJSON(history));
      }
      since = new Date(lookedAt - 60_000); // visibility lags behind
    } catch (error) {
      log.warn({ what: 'histories', words: String(error) }); // the server restarts: the next look finds them
    }
    await pause(5_000, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function keep(state: string, run: string, name: string, text: string): Promise<void> {
  if (!isRunName(run)) throw new Error(`"${run}" is not the name of a run: nothing was written.`);
  const folder = runFolder(state, run);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = `${folder}/.${name}.${process.pid}`; // workers of two releases may write the same
  await writeFile(own, text, { mode: 0o600 });
  await rename(own, `${folder}/${name}`);
}
