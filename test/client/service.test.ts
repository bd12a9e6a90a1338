/** The systemd unit: what it starts, and that it ends in order when only its main process is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { install, unit } from '../../client/commands/service.js';
import { supervisor, takeDown } from '../../client/embedded.js';
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

test('told to end as systemd tells it, the whole ends: server, worker, and the command with 0', async () => {
  const home = newHome();
  const state = `${home}/state`;
  // Ports "of last time": other tests, beside this one, choose the usual ones.
  const base = 20_000 + (process.pid % 10_000);
  await mkdir(state, { recursive: true });
  const last = { address: `127.0.0.1:${base}`, ui: `http://127.0.0.1:${base + 10_000}` };
  await writeFile(supervisorFiles(state).status, JSON.stringify(last));
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
