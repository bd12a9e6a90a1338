/** Whatever is lost between a run and its node: the recorded result, one execution, or a question that names what is known. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LedgerSeen, Meeting } from '../../activities/contract.js';
import { failure, ordersOn } from './orders.js';
import { accessThrough, type Cable, cableTo, startSshd, until } from './sshd.js';
import { testWorker } from './worker.js';

const sshd = await startSshd();
const { order, waiting, kill, timesRun, entry } = ordersOn(sshd);
const worker = testWorker(() => sshd.access(), sshd.places);
let cable: Cable;
/** Another one, whose connections can be cut. */
let far: ReturnType<typeof testWorker>;

beforeAll(async () => {
  cable = await cableTo(sshd.port);
  const access = await accessThrough(sshd, cable);
  far = testWorker(() => access, sshd.places);
});
afterEach(kill); // of a test that failed: the next one must not find it busy
afterAll(async () => {
  await far.close();
  await worker.close();
  await cable[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
});

const state = async (of: ReturnType<typeof order>) => (await readFile(entry(of), 'latin1').catch(() => '')).charAt(0);

describe('is made once, and its result known,', () => {
  test('where the answer is lost', async () => {
    const long = waiting();
    const running = far.change(long.order);
    await long.begun();
    cable.cut();
    await long.letGo();
    await until('its end is recorded', async () => (await state(long.order)) === 'E');
    cable.plug();
    expect((await running).done).toBe('done');
    expect(await timesRun()).toBe(1);
  });

  test('where the worker is killed between begin and end', async () => {
    const long = waiting();
    const file = join(sshd.folder, 'order.json');
    await writeFile(file, JSON.stringify({ access: sshd.access(), places: sshd.places, order: long.order }));
    const program = new URL('./fixtures/one-change.ts', import.meta.url).pathname;
    const killed = spawn(process.execPath, ['--import', 'tsx', program, file], { stdio: 'inherit' });
    await long.begun();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const next = worker.change(long.order);
    await long.letGo();
    expect((await next).done).toBe('done');
    expect(await timesRun()).toBe(1);
  });

  test('where two workers make it at once', async () => {
    const asked = order({ wanted: 'false' });
    const [one, two] = await Promise.all([failure(worker.change(asked)), failure(far.change(asked))]);
    expect(one).toMatch(/^Failed: .*the wanted state is not there/);
    expect(two).toBe(one);
    expect(await timesRun()).toBe(1);
  });

  test('where an attempt wakes when the run has gone on without it', async () => {
    const long = waiting();
    const stale = failure(far.change(long.order));
    await long.begun();
    cable.cut();
    await long.letGo();
    expect((await worker.change(long.order)).done).toBe('done');
    const [asked, next] = [long.order.key.step, order()];
    expect((await worker.change(next)).done).toBe('done');
    cable.plug();
    expect(await stale).toMatch(/^Refused: .*comes too late. Nothing was done./);
    expect([await timesRun(Number(asked)), await timesRun()]).toEqual([1, 1]);
  });
});

/** The run that held the node holds it no more. */
const isOver = () => rm(join(sshd.places.dir, 'lock'), { force: true });

describe('a node that is not as the run knew it', () => {
  const copy = join(sshd.folder, 'copy');
  const meeting = (generation: number, run = 'test/20261124-0612-7f3a'): Meeting => {
    const { ordinal } = order();
    return {
      cluster: 'test',
      node: 'pf1',
      key: { run, step: 'meet', generation },
      ordinal,
      epoch: 1,
      holder: { owner: 'anna', host: 'ops1' },
    };
  };
  const keepCopy = () => cp(sshd.places.dir, copy, { recursive: true });
  const restore = async () => {
    await rm(sshd.places.dir, { recursive: true, force: true });
    await cp(copy, sshd.places.dir, { recursive: true });
  };
  let met: LedgerSeen;
  let meetings = 0;
  beforeEach(async () => {
    await rm(copy, { recursive: true, force: true });
    meetings += 1;
    met = await worker.meet(meeting(meetings));
  });

  test('was put back to before this change: it is not made again', async () => {
    const asked = order({}, { known: met });
    await keepCopy();
    const { ledger } = await worker.change(asked);
    await rm(join(sshd.folder, `trace${asked.key.step}`)); // as on the disk that was put back
    await restore();
    const said = await failure(worker.change({ ...asked, known: ledger }));
    expect(said).toMatch(
      /^OutcomeUnknown: pf1: Leave a trace: The node's ledger is in doubt: the ledger has gone back/,
    );
    expect(said).toContain(`It had counted ${ledger.counter} changes, and counts ${met.counter}.`);
    expect(said).toContain('Its newest change is of run test/20261124-0612-7f3a.');
    expect(await timesRun()).toBe(0);
    // What it guards against: who remembers nothing makes it again.
    expect((await worker.change(asked)).done).toBe('done');
  });

  test('was put back to before the run met it: the first change of the run is not made', async () => {
    await keepCopy();
    await isOver();
    const known = await worker.meet(meeting(1, 'test/20261124-0900-0000'));
    await restore();
    expect(await failure(worker.change(order({}, { known })))).toContain('the ledger has gone back');
    expect(await timesRun()).toBe(0);
  });

  test('was put back while its change runs: it is not made again', async () => {
    const long = waiting();
    await keepCopy();
    let told = false;
    const failing = failure(
      far.change(long.order, () => {
        told = true;
      }),
    );
    await until('it is said to run', () => told);
    cable.cut();
    await kill();
    await restore();
    cable.plug();
    expect(await failing).toContain('the ledger has gone back');
    expect(await timesRun()).toBe(1);
  });

  test.each([
    ['ledger', 'another ledger than before', 'Its ledger was another, and is '],
    ['machine', 'another machine than before', 'Its machine-id was another, and is '],
  ])('has another %s', async (what, why, words) => {
    const said = await failure(worker.change(order({}, { known: { ...met, [what]: 'another' } })));
    expect(said).toMatch(/^OutcomeUnknown: /);
    expect(said).toContain(why);
    expect(said).toContain(words);
    expect(await timesRun()).toBe(0);
  });

  test('has lost its ledger', async () => {
    await rm(sshd.places.dir, { recursive: true });
    expect(await failure(worker.change(order({}, { known: met })))).toContain('another ledger than before');
    expect(await timesRun()).toBe(0);
  });

  test('has a damaged ledger: the question says how to go on', async () => {
    const newest = join(sshd.places.dir, 'newest');
    await writeFile(newest, 'a "b" \\ c');
    expect(await failure(worker.change(order({}, { known: met })))).toMatch(
      /the ledger is damaged.*move \/var\/lib\/pfrunbook\/newest on it aside/,
    );
    await rm(newest);
    expect(await failure(worker.change(order({}, { known: met })))).toContain('the ledger has gone back');
    expect((await worker.change(order())).done).toBe('done');
  });

  test('is known again after each of several changes', async () => {
    const orders = [order({}, { known: met }), order({}, { known: met })].map((one) => ({ ...one, ordinal: 1_000 }));
    const { ledger } = await worker.change(orders);
    expect(ledger).toEqual({ ...met, counter: met.counter + 2 });
    expect(await worker.change(orders)).toEqual({ done: 'done', ledger });
  });
});

test('a node is met once, however often it is asked', async () => {
  const { ordinal } = order({}, { ordinal: 2_000 });
  await isOver();
  const meeting = {
    cluster: 'test',
    node: 'pf1',
    key: { run: 'test/1', step: 'meet', generation: 1 },
    ordinal,
    epoch: 1,
    holder: { owner: 'anna', host: 'ops1' },
  };
  expect(await worker.meet(meeting)).toEqual(await worker.meet(meeting));
});
