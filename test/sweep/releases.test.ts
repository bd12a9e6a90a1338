/** The package is replaced by a newer one while a run waits at its gate: another step behind it, another SDK. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFolder } from '../../cluster/places.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { seen } from '../lab/stage.js';
import { newHome } from '../worker/fixtures/home.js';
import { install, type Packed, pack } from './packages.js';

const older: Packed = { version: '1.0.0', sdk: '1.23.0', newStep: false };
const newer: Packed = { version: '1.1.0', sdk: '1.24.0', newStep: true };

const folder = mkdtempSync(join(tmpdir(), 'pfrunbook-releases-'));
const tarballs: string[] = [];
let binary = '';
beforeAll(async () => {
  binary = await findTemporal({ cache: join(tmpdir(), 'pfrunbook-test-bin') });
  for (const packed of [older, newer]) tarballs.push(await pack(folder, packed));
}, 1_500_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine's command line: one folder for everything, and its Temporal. */
class Machine {
  readonly home = newHome('hq');
  readonly state = `${this.home}/state`;
  constructor(private readonly address = '') {
    cpSync(`${this.home}/clusters/hq`, `${this.home}/clusters/branch`, { recursive: true });
  }

  get env() {
    return { PFRUNBOOK_HOME: this.home, TEMPORAL_ADDRESS: this.address, TEMPORAL_CLI_PATH: binary };
  }

  async type(command: string, ...args: readonly string[]) {
    const { exitCode, stdout, all } = await execa(command, args, { env: this.env, reject: false, all: true });
    return { code: exitCode, stdout, all };
  }

