/** `pfrunbook report RUN`: from the files that the run left; where they are elsewhere, from Temporal. */
import type { Report } from '../../workflows/messages.js';
import { isEnding, reportToMarkdown } from '../../workflows/report.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { readLeft } from '../left.js';
import { checkName, look, withRun } from '../runs.js';

export async function report(name: string, { json = false }: { json?: boolean }): Promise<ExitCode> {
  checkName(name);
  const file = json ? 'report.json' : 'report.md';
  const kept = name.includes('/') ? readLeft(name, file) : undefined;
  const text =
    kept ??
    (await withRun(
      name,
      async ({ client }, run) => {
        const { progress, status } = await look(client, run);
        if (progress && !isEnding(progress.phase)) throw notOver(run.name, `it is ${progress.phase}.`);
        if (status === 'RUNNING') throw notOver(run.name, 'no worker answers.');
        const left = readLeft(run.name, file);
        if (left !== undefined) return left;
        if (!progress)
          throw new Mistake(
            `${run.name} (${status.toLowerCase()}) left no report. Its steps stand in Temporal: pfrunbook show ${run.name}`,
          );
        return json ? JSON.stringify(progress, null, 2) : reportToMarkdown(progress as Report<unknown>);
      },
      async ({ run, open }, why) => {
        const left = readLeft(run, file);
        if (left !== undefined) return left;
        throw open ? notOver(run, why) : new Mistake(`${run} left no report on this machine. ${why}`);
      },
    ));
  console.log(text.trimEnd());
  return exits.done;
}

const notOver = (run: string, words: string): Mistake =>
  new Mistake(
    `${run} is not over: ${words}`,
    `  pfrunbook show ${run}\n  pfrunbook history ${run.split('/')[0]}    the runs before it, each with its report`,
  );
