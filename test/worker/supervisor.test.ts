/** Server and worker under the supervisor, for real: killed in turn, while a run waits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { expect, inject, test, vi } from 'vitest';
import { bringUp, supervisor, takeDown } from '../../client/embedded.js';
import { type SupervisorStatus, supervisorFiles } from '../../cluster/places.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { newHome } from './fixtures/home.js';

const limit = { timeout: 25_000, interval: 50 };
const program = fileURLToPath(new URL('fixtures/up.ts', import.meta.url));

test('a killed server and a killed worker are started again, and the run that waits goes on', {
  timeout: 60_000,
}, async () => {
  const binary = await findTemporal();
  const home = newHome();
  const state = `${home}/state`;
  const { lock } = supervisorFiles(state);
  mkdirSync(state, { recursive: true, mode: 0o755 });
  const start = () =>
    spawn('flock', ['-n', '-F', '-E', '75', lock, process.execPath, '--import', import.meta.resolve('tsx'), program], {
      env: {
        ...process.env,
        PFRUNBOOK_HOME: home,
        TEMPORAL_ADDRESS: '',
        TEMPORAL_CLI_PATH: binary,
        TEST_BUNDLE: inject('smallBundle'),
      },
      stdio: 'ignore',
    });
  const up = start();
  const status = () => supervisor(state).then((seen) => seen ?? expect.fail('it is not up'));
  const again = (what: 'server' | 'worker', times: number) =>
    vi.waitFor(async () => {
      const seen = await status();
      expect(seen.restarts[what]).toBe(times);
      expect(seen[`${what}Pid`]).toBeDefined();
      return seen;
    }, limit);

  try {
    const first = await bringUp(state, () => {}); // finds ours under way, and waits for it
    expect(first.pid).toBe(up.pid);

    const [code] = await once(start(), 'exit');
    expect(code).toBe(75); // a second one on the same folder is refused, and the first is as it was
    expect((await bringUp(state, () => {})).pid).toBe(first.pid);

    const run = 'hq/20261124-0000-0000';
    const connection = await Connection.connect({ address: first.address });
    const client = new Client({ connection });
    const handle = await client.workflow.start('waiting', {
      ...{ workflowId: 'cluster:hq', taskQueue: 'pfrunbook', memo: { run }, args: [{ run }] },
    });
    const asked = () => client.withDeadline(Date.now() + 3_000, () => handle.query<string>('word'));
    await vi.waitFor(asked, limit);

    kill(await status(), 'serverPid');
    await again('server', 1);
    kill(await status(), 'workerPid');
    await again('worker', 1);
    expect(await vi.waitFor(asked, limit)).toBe('none yet');

    await handle.signal('word', 'go');
    expect(await handle.result()).toBe('go');
    // A run that is over leaves its report and its history as files.
    const kept = (file: string) => vi.waitFor(() => readFileSync(`${state}/runs/${run}/${file}`, 'utf8'), limit);
    expect(await kept('report.md')).toContain('word: go');
    expect(JSON.parse(await kept('history.json')).events[0].eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
    await connection.close();
    // The folder was open when it came to us.
    expect((await execa('find', [state, '-not', '-type', 'l', '-perm', '/077'])).stdout).toBe('');

    const { serverPid } = await status();
    up.kill('SIGKILL'); // no orphan stays behind with the database in its hands
    await vi.waitFor(() => expect(() => process.kill(serverPid ?? 0, 0)).toThrow('ESRCH'), limit);
    expect(await supervisor(state)).toBeUndefined();
  } finally {
    await takeDown(state);
  }
});

function kill(status: SupervisorStatus, what: 'serverPid' | 'workerPid'): void {
  const pid = status[what];
  if (!pid) expect.fail(`no ${what} in ${JSON.stringify(status)}`);
  process.kill(pid, 'SIGKILL');
}
