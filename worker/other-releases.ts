/**
 * The releases that are not this one, but with which open runs began: a worker for each, from its kept installation, until its
 * last run has ended; then its folder goes too.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type OtherRelease, releaseFolder } from '../cluster/places.js';
import { releaseOf } from '../workflows/release.js';
import type { Command, Kept } from './kept.js';
import { damageOf, keptReleases, manifestOf, workerOf } from './releases.js';

export interface Others {
  readonly state: string;
  /** The one whose worker runs anyway. */
  readonly current: string;
  /** The one that is asked for open runs: see namedTemporal. */
  readonly temporal: string;
  readonly start: (what: string, command: Command) => Kept;
  /** Called when what `told` says may be another. */
  readonly changed: () => void;
  /** Of a look that failed: the server restarts, and the next one succeeds. */
  readonly failed: (error: unknown) => void;
}

const every = 5_000;

export class OtherReleases {
  private readonly workers = new Map<string, { readonly worker: Kept; readonly node: string }>();
  /** Release -> why no worker of it runs here. */
  private readonly trouble = new Map<string, string>();
  private runs: ReadonlyMap<string, readonly string[]> = new Map();
  /** Seen once without an open run: visibility lags behind, so that a folder goes at the second look. */
  private unused = new Set<string>();

  constructor(private readonly others: Others) {}

  told(): readonly OtherRelease[] {
    return [...this.runs].map(([release, runs]) => {
      const { worker, node } = this.workers.get(release) ?? {};
      const { pid, restarts = 0 } = worker ?? {};
      const failing = `Its worker has ended ${restarts} times: ${this.others.state}/worker-${release}.log. It was kept with Node ${node}; this is ${process.version}.`;
      const trouble = this.trouble.get(release) ?? (restarts > 3 ? failing : undefined);
      return { release, runs, restarts, ...(pid && { workerPid: pid }), ...(trouble && { trouble }) };
    });
  }

  async watch(client: Client, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.look(client).catch(this.others.failed);
      await pause(every, undefined, { signal: ended }).catch(() => undefined);
    }
    await Promise.all([...this.workers.values()].map(({ worker }) => worker.stop(20_000)));
  }

  private async look(client: Client): Promise<void> {
    const { current, state, temporal, changed } = this.others;
    this.runs = await client.withDeadline(Date.now() + 10_000, () => openByRelease(client, current));
    for (const release of this.runs.keys()) if (!this.workers.has(release)) await this.begin(release);
    for (const [release, { worker }] of this.workers) {
      if (this.runs.has(release)) continue;
      await worker.stop(20_000);
      this.workers.delete(release);
    }
    const kept = await keptReleases(state);
    const unused = new Set(kept.filter((release) => release !== current && !this.runs.has(release)));
    for (const release of unused) {
      const folder = releaseFolder(state, release);
      if (!this.unused.has(release)) continue;
      const { temporals = [] } = (await manifestOf(folder)) ?? {};
      const only = temporals.length === 1 && temporals[0] === temporal; // what waits in another is not seen here
      if (only) await rm(folder, { recursive: true, force: true });
    }
    this.unused = unused;
    changed();
  }

  private async begin(release: string): Promise<void> {
    const { state, start } = this.others;
    const damage = await damageOf(releaseFolder(state, release));
    if (damage) {
      this.trouble.set(
        release,
        `Its installation is ${damage}. Nothing was lost: its runs wait. What to do: docs/team-server.md, "Releases".`,
      );
      return;
    }
    this.trouble.delete(release);
    const { node = 'unknown' } = (await manifestOf(releaseFolder(state, release))) ?? {};
    this.workers.set(release, { worker: start(`worker-${release}`, workerOf(state, release)), node });
  }
}

/** Release -> its open runs, all but the current one's. */
async function openByRelease(client: Client, current: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const runs = new Map<string, string[]>();
  for await (const { taskQueue, memo, workflowId } of client.workflow.list({ query: 'CloseTime IS NULL' })) {
    const release = releaseOf(taskQueue);
    if (!release || release === current) continue;
    runs.set(release, [...(runs.get(release) ?? []), typeof memo?.run === 'string' ? memo.run : workflowId]);
  }
  return runs;
}
