/** Waiting for another boot: what is seen meanwhile, and what is said where it does not come. */
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { Unreachable } from '../../activities/errors.js';
import { type Awaited, untilRebooted } from '../../activities/rebooted.js';

const boot = (id: string) => async () => ({ sh: async () => ({ code: 0, stdout: `${id}\n`, stderr: '' }) });
const away: Awaited['reach'] = async () => {
  throw new Unreachable('pf2', 'no route to host', 'Is it up?');
};

function wait(looks: readonly Awaited['reach'][], limitMinutes: number, renamedBy?: string) {
  const told: object[] = [];
  let at = 0;
  const reach: Awaited['reach'] = () => (looks[at++] ?? looks.at(-1) ?? away)();
  const what = { node: 'pf2', bootId: 'before', limitMinutes, reach, tell: (one: object) => told.push(one) };
  const env = new MockActivityEnvironment(
    { scheduledTimestampMs: Date.now() },
    { logger: new DefaultLogger('ERROR', () => {}) }, // who fails is told by the test
  );
  const done: Promise<void> = env.run(() => untilRebooted({ ...what, ...(renamedBy !== undefined && { renamedBy }) }));
  return { done, told };
}

test('it goes down, is away, and answers from another boot', async () => {
  const { done, told } = wait([boot('before'), away, boot('after')], 1);
  await done;
  expect(told).toEqual([
    { node: 'pf2', boot: 'as before' },
    { node: 'pf2', unreachable: 'no route to host' },
  ]);
});

test.each<[string, Awaited['reach'], string | undefined, RegExp]>([
  [
    'away',
    away,
    'hq/1',
    /does not answer .*no route to host.*ip addr.*sh \/var\/lib\/pfrunbook\/files\/hq-1\/interfaces-back\.sh && reboot/,
  ],
  ['away for another reason', away, undefined, /Look at the console of pf2; then retry/],
  ['never gone', boot('before'), undefined, /still runs the boot of before/],
])('past the limit, %s', async (_, look, renamedBy, words) => {
  const failure = await wait([look], -1, renamedBy).done.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'Failed', nonRetryable: true, message: expect.stringMatching(words) });
});
