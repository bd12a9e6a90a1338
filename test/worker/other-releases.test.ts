/** Open runs of releases that are not this one: a worker for what is kept, words for what is not, and an end to both. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, test, vi } from 'vitest';
import { releaseFolder } from '../../cluster/places.js';
import { Kept } from '../../worker/kept.js';
import { OtherReleases } from '../../worker/other-releases.js';
import { keepRelease, workerOf } from '../../worker/releases.js';
import { taskQueueOf } from '../../workflows/release.js';

test('a kept release has a worker until its last run has ended, and is removed then; a missing one is told, one that serves elsewhere stays', async () => {
  const state = mkdtempSync(join(tmpdir(), 'pfrunbook-test-'));
  const installation = join(state, 'installation');
  mkdirSync(join(installation, 'dist/worker'), { recursive: true });
  mkdirSync(join(installation, 'node_modules/@temporalio/worker'), { recursive: true });
  writeFileSync(join(installation, 'package.json'), '{}');
  writeFileSync(join(installation, 'dist/worker/main.js'), 'setInterval(() => {}, 1_000)');
  const name = (version: number) => `${version}.0.0-${process.pid}`;
  const [current, kept, gone] = [name(3), name(2), name(1)];
  for (const release of [current, kept]) await keepRelease(state, release, installation, 'here default');
  // What waits elsewhere is not seen here.
  const [elsewhere, both, unknown] = [name(4), name(5), name(6)];
  for (const release of [elsewhere, both]) await keepRelease(state, release, installation, 'embedded default');
  await keepRelease(state, both, installation, 'here default');
  mkdirSync(releaseFolder(state, unknown));

  const connection = await Connection.connect({ address: inject('address') });
  const client = new Client({ connection });
  const begin = (release: string) =>
    client.workflow.start('waiting', {
      ...{ workflowId: `release:${release}`, taskQueue: taskQueueOf(release), memo: { run: `hq/${release}` } },
    });
  const [old, older] = [await begin(kept), await begin(gone)];
  const started: string[] = [];
  const others = new OtherReleases({
    ...{ state, current, temporal: 'here default', changed: () => {}, failed: () => {} },
    start: (what, command) => {
      expect(command).toEqual(workerOf(state, kept));
      started.push(what);
      const worker = new Kept(command, { log: join(state, 'worker.log'), told: () => {} });
      worker.start();
      return worker;
    },
  });
  const ended = new AbortController();
  const watching = others.watch(client, ended.signal);
  const told = (release: string) => others.told().find((other) => other.release === release);
  const limit = { timeout: 60_000, interval: 50 };
  try {
    const { workerPid = 0 } = await vi.waitFor(() => {
      expect(told(kept)).toMatchObject({ runs: [`hq/${kept}`], workerPid: expect.any(Number) });
      expect(told(kept)?.trouble).toBeUndefined();
      expect(told(gone)).toMatchObject({ runs: [`hq/${gone}`], trouble: expect.stringContaining('missing') });
      return told(kept) ?? expect.fail();
    }, limit);
    expect(started).toEqual([`worker-${kept}`]);

    await old.terminate();
    await vi.waitFor(() => expect(existsSync(releaseFolder(state, kept))).toBe(false), limit);
    expect(() => process.kill(workerPid, 0)).toThrow('ESRCH');
    expect(existsSync(releaseFolder(state, current))).toBe(true); // it has no run either
    expect(told(kept)).toBeUndefined();
    for (const release of [elsewhere, both, unknown]) expect(existsSync(releaseFolder(state, release))).toBe(true);
  } finally {
    ended.abort();
    await watching;
    await older.terminate();
    await old.terminate().catch(() => undefined); // it has ended, where the test went well
    await connection.close();
    rmSync(state, { recursive: true });
  }
});
