/** The program behind `pfrunbook up`: server and workers under one supervisor. Started under flock; see client/embedded.ts. */
import { fileURLToPath } from 'node:url';
import { release } from '../workflows/release.js';
import { keepRelease, namedTemporal, workerCommand, workerOf } from './releases.js';
import { places } from './settings.js';
import { supervise } from './supervisor.js';

const { state } = places();
const temporal = namedTemporal();
const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

if (import.meta.url.endsWith('.ts')) {
  await supervise({ state, release, temporal, worker: workerCommand(beside('main.ts')) }); // the sources change as one works
} else {
  // A cluster may wait for its recovery: where nothing can be kept, it runs all the same.
  const notKept = await keepRelease(state, release, beside('../..'), temporal).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  await supervise({
    ...{ state, release, temporal, worker: notKept ? workerCommand(beside('main.js')) : workerOf(state, release) },
    ...(notKept && { notKept }),
  });
}