  async json<T>(command: string, ...args: readonly string[]): Promise<T> {
    const { code, stdout, all } = await this.type(command, ...args, '--json');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${all}`);
    return JSON.parse(stdout) as T;
  }

  /** Starts a run, and waits until it waits. */
  async waits(command: string, cluster: string): Promise<string> {
    const { run } = await this.json<{ run: string }>(command, 'start', 'waiting', cluster, '--detach');
    await this.token(command, run);
    return run;
  }

  token = (command: string, run: string): Promise<string> =>
    seen(`${run} at its gate`, 120_000, async () => {
      const runs = await this.json<{ run: string; waitingFor: string }[]>(command, 'list', '--waiting');
      return runs.find((each) => each.run === run)?.waitingFor;
    });

  /** Answers the gate, and waits for the end. Answers the code's version and the titles of the steps. */
  async ends(command: string, run: string) {
    const sent = await this.type(command, 'approve', run, await this.token(command, run));
    expect(sent.all).toContain('taken');
    return seen(`${run} ended`, 120_000, async () => {
      const { code, stdout } = await this.type(command, 'report', run, '--json');
      if (code !== 0) return undefined;
      const { result, steps } = JSON.parse(stdout) as { result?: { code: string }; steps: { title: string }[] };
      return result && { code: result.code, titles: steps.map(({ title }) => title) };
    });
  }

  /** Of every workflow task of a closed run. */
  async history(run: string) {
    const file = `${runFolder(this.state, run)}/history.json`;
    const text = await seen(`the history of ${run}`, 60_000, async () =>
      existsSync(file) ? readFileSync(file, 'utf8') : undefined,
    );
    return { text, sdks: [...new Set([...text.matchAll(/"sdkVersion":\s*"([^"]+)"/g)].map(([, version]) => version))] };
  }

  releases = async (command: string) =>
    (await this.json<{ releases: Release[] }>(command, 'status')).releases.map(
      ({ release, runs, workers, trouble }) => ({
        ...{ version: release.replace(/-[0-9a-f]{8}$/, ''), runs, works: workers.length > 0, trouble },
      }),
    );
}
interface Release {
  readonly release: string;
  readonly runs: readonly string[];
  readonly workers: readonly object[];
  readonly trouble: string | null;
}

const titles = (...between: string[]) => [
  'Take the lock on the nodes',
  'Go on?',
  ...between,
  'Judge after the gate',
  'Give the lock on the nodes back',
];
const onOldCode = { code: older.version, titles: titles() };
const onNewCode = { code: newer.version, titles: titles('Judge the pairs, too') };

test('embedded: it is replaced under the running supervisor; the run ends on its old code, a new one on the new', async () => {
  const machine = new Machine();
  const prefix = join(folder, 'one');
  const command = await install(prefix, tarballs[0] ?? '');
  try {
    const old = await machine.waits(command, 'hq');
    await install(prefix, tarballs[1] ?? '');

    // Nobody has typed `up` yet, and the old worker is killed: it comes back from the kept installation.
    const { supervisor } = await machine.json<{ supervisor: { workerPid: number } }>(command, 'status');
    process.kill(supervisor.workerPid, 'SIGKILL');
    await seen('the old worker again', 60_000, async () => {
      const { progress } = await machine.json<{ progress: object | null }>(command, 'show', old);
      return progress ?? undefined;
    });

    const up = await machine.type(command, 'up');
    expect(up.all).toMatch(/1\.0\.0-[0-9a-f]{8} was up and gives way to 1\.1\.0-/);
    const fresh = await machine.waits(command, 'branch');
    const both = [
      { version: newer.version, runs: [fresh], works: true, trouble: null },
      { version: older.version, runs: [old], works: true, trouble: null },
    ];
    await seen('a worker for either release', 120_000, async () =>
      JSON.stringify(await machine.releases(command)) === JSON.stringify(both) ? true : undefined,
    );
    expect((await machine.type(command, 'status')).stdout).toMatch(new RegExp(`1\\.0\\.0-\\w+: began ${old}; worker `));

    expect(await machine.ends(command, old)).toEqual(onOldCode);
    expect(await machine.ends(command, fresh)).toEqual(onNewCode);
    const oldHistory = await machine.history(old);
    expect(oldHistory.sdks).toEqual([older.sdk]);
    expect((await machine.history(fresh)).sdks).toEqual([newer.sdk]);

    // What would have happened without a worker of its own.
    const codePath = join(prefix, 'lib/node_modules/pfrunbook/dist/workflow-bundle.js');
    await expect(
      Worker.runReplayHistory({ workflowBundle: { codePath } }, JSON.parse(oldHistory.text)),
    ).rejects.toThrow(DeterminismViolationError);

    const kept = await seen('only the newer release is kept', 60_000, async () => {
      const { stdout } = await execa('ls', [`${machine.state}/releases`]);
      return stdout.includes(`${older.version}-`) ? undefined : stdout;
    });
    expect(kept).toMatch(/^1\.1\.0-[0-9a-f]{8}$/);
  } finally {
    await machine.type(command, 'down');
  }
}, 900_000);

test('a team: two workers of two versions for one Temporal', async () => {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: binary }, log: { format: 'pretty', level: 'error' } },
  });
  const machine = new Machine(environment.address);
  const [old = '', fresh = ''] = await Promise.all(
    tarballs.map((tarball, index) => install(join(folder, `team-${index}`), tarball)),
  );
  const started: { kill(): unknown }[] = [];
  const worker = async (command: string) => {
    started.push(execa(command, ['worker'], { env: machine.env, reject: false, stdio: 'ignore' }));
    await seen(
      `a worker of ${command}`,
      60_000,
      async () => (await machine.type(command, 'status')).code === 0 || undefined,
    );
  };
  try {
    await worker(old);
    const first = await machine.waits(old, 'hq');
    const refused = await machine.type(fresh, 'start', 'waiting', 'branch', '--detach');
    expect(refused.code).toBe(2);
    expect(refused.all).toMatch(/No worker of release 1\.1\.0-.*Nothing was started\.\nWorkers there are of 1\.0\.0-/);

    await worker(fresh);
    const second = await machine.waits(fresh, 'branch');
    expect(await machine.releases(fresh)).toEqual([
      { version: newer.version, runs: [second], works: true, trouble: null },
      { version: older.version, runs: [first], works: true, trouble: null },
    ]);
    expect(await machine.ends(fresh, first)).toEqual(onOldCode);
    expect(await machine.ends(fresh, second)).toEqual(onNewCode);
  } finally {
    for (const each of started) each.kill();
    await Promise.all(started);
    await environment.teardown();
  }
}, 900_000);
