/**
 * As faults.test.ts, of every other runbook: the worker forgets the run after every task. A long run is gone through a
 * hundred times: `npm test` has the time for it, the fast loop does not.
 */
import { expect, test } from 'vitest';
import { run } from './drive.js';
import { expectSameEnd, forgets } from './fault-kinds.js';
import { run as rehearse } from './rehearsed.js';
import { everyRunbook, scenes } from './scenes.js';

test.concurrent.each(everyRunbook.filter((name) => name !== 'fullRecovery'))('%s', async (name) => {
  const { cluster: inNeed, args = {} } = scenes[name];
  const [cluster, before] = [inNeed(), inNeed()];
  const { report } = await run(name, cluster, { args, worker: forgets });
  expect(report.owed).toEqual([]);
  expectSameEnd({ cluster, report }, { cluster: before, ...(await rehearse(name, before, { args })) });
});
