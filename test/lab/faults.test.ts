/** One recovery with everything dying under it: the end is the same, and each destructive command ran once. */
import { readFile } from 'node:fs/promises';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { places } from '../../worker/settings.js';
import type { Progress } from '../../workflows/messages.js';
import { stepOf } from './fixtures/step-of.js';
import { upWith } from './fixtures/up-with.js';
import { Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('faults');
});
afterAll(async () => stage.close());

const destructive = ['holdDatabase', 'recoverPosition', 'startNewCluster', 'setDataAside', 'restartAsMember'];

test('the worker killed in every step, the server once, the connections cut, a node rebooted in its rejoin: the same end', async () => {
  await stage.cutPower();

  await upWith(stage, new URL('./fixtures/mortal-worker.ts', import.meta.url));
  expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
  const handle = await stage.handle();
  const faults = new Set<string>();
  const once = async (fault: string, act: () => Promise<unknown>): Promise<void> => {
    if (faults.has(fault)) return;
    faults.add(fault);
    await act();
  };
  const asked = await stage.approveToTheEnd(1_200_000, async (running) => {
    if (running.some((title) => title.startsWith('Start a new cluster'))) {
      await once('server', async () => process.kill((await stage.supervisor()).serverPid ?? 0, 'SIGKILL'));
      await once('connections', () => stage.onAll("pkill -9 -f '^sshd: root' || :"));
    }
    const rejoining = running
      .map((title) => /^Wait until (\S+) is Synced/.exec(title)?.[1])
      .find((node) => node !== undefined);
    if (rejoining) await once('reboot', () => stage.on(rejoining, 'systemctl reboot --force --force'));
  });

  const report = (await handle.result()) as Progress;
  expect(report.phase).toBe('done');
  expect(report.owed).toEqual([]);
  await stage.keepHistory('full-recovery-faults');
  expect([...faults].toSorted()).toEqual(['connections', 'reboot', 'server']);
  expect(asked.filter((token) => !token.startsWith('keep-'))).toEqual([]);
  const { events = [] } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: a }) => (a ? [a] : []));
  const deaths = (await readFile(`${places().state}/deaths`, 'utf8')).trim().split('\n');
  expect(deaths.length).toBeGreaterThanOrEqual(
    new Set(
      scheduled
        .map(({ activityType, input, activityId }) =>
          activityType?.name === 'change' ? stepOf(ordersOf(input)) : `${activityType?.name} ${activityId}`,
        )
        .filter((step) => !step.startsWith('finish')),
    ).size,
  );

  expect((await stage.json<Diagnosis>('diagnose', stage.name)).condition).toBe('healthy');
  expect(await stage.verify()).toMatchObject({ duplicated: 0, lostByChoice: 0, differing: [] });

  // Read from the nodes' ledgers: how often each destructive change was begun there, whatever Temporal believes.
  const orders = scheduled
    .filter(({ activityType }) => activityType?.name === 'change')
    .flatMap(({ input }) => ordersOf(input));
  const counted = await Promise.all(
    orders
      .filter(({ change }) => destructive.includes(change.verb))
      .map(async ({ change, key }) => {
        const entry = `/var/lib/pfrunbook/e.${key.run.replaceAll('/', '_')},${key.step},${key.generation}`;
        return `${change.verb} ${change.node} ${await stage.on(change.node, `cat ${entry}.[0-9]* | cut -d' ' -f1,8 | tr '\\n' ' '`)}`.trim();
      }),
  );
  const expected = orders
    .filter(({ change }) => destructive.includes(change.verb))
    .map(({ change }) => `${change.verb} ${change.node} E done`);
  expect(counted).toEqual(expected);
}, 1_500_000);

function ordersOf(
  input: { payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null } | null | undefined,
): readonly ChangeOrder[] {
  const [payload] = input?.payloads ?? [];
  if (!payload) throw new Error('an activity without an argument');
  return defaultPayloadConverter.fromPayload<readonly ChangeOrder[]>(payload);
}
