/** Every registered runbook joins by itself: with all faults of a kind in one run, the end is the same. */
import type { WorkerOptions } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { ModelCluster } from '../../model/cluster.js';
import { allActivities, decides, run } from './drive.js';
import {
  answerLost,
  expectSameEnd,
  type Fault,
  failsForGood,
  failsRetryably,
  forgets,
  isChange,
  wrapped,
} from './fault-kinds.js';
import { run as rehearse } from './rehearsed.js';
import { everyRunbook, scenes } from './scenes.js';

const passes: readonly { name: string; fault?: Fault; worker?: Partial<WorkerOptions> }[] = [
  {
    name: 'every call fails once',
    fault: (call) => async (input) => (isChange(input) ? failsForGood : failsRetryably)(call)(input),
  },
  { name: 'every answer is lost once', fault: answerLost },
  { name: 'the worker forgets after every task', worker: forgets },
];

describe.each(everyRunbook)('%s', (name) => {
  const { cluster: inNeed, args = {} } = scenes[name];
  // One goes through all on a real server; that the others are forgotten there takes longer: forgetting.test.ts.
  const real = name === 'fullRecovery';
  const rehearsed = real ? run : rehearse;
  const plain = (async () => {
    const cluster = inNeed();
    return { cluster, ...(await rehearsed(name, cluster, { args })) };
  })();
  plain.catch(() => undefined); // told by the tests below

  test.concurrent('without faults', async () => {
    const { report, cluster } = await plain;
    expect(report).toMatchObject({ phase: 'done', owed: [], notCounted: [] });
    expect(cluster.destroyed).toEqual([]);
    expect(cluster.all.map(({ owed }) => owed)).toEqual(cluster.all.map(() => ({})));
  });

  test.concurrent.each(passes.filter(({ worker }) => real || !worker))('$name', async ({ fault, worker }) => {
    const before = await plain;
    const cluster = inNeed();
    const activities = allActivities(cluster);
    const { report } = worker
      ? await run(name, cluster, { args, activities, worker })
      : await rehearsed(name, cluster, {
          args,
          activities: fault ? wrapped(activities, (_, call) => fault(call)) : activities,
        });
    expectSameEnd({ cluster, report }, before);
  });
});

test.concurrent('a recovery of three nodes, one by full copy, one by IST and compared, takes at most 250 events', async () => {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ last: { pf1: 90, pf3: 50 }, torn: ['pf2'] });
  for (const node of model.all) node.cachedFrom = 60;
  const { report, events } = await run('fullRecovery', model, { desk: decides('pf2') });
  // pf2, kept, was restarted beside them.
  expect([report.phase, model.all.map(({ cameBy }) => cameBy)]).toEqual(['done', ['IST', 'IST', 'full copy']]);
  expect(JSON.stringify(report.steps)).toContain('Compare the tables');
  expect(events).toBeLessThanOrEqual(250);
});
