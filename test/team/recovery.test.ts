/** The team's server, started as docker-compose.yml says, and a recovery on it with two workers while it dies under them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { places } from '../../worker/settings.js';
import { attributes, type Report } from '../../workflows/messages.js';
import { root } from '../compose/compose.js';
import { Stage } from '../lab/stage.js';
import { Team } from './team.js';

let team: Team;
let stage: Stage;
beforeAll(async () => {
  team = await Team.open();
  await team.up();
  process.env.TEMPORAL_ADDRESS = team.temporal; // the command line's, here
  stage = await Stage.open('team', { main: join(root, 'dist/client/main.js') }); // the release that its workers are of
});
afterAll(async () => {
  await stage?.close();
  await team?.close();
});

const workers = ['worker-1', 'worker-2'] as const;

test('what sets up can be run again, as every `docker compose up` does, and is complete', async () => {
  await team.up();
  const { code, all } = await stage.type('status');
  expect(all.replaceAll(/\s+/g, ' ')).toMatch(
    /none of release \S+: its runs stand still\. Start one: pfrunbook worker/,
  );
  expect(code).toBe(1);
  const { connection } = await stage.client();
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.values(attributes)));
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(8760 * 3600);
});

test('the Web UI leads to this server, and can send an answer over plain HTTP', async () => {
  const page = await fetch(team.ui);
  const [cookie = ''] = page.headers.getSetCookie().filter((each) => each.startsWith('_csrf='));
  expect(cookie).not.toContain('Secure'); // a browser would not keep it
  const [pair = ''] = cookie.split(';');
  const answer = await fetch(`${team.ui}/api/v1/namespaces/default/workflows/cluster:none/signal/approve`, {
    method: 'POST',
    headers: { cookie: pair, 'x-csrf-token': pair.replace('_csrf=', ''), 'content-type': 'application/json' },
    body: '{}',
  });
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('workflow not found')]);
});

test('two workers recover a cluster: the one at work is killed, then the server, and PostgreSQL restarted', async () => {
  await team.workers(workers, { PFRUNBOOK_HOME: places().config });
  await stage.cutPower();
  expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
  const handle = await stage.handle();
  const identities = async (): Promise<string[]> =>
    ((await handle.fetchHistory()).events ?? []).flatMap(
      (event) => event.activityTaskStartedEventAttributes?.identity ?? [],
    );
  const faults = new Set<string>();
  const once = async (fault: string, act: () => unknown): Promise<void> => {
    if (faults.has(fault)) return;
    faults.add(fault);
    await act();
  };
  const asked = await stage.approveToTheEnd(900_000, async (titles) => {
    if (titles.some((title) => title.startsWith('Stop MariaDB')))
      await once('worker killed', async () =>
        process.kill(Number.parseInt((await identities()).at(-1) ?? '', 10), 'SIGKILL'),
      );
    if (titles.some((title) => title.startsWith('Start a new cluster')))
      await once('server killed', () => process.kill(team.pidOf('temporal'), 'SIGKILL'));
    if (titles.some((title) => /^Wait until \S+ is Synced/.test(title)))
      await once('PostgreSQL restarted', () => process.kill(team.pidOf('postgresql'), 'SIGINT')); // as `docker restart` does
  });

  const report = (await handle.result()) as Report<unknown>;
  expect(report).toMatchObject({ phase: 'done', owed: [] });
  expect([...faults]).toEqual(['worker killed', 'server killed', 'PostgreSQL restarted']);
  expect([team.restartsOf('temporal'), team.restartsOf('postgresql')].every((times) => times > 0)).toBe(true);
  expect(asked.filter((token) => !token.startsWith('keep-'))).toEqual([]);
  expect(new Set(await identities()).size).toBeGreaterThan(1);

  expect((await stage.json<Diagnosis>('diagnose', stage.name)).condition).toBe('healthy');
  expect(await stage.verify()).toMatchObject({ duplicated: 0, lostByChoice: 0, differing: [] });
  expect((await stage.type('list')).stdout).toMatch(new RegExp(`${report.run} +full-recovery +done`));
  expect((await stage.type('report', stage.name)).stdout).toContain('Ended: **done**');
}, 1_200_000);
