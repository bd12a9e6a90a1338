/** `pfrunbook report RUN`: from the files that the run left; where they are elsewhere, from Temporal. */
import { readdir, readFile } from 'node:fs/promises';
import { runFolder } from '../../cluster/places.js';
import type { Report } from '../../workflows/messages.js';
import { isEnding, reportToMarkdown } from '../../workflows/report.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { findRun, look } from '../runs.js';
import { places } from '../settings.js';

export async function report(name: string, { json = false }: { json?: boolean }): Promise<ExitCode> {
  const kept = await reportFile(name, json ? 'report.json' : 'report.md');
  if (kept !== undefined) {
    console.log(kept.trimEnd());
    return exits.done;
  }
  return withTemporal(async ({ client }) => {
    const run = await findRun(client, name);
    const { progress, status } = await look(client, run);
    if (!progress)
      throw new Mistake(
        `${run.name} (${status.toLowerCase()}) left no report. Its steps stand in Temporal: pfrunbook show ${run.name}`,
      );
    if (!isEnding(progress.phase))
      throw new Mistake(`${run.name} is not over (${progress.phase}). See: pfrunbook show ${run.name}`);
    console.log(json ? JSON.stringify(progress, null, 2) : reportToMarkdown(progress as Report<unknown>));
    return exits.done;
  });
}

/** "hq" alone: the newest that left one. */
export async function reportFile(name: string, file: 'report.md' | 'report.json'): Promise<string | undefined> {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(name)) return undefined;
  const { state } = places();
  const runs = name.includes('/')
    ? [name]
    : (await readdir(runFolder(state, name)).catch(() => []))
        .sort()
        .reverse()
        .map((stamp) => `${name}/${stamp}`);
  for (const run of runs) {
    const text = await readFile(`${runFolder(state, run)}/${file}`, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
