/** What runs left in this machine's state folder: that they began, and how they ended. For when Temporal is down, or has forgotten them. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { runFolder } from '../cluster/places.js';
import { foldersIn, places } from './settings.js';

/** began.json. Only where Temporal is the embedded one: a report that is written elsewhere would never say that the run is over. */
export interface Began {
  readonly runbook: string;
  readonly by: string;
}

export interface Left {
  readonly run: string;
  readonly began?: Began;
  /** It began here, and nothing says that it ended. */
  readonly open: boolean;
}

type File = 'began.json' | 'report.json' | 'report.md' | 'history.json';

export const leftFile = (run: string, name: File): string => `${runFolder(places().state, run)}/${name}`;

/** The text of it; undefined: it is not there. */
export const readLeft = (run: string, name: File): string | undefined =>
  existsSync(leftFile(run, name)) ? readFileSync(leftFile(run, name), 'utf8') : undefined;

export function noteBegan(run: string, began: Began): void {
  mkdirSync(runFolder(places().state, run), { recursive: true, mode: 0o700 });
  writeFileSync(leftFile(run, 'began.json'), JSON.stringify(began), { mode: 0o600 });
}

/** Of a cluster, the newest first. A stamp tells the minute; of two in one minute, the later is the one that was written to last. */
export function leftRuns(cluster: string): readonly Left[] {
  const folder = runFolder(places().state, cluster);
  const stamps = foldersIn(folder).map((stamp) => ({
    stamp,
    minute: stamp.slice(0, 'yyyymmdd-hhmm'.length),
    at: statSync(`${folder}/${stamp}`).mtimeMs,
  }));
  return stamps
    .toSorted((a, b) => b.minute.localeCompare(a.minute) || b.at - a.at)
    .map(({ stamp }) => leftBy(`${cluster}/${stamp}`));
}

/** The same rule as with Temporal (runs.ts). "hq": its open run, else its last; "hq/20261123-0312-7f3a": that one. */
export function leftRun(name: string): Left | undefined {
  if (name.includes('/')) return existsSync(runFolder(places().state, name)) ? leftBy(name) : undefined;
  const runs = leftRuns(name);
  return runs.find(({ open }) => open) ?? runs[0];
}

function leftBy(run: string): Left {
  const text = readLeft(run, 'began.json');
  const ended = (['report.json', 'report.md', 'history.json'] as const).some((name) => existsSync(leftFile(run, name)));
  return { run, open: text !== undefined && !ended, ...(text && { began: JSON.parse(text) }) };
}
