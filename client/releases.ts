/** Which releases have work, and who takes it: a run goes on only with the release that it began with. */
import type { Client } from '@temporalio/client';
import type { OtherRelease } from '../cluster/places.js';
import { release as ours } from '../workflows/release.js';
import type { Listed } from './commands/list.js';
import { type Poller, workersOf } from './workers.js';

export interface SeenRelease {
  readonly release: string;
  /** Open ones. */
  readonly runs: readonly string[];
  readonly workers: readonly Poller[];
  /** Why no worker of it runs on this machine, where one should. */
  readonly trouble: string | null;
}

/** This one first; then those with open runs, or with a worker. `runs`: the latest, open or not. `others`: what the supervisor says. */
export async function releasesOf(
  client: Client,
  runs: readonly Listed[],
  others: readonly OtherRelease[] = [],
): Promise<readonly [SeenRelease, ...SeenRelease[]]> {
  const see = async (release: string): Promise<SeenRelease> => ({
    release,
    runs: runs.flatMap((each) => (each.release === release && each.endedAt === null ? [each.run] : [])),
    workers: await workersOf(client, release),
    trouble: others.find((other) => other.release === release)?.trouble ?? null,
  });
  const known = new Set(runs.flatMap(({ release }) => (release && release !== ours ? [release] : [])));
  const rest = await Promise.all([...known].map(see));
  return [await see(ours), ...rest.filter((each) => each.runs.length + each.workers.length > 0)];
}
