/** The systemd unit: what it starts, and that it ends in order when only its main process is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { expect, test, vi } from 'vitest';
import { down, runLines } from '../../client/commands/down.js';
import { list } from '../../client/commands/list.js';
import { install, uninstall, unit } from '../../client/commands/service.js';
import { bringUp, supervisor, takeDown } from '../../client/embedded.js';
import { Mistake } from '../../client/exit.js';
import { supervisorFiles } from '../../cluster/places.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { newHome } from '../worker/fixtures/home.js';

const startOf = (text: string): string => /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';

test('carries the one folder over, written as systemd reads it', () => {
  vi.stubEnv('PFRUNBOOK_HOME', '/srv/50% "ours"/$pf');
  expect(unit()).toContain(String.raw`Environment="PFRUNBOOK_HOME=/srv/50%% \"ours\"/$$pf"`);
  vi.stubEnv('PFRUNBOOK_HOME', undefined);
  expect(unit()).not.toContain('Environment=');
  expect(unit()).toContain('EnvironmentFile=-/etc/pfrunbook/environment');
  vi.unstubAllEnvs();
});

test('is written by root only', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(install({})).rejects.toThrow(Mistake);
  await expect(install({})).rejects.toThrow('Nothing was written');
  vi.restoreAllMocks();
});

test('is removed by root only, and only where it is', async () => {
  if (existsSync('/etc/systemd/system/pfrunbook.service')) throw new Error('this machine has the unit: test elsewhere');
  await expect(uninstall()).rejects.toThrow('There is no /etc/systemd/system/pfrunbook.service');
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(uninstall()).rejects.toThrow('Only root can remove');
  vi.restoreAllMocks();
});

test('taken down, it names the runs that stand still from then on', async () => {
  const home = newHome();
  const state = `${home}/state`;
  vi.stubEnv('PFRUNBOOK_HOME', home).stubEnv('TEMPORAL_ADDRESS', undefined);
  vi.stubEnv('TEMPORAL_CLI_PATH', await findTemporal());
  await mkdir(state, { recursive: true });
  await writeFile(supervisorFiles(state).status, JSON.stringify(portsOfLastTime(10)));
  const said: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((words: string) => void said.push(words));
  try {
    const { address } = await bringUp(state, () => {});
    const connection = await Connection.connect({ address });
    const memo = { run: 'hq/20261124-0612-7f3a', runbook: 'full-recovery', cluster: 'hq' };
    // Of a type that no worker knows: it stays open.
    await new Client({ connection }).workflow.start('nobodys', { workflowId: 'cluster:hq', taskQueue: 'none', memo });
    await connection.close();
    await vi.waitFor(async () => expect(await listed()).toContain(memo.run), { timeout: 30_000 });
    await down();
    expect(said.at(-1)).toMatch(
      /^Down\. What runs on the nodes was not touched\.\nThese runs stand still until the next pfrunbook up:\n {2}hq\/20261124-0612-7f3a \(full-recovery\)\n {4}pfrunbook guards hq$/,
    );
    await down();
    expect(said.at(-1)).toBe(`Nothing runs for ${state}.`);
  } finally {
    await takeDown(state);
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }

  async function listed(): Promise<string> {
    await list({ json: true });
    return said.at(-1) ?? '';
  }
});

test.each<[readonly string[], { committed?: boolean }, readonly string[]]>([
  [
    ['Stop MariaDB on every node, and hold it'],
    {},
    ['MariaDB stays down there meanwhile: up, and an answer, end that'],
  ],
  [['Stop MariaDB on every node, and hold it'], { committed: true }, []],
  [['Stop monit on every node'], {}, []],
])('taken down with %j it says whether the database stays down: %j', (lowered, more, words) => {
  const run = { run: 'hq/a', runbook: 'full-recovery', cluster: 'hq', waitingFor: 'keep-1-3fa91c' };
  expect(runLines(run, { lowered, ...more })).toEqual([
    '  hq/a (full-recovery), waits for keep-1-3fa91c',
    `    stays so on the nodes: ${lowered}`,
    ...words.map((line) => `    ${line}`),
    '    pfrunbook guards hq',
  ]);
});

/** Other tests, beside this one, choose the usual ports. */
function portsOfLastTime(shift: number): { address: string; ui: string } {
  const base = 20_000 + ((process.pid + shift) % 10_000);
  return { address: `127.0.0.1:${base}`, ui: `http://127.0.0.1:${base + 10_000}` };
}

test('told to end as systemd tells it, the whole ends: server, worker, and the command with 0', async () => {
  const home = newHome();
  const state = `${home}/state`;
  await mkdir(state, { recursive: true });
  await writeFile(supervisorFiles(state).status, JSON.stringify(portsOfLastTime(0)));
  const main = spawn('sh', ['-c', `exec ${startOf(unit())}`], {
    env: { ...process.env, PFRUNBOOK_HOME: home, TEMPORAL_ADDRESS: '', TEMPORAL_CLI_PATH: await findTemporal() },
    stdio: 'ignore',
  });
  try {
    const up = await vi.waitFor(
      async () => {
        const seen = await supervisor(state);
        if (seen?.phase !== 'up' || !seen.workerPid || !seen.serverPid) expect.fail(`it is ${seen?.words}`);
        return seen;
      },
      { timeout: 60_000, interval: 100 },
    );
    main.kill('SIGTERM');
    expect(await once(main, 'exit')).toEqual([0, null]);
    expect(await supervisor(state)).toBeUndefined();
    for (const pid of [up.workerPid, up.serverPid]) expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  } finally {
    await takeDown(state);
  }
});
