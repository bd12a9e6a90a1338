/** The lock as it stands on a node, over a real sshd: who gets it, who is refused, what waits. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ChangeOrder, GuardNote, Locked } from '../../activities/contract.js';
import { listGuards } from '../../activities/guards.js';
import { lockActivities, readLock, remoteLocks } from '../../activities/lock.js';
import { SshPool } from '../../activities/ssh/pool.js';
import type { Reversible } from '../../cluster/words.js';
import { type Sshd, startSshd, until } from './sshd.js';
import { testWorker } from './worker.js';

let sshd: Sshd;
let pool: SshPool;
let acts: ReturnType<typeof lockActivities>;
let worker: ReturnType<typeof testWorker>;

beforeAll(async () => {
  sshd = await startSshd();
  pool = new SshPool();
  // The same node under two names of clusters.
  const resolve = async (name: string) => ({ ...sshd.access(), name });
  acts = lockActivities(remoteLocks(pool, resolve, sshd.places));
  worker = testWorker(() => sshd.access(), sshd.places);
});
afterEach(async () => {
  const open = await seen();
  if (open.lock?.held) await acts.unlock({ cluster: cluster('hq'), holder: holder(open.lock.run) });
});
afterAll(async () => {
  await worker.close();
  await pool.close();
  await sshd[Symbol.asyncDispose]();
});

const cluster = (name: string) => ({ name, nodes: ['pf1'] });
const holder = (run: string) => ({ run, owner: 'anna', host: 'ops1' });
const lock = (run: string, over: readonly string[] = []): Promise<Locked> =>
  acts.lock({
    cluster: cluster(run.split('/')[0] ?? ''),
    title: 'Take the lock on the nodes',
    holder: holder(run),
    over,
    few: false,
  });
const seen = async () => readLock(await pool.reach(sshd.access(), 'pf1'), sshd.places);
const failure = (act: Promise<unknown>): Promise<ApplicationFailure> =>
  act.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => {
      if (error instanceof ApplicationFailure) return error;
      throw error;
    },
  );

let step = 0;
/** Leaves a line in a file of its own, and owes to remove it. */
function order(
  run: string,
  epoch: number,
  script?: string,
): ChangeOrder & { readonly trail: string; readonly note: GuardNote } {
  const trail = join(sshd.folder, `trail${++step}`);
  const base = { node: 'pf1', wanted: `[ -e ${trail} ]`, verb: `leaveTrail${step}` };
  const change: Reversible = {
    ...base,
    title: `Leave trail ${step}`,
    script: script ?? `: >${trail}`,
    inverse: { ...base, title: 'Remove the trail', script: `rm ${trail}`, wanted: `[ ! -e ${trail} ]` },
  };
  return {
    cluster: 'hq',
    key: { run, step: `${step}`, generation: 1 },
    ordinal: step,
    epoch,
    holder: { owner: 'anna', host: 'ops1' },
    change,
    note: { cluster: 'hq', run, change, what: 'owed' },
    trail,
  };
}
const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

test('is taken and given back under an epoch that only grows; an attempt whose answer was lost gets the same again', async () => {
  const first = await lock('hq/a');
  expect(first).toEqual({
    epoch: expect.any(Number) as number,
    ledgers: { pf1: { ledger: expect.any(String) as string, machine: expect.any(String) as string, counter: 1 } },
    away: [],
  });
  // Counted each time: a copy of the node from before that is behind.
  const counted = { pf1: { ...first.ledgers.pf1, counter: 2 } };
  expect(await lock('hq/a')).toEqual({ ...first, ledgers: counted });
  expect((await stat(join(sshd.places.dir, 'lock'))).mode & 0o077).toBe(0);
  expect((await seen()).lock).toMatchObject({
    run: 'hq/a',
    owner: 'anna',
    host: 'ops1',
    epoch: first.epoch,
    held: true,
  });
  expect(await acts.unlock({ cluster: cluster('hq'), holder: holder('hq/a') })).toEqual([]);
  expect((await seen()).lock).toMatchObject({ run: 'hq/a', held: false });
  expect((await lock('hq/b')).epoch).toBe(first.epoch + 1);
  await acts.unlock({ cluster: cluster('hq'), holder: holder('hq/a') }); // not his
  const { lock: now, over } = await seen();
  expect([now, over?.at(-1)]).toMatchObject([
    { run: 'hq/b', held: true },
    { run: 'hq/a', epoch: first.epoch },
  ]);
});

