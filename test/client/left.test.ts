/** Which run a cluster's name means without a server: the same as with one. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { history } from '../../client/commands/history.js';
import { report } from '../../client/commands/report.js';
import { show } from '../../client/commands/show.js';
import { watch } from '../../client/commands/watch.js';
import { leftRun, leftRuns, noteBegan } from '../../client/left.js';
import { newHome } from '../worker/fixtures/home.js';

const home = newHome();
const runs = join(home, 'state/runs/hq');
let printed: string[] = [];
vi.spyOn(console, 'log').mockImplementation((words: string) => void printed.push(words));
vi.spyOn(console, 'error').mockImplementation(() => undefined); // that no server answers

beforeEach(() => {
  vi.stubEnv('PFRUNBOOK_HOME', home);
  vi.stubEnv('TEMPORAL_ADDRESS', undefined);
  rmSync(runs, { recursive: true, force: true });
  printed = [];
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const leave = (stamp: string, phase: string, at: number): void => {
  const folder = join(runs, stamp);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.md'), `# ${phase}\n`);
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ run: `hq/${stamp}`, phase, steps: [] }));
  utimesSync(folder, at, at);
};

test('is the one that began last, also of two in one minute', () => {
  leave('20261124-0734-d064', 'refused', 1000);
  leave('20261124-0734-05f7', 'done', 2000);
  leave('20261124-0733-ffff', 'aborted', 3000);
  expect(leftRuns('hq').map(({ run }) => run.slice(-4))).toEqual(['05f7', 'd064', 'ffff']);
  expect(leftRun('hq')).toEqual({ run: 'hq/20261124-0734-05f7', open: false });
  expect(leftRun('hq/20261124-0734-d064')).toMatchObject({ run: 'hq/20261124-0734-d064' });
  expect([leftRun('campus'), leftRun('hq/20261124-0734-aaaa')]).toEqual([undefined, undefined]);
});

test('is the open one while there is one: show names it, report and watch say that it is not over', async () => {
  leave('20261124-0734-d064', 'done', 1000);
  noteBegan('hq/20261124-0730-7f3a', { runbook: 'full-recovery', by: 'anna' });
  expect(await show('hq', {})).toBe(0);
  expect(printed.join('\n')).toMatch(/^hq\/20261124-0730-7f3a \(Full recovery, by anna\) is not over/);
  expect(printed.join('\n')).toMatch(/No Temporal server.*pfrunbook up[\s\S]*pfrunbook guards hq/);
  await expect(report('hq', {})).rejects.toThrow(
    /hq\/20261124-0730-7f3a is not over.*No Temporal server[\s\S]*history hq/,
  );
  await expect(watch('hq', {})).rejects.toThrow(/No Temporal server[\s\S]*hq\/20261124-0730-7f3a stands still/);

  leave('20261124-0730-7f3a', 'aborted', 1500); // it ended: now the last is the other
  expect(leftRun('hq')?.run).toBe('hq/20261124-0734-d064');
  await report('hq', {});
  expect(printed.at(-1)).toBe('# done');
});

test('told as JSON, it has the same shape as with a server', async () => {
  const shape = ['run', 'status', 'phase', 'waitingFor', 'progress', 'pending', 'workflowId', 'runId', 'ui'];
  leave('20261124-0734-d064', 'refused', 1000);
  await show('hq', { json: true });
  noteBegan('hq/20261124-0735-7f3a', { runbook: 'full-recovery', by: 'anna' });
  await show('hq', { json: true });
  const [over, open] = printed.map((text) => JSON.parse(text));
  expect([Object.keys(over), Object.keys(open)]).toEqual([shape, shape]);
  expect(over).toMatchObject({ status: 'failed', phase: 'refused', progress: { phase: 'refused' } });
  expect(open).toMatchObject({ status: 'running', phase: null, progress: null, workflowId: 'cluster:hq' });
});

test('the history shows what is owed of it, and what stays as it is', async () => {
  leave('20261124-0734-d064', 'aborted', 1000);
  const ended = {
    ...{ run: 'hq/20261124-0734-d064', title: 'Join a node', by: 'anna', phase: 'aborted', steps: [], decisions: [] },
    ...{ startedAt: Date.parse('2026-11-24T07:34:00Z'), endedAt: Date.parse('2026-11-24T07:36:00Z') },
    owed: ['Let MariaDB start again on pf3'],
    stays: ['Put cluster.conf of pf1 back as it was'],
  };
  const write = (told: object) => writeFileSync(join(runs, '20261124-0734-d064/report.json'), JSON.stringify(told));
  write(ended);
  const ask = async (json: boolean) => {
    printed = [];
    await history('hq', { limit: 20, json });
    return printed.join('\n');
  };
  const said = await ask(false);
  expect(said).toContain('    owed: Let MariaDB start again on pf3');
  expect(said).toContain('    stays as it is, not done: Put cluster.conf of pf1 back as it was');
  expect(JSON.parse(await ask(true))).toMatchObject([{ owed: ended.owed, stays: ended.stays }]);
  const { stays: _, ...whole } = ended;
  write(whole);
  expect(await ask(false)).not.toContain('stays');
  expect(JSON.parse(await ask(true))).toMatchObject([{ stays: [] }]);
});

test('a name that is mistyped is recognised', async () => {
  for (const ask of [show, report, watch]) await expect(ask('hp', {})).rejects.toThrow('Did you mean "hq"?');
});
