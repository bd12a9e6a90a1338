/** `pfrunbook history CLUSTER`: the runs that were, from Temporal and from the files of those that it has forgotten. */
import { existsSync } from 'node:fs';
import { catalogue } from '../../workflows/catalogue.js';
import type { Report } from '../../workflows/messages.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { leftFile, leftRuns, readLeft } from '../left.js';
import { noSuchCluster } from '../nearest.js';
import { reportOf, runsQuery } from '../runs.js';
import { clusterNames } from '../settings.js';
import { historyLines } from '../show/history.js';
import { type Listed, listed } from './list.js';

/** One run; --json prints these. Null: not known, or not over. */
export interface Past {
  readonly run: string;
  readonly runbook: string | null;
  readonly title: string;
  readonly by: string | null;
  /** How it ended (done, refused, aborted, terminated...), or how it stands. */
  readonly phase: string;
  readonly because: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly seconds: number | null;
  /** Whose data was kept, and where the data of the others was set aside. */
  readonly kept: string | null;
  readonly setAside: readonly { readonly node: string; readonly path: string }[];
  readonly owed: readonly string[];
  /** What would have taken back what stays as it is, past the point of no return. */
  readonly stays: readonly string[];
  readonly decisions: readonly { readonly token: string; readonly choice: string; readonly by: string }[];
  /** The file on this machine. */
  readonly report: string | null;
}

export async function history(
  cluster: string,
  { limit, json = false }: { limit: number; json?: boolean },
): Promise<ExitCode> {
  if (!/^\w[\w.-]*$/.test(cluster)) throw new Mistake(`"${cluster}" is no cluster's name.`);
  const files = new Map(keptRuns(cluster, limit).map((past) => [past.run, past]));
  const temporal = await knownToTemporal(cluster, limit, files);
  if (typeof temporal === 'string')
    console.error(`${temporal}\nWhat is open, or left no files on this machine, is missing here.`);
  const known = typeof temporal === 'string' ? [] : temporal;
  const runs = [...new Map([...files, ...known]).values()]
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, limit);
  const mistyped = runs.length === 0 ? noSuchCluster(cluster, clusterNames()) : undefined;
  if (mistyped) throw new Mistake(mistyped);
  console.log(json ? JSON.stringify(runs) : runs.flatMap(historyLines).join('\n') || `No runs of ${cluster} yet.`);
  return exits.done;
}

/** From the state folder. */
function keptRuns(cluster: string, limit: number): readonly Past[] {
  return leftRuns(cluster)
    .slice(0, limit)
    .map(({ run, open, began }) => {
      const report = readLeft(run, 'report.json');
      if (report !== undefined) return fromReport(JSON.parse(report));
      const { runbook = null, by = null } = began ?? {};
      const title = catalogue[runbook ?? '']?.title ?? 'unknown';
      const phase = open ? 'not over' : 'no report';
      return { ...blank, run, runbook, by, title, phase, startedAt: startOf(run.split('/')[1] ?? '') };
    });
}

const blank = {
  ...{ runbook: null, by: null, because: null, endedAt: null, seconds: null, kept: null, report: null },
  ...{ setAside: [], owed: [], stays: [], decisions: [] },
} as const;

/** "20261123-0312-7f3a" -> "2026-11-23T03:12:00.000Z" */
const startOf = (stamp: string): string =>
  stamp.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)-.*$/, '$1-$2-$3T$4:$5:00.000Z');

function fromReport(report: Report<unknown>): Past {
  const { run, title, by, phase, because, startedAt, endedAt, owed, stays = [], decisions, result } = report;
  const runbook = Object.keys(catalogue).find((name) => catalogue[name]?.title === title);
  const file = leftFile(run, 'report.md');
  return {
    ...{ run, runbook: runbook ?? null, title, by, phase, because: because ?? null, owed, stays, decisions },
    ...{ startedAt: new Date(startedAt).toISOString(), endedAt: new Date(endedAt).toISOString() },
    seconds: (endedAt - startedAt) / 1000,
    ...dataOf(result),
    report: existsSync(file) ? file : null,
  };
}

/** What full-recovery and its kin return; other runbooks keep and lose nothing. */
function dataOf(result: unknown): Pick<Past, 'kept' | 'setAside'> {
  const { kept, rejoined } = Object(result) as { kept?: unknown; rejoined?: unknown };
  const others: readonly { node?: unknown; aside?: unknown }[] = Array.isArray(rejoined) ? rejoined : [];
  return {
    kept: typeof kept === 'string' ? kept : null,
    setAside: others.flatMap(({ node, aside }) => (aside ? [{ node: String(node), path: String(aside) }] : [])),
  };
}

/** Where no server answers, its words. Those whose report stands in the files already are not asked for it. */
async function knownToTemporal(
  cluster: string,
  limit: number,
  files: ReadonlyMap<string, Past>,
): Promise<readonly (readonly [string, Past])[] | string> {
  try {
    return await withTemporal(async ({ client }) => {
      const found: Promise<readonly [string, Past]>[] = [];
      for await (const info of client.workflow.list({ query: runsQuery(cluster) })) {
        const run = listed(info);
        if (!run) continue;
        const kept = files.get(run.run);
        const by = typeof info.memo?.by === 'string' ? info.memo.by : null;
        found.push(
          (async () => {
            if (kept?.endedAt) return [run.run, kept];
            const handle = client.workflow.getHandle(run.workflowId, run.runId);
            const report = run.endedAt ? await reportOf(handle) : undefined;
            return [run.run, report ? fromReport(report) : withoutReport(run, by)];
          })(),
        );
        if (found.length === limit) break;
      }
      return Promise.all(found);
    });
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
}

/** Open, or ended by Temporal: then it says how. */
const withoutReport = ({ run, runbook, phase, status, startedAt, endedAt }: Listed, by: string | null): Past => ({
  ...blank,
  ...{ run, runbook, title: catalogue[runbook]?.title ?? runbook, by, startedAt, endedAt },
  phase: endedAt ? status : (phase ?? status),
  seconds: endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
});
