/** `pfrunbook report RUN`: from the files that the run left; where they are elsewhere, from Temporal. */
import { readdir, readFile, stat } from 'node:fs/promises';
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

/** "hq" alone: the last that ended and left one. Not by name: two runs of one minute have no order there. */
export async function reportFile(name: string, file: 'report.md' | 'report.json'): Promise<string | undefined> {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(name)) return undefined;
  const folder = runFolder(places().state, name);
  const files = name.includes('/')
    ? [`${folder}/${file}`]
    : (await readdir(folder).catch(() => [])).map((stamp) => `${folder}/${stamp}/${file}`);
  const written = await Promise.all(
    files.map(async (path) => ({ path, at: (await stat(path).catch(() => undefined))?.mtimeMs })),
  );
  const newest = written.filter((one) => one.at !== undefined).toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0))[0];
  return newest && readFile(newest.path, 'utf8');
}
