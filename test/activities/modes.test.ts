/** What a run leaves on a node: open to root only, and without a secret in it. */
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { noteGuard } from '../../activities/guards.js';
import { SshPool } from '../../activities/ssh/pool.js';
import { ordersOn } from './orders.js';
import { startSshd } from './sshd.js';
import { testWorker } from './worker.js';

const sshd = await startSshd();
const worker = testWorker(() => sshd.access(), sshd.places);
const pool = new SshPool();
afterAll(async () => {
  await worker.close();
  await pool.close();
  await sshd[Symbol.asyncDispose]();
});

test('ledger and guards are closed to others, and hold no secret that a change was given', async () => {
  process.env.PFRUNBOOK_TEST_SECRET = 'hunter2';
  const order = ordersOn(sshd).order(({ trace }) => ({
    script: `[ "$P" != "" ] && ${trace} && : >${sshd.places.dir}/of-a-change && echo done`,
    secrets: { P: 'env:PFRUNBOOK_TEST_SECRET' },
  }));
  expect((await worker.change(order)).done).toBe('done');
  const inverse = { verb: 'a', node: 'pf1', title: 'A', script: ':', wanted: ':' };
  const guard = { cluster: 'test', run: 'test/1', what: 'owed', change: { ...order.change, inverse } } as const;
  await noteGuard(
    await pool.reach(sshd.access(), 'pf1'),
    guard,
    { run: order.key.run, epoch: order.epoch, ...order.holder },
    { places: sshd.places },
  );

  const kept = [sshd.places.dir, sshd.places.tmp];
  const { stdout } = await execa('find', [...kept, '-not', '-type', 'l', '-printf', '%m %p\n']);
  expect(stdout.split('\n').length).toBeGreaterThan(6);
  expect(stdout.split('\n').filter((line) => !/^[0-7]00 /.test(line))).toEqual([]);
  expect((await execa('grep', ['-rlaF', 'hunter2', ...kept], { reject: false })).stdout).toBe('');
});