test('holds also against the same nodes under another name, and says who, from where, since when and what last', async () => {
  const { epoch } = await lock('hq/c');
  await worker.change(order('hq/c', epoch));
  const { message, details } = await failure(lock('site/d'));
  expect(message).toMatch(
    /^site: Take the lock on the nodes: pf1 is held by hq\/c \(anna on ops1, since \d{4}-\S+ \S+ UTC\)\. Last begun there: Leave trail \d+ \(\d{4}-\S+ \S+ UTC\)/,
  );
  expect(details?.[0]).toMatchObject({ offer: { over: ['hq/c'] } });
  expect((await seen()).lock).toMatchObject({ run: 'hq/c', epoch });
});

test('of two that begin at once one gets it', async () => {
  const both = await Promise.allSettled([lock('hq/e'), lock('hq/f')]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('keeps out whoever does not hold it: no change, no note, and no note removed', async () => {
  const { epoch } = await lock('hq/g');
  const mine = order('hq/g', epoch);
  await worker.change(mine);
  const notes = async () => (await listGuards(pool, sshd.access(), sshd.places)).guards.map(({ file }) => file);
  const before = await notes();
  const asked = order('hq/h', epoch);
  const { message, details } = await failure(worker.change(asked));
  expect(message).toMatch(
    /^pf1: Leave trail \d+: Another run holds this node: hq\/g .*Nothing was done\. See with its owner/,
  );
  expect(details?.[0]).toMatchObject({ offer: { over: ['hq/g'] } });
  const back = { ...order('hq/h', epoch), change: mine.change.inverse ?? mine.change };
  await failure(worker.change({ ...back, note: { ...mine.note, what: 'back' } }));
  expect([await exists(asked.trail), await exists(mine.trail), await notes()]).toEqual([false, true, before]);
});

test('of a node that is met late is taken with the first change there', async () => {
  const { epoch } = await lock('hq/i');
  await acts.unlock({ cluster: cluster('hq'), holder: holder('hq/i') });
  await worker.change(order('hq/j', epoch + 1));
  expect((await seen()).lock).toMatchObject({ run: 'hq/j', epoch: epoch + 1, held: true });
});

test('taken over: what had begun ends first; after it the stale worker is refused, also when the other has given it back', async () => {
  const { epoch } = await lock('hq/k');
  const fifo = join(sshd.folder, 'fifo');
  const long = order('hq/k', epoch, `mkfifo ${fifo}; cat ${fifo}`);
  const running = worker.change({ ...long, change: { ...long.change, wanted: `[ -e ${long.trail} ]` } });
  await until('the act waits', () => exists(fifo));
  let taken = false;
  const taking = lock('hq/l', ['hq/k']).finally(() => {
    taken = true;
  });
  await until('the lock is written', async () => (await seen()).lock?.run === 'hq/l');
  expect(taken).toBe(false);
  expect((await failure(worker.change(order('hq/k', epoch)))).message).toMatch(
    /Another run holds this node: hq\/l.*This run was overtaken/,
  );
  await writeFile(long.trail, '');
  await execa('sh', ['-c', `echo >${fifo}`], { timeout: 5_000 });
  expect((await running).done).toBe('done'); // recorded: it had begun in time
  expect((await taking).epoch).toBe(epoch + 1);
  await acts.unlock({ cluster: cluster('hq'), holder: holder('hq/l') });
  const late = order('hq/k', epoch);
  const { message, details } = await failure(worker.change(late));
  expect(message).toMatch(/Another run has worked on this node since this one took its lock: hq\/l.*overtaken/);
  expect([details?.[0], await exists(late.trail)]).toEqual([
    expect.not.objectContaining({ offer: expect.anything() as object }),
    false,
  ]);
});

test('remembers the last twenty runs that gave it back, and beside them what the one that holds it did', async () => {
  await mkdir(sshd.places.dir, { recursive: true });
  await writeFile(join(sshd.places.dir, 'lock.over'), Array.from({ length: 30 }, (_, i) => `hq/${i} ${i}\n`).join(''));
  await lock('hq/o');
  await acts.unlock({ cluster: cluster('hq'), holder: holder('hq/o') });
  const { epoch } = await lock('hq/p');
  await worker.change(order('hq/p', epoch));
  const { over, last } = await seen();
  expect(over?.map(({ run }) => run)).toEqual([
    ...Array.from({ length: 18 }, (_, i) => `hq/${i + 12}`),
    expect.anything(),
    'hq/o',
  ]);
  expect(last).toMatch(/^Leave trail/);
});

test('that is damaged is a question, never taken', async () => {
  const file = join(sshd.places.dir, 'lock');
  const { epoch } = await lock('hq/m');
  const whole = await readFile(file, 'utf8');
  await writeFile(file, whole.slice(0, 12));
  expect((await failure(worker.change(order('hq/m', epoch)))).message).toMatch(/the lock is damaged/);
  expect((await failure(lock('hq/n', ['hq/m']))).message).toMatch(/the lock is damaged/);
  await writeFile(file, whole);
});
