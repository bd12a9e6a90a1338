/** The look at held nodes, by its own script on this machine: paths are put elsewhere, the rest is as it is sent. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recoveredFromText, sealFromText, sealScript } from '../../../activities/look/held.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pfrunbook-held-'));
  await mkdir(join(folder, 'pf/var'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

async function look(datadir: string) {
  await writeFile(join(folder, 'facts'), `datadir\t${datadir}\nseal\tibdata1 1 1\n`);
  const script = sealScript('hq/1')
    .replaceAll('/var/lib/pfrunbook/recovered/hq-1', folder)
    .replaceAll('/usr/local/pf', join(folder, 'pf'));
  const { stdout } = await execa('sh', ['-c', script]);
  return sealFromText('pf1', stdout);
}

test('a held node tells what broke its seal, and what would stop it after the choice', async () => {
  expect(await look(folder)).toMatchObject({
    node: 'pf1',
    broken: expect.arrayContaining(['ibdata1 was written', 'the node was rebooted']),
    obstacles: [],
  });
  await writeFile(join(folder, 'pf/var/maintenance-mode'), '');
  expect((await look('/proc')).obstacles).toEqual([
    { to: 'start', because: expect.stringMatching(/^it is in maintenance \(on it: rm .*maintenance-mode/) },
    { to: 'full copy', because: expect.stringMatching(/^\/proc is a mount of its own/) },
  ]);
});

test.each([
  ['the same LSN and the next transaction', '5865025 15709', false],
  ['the same LSN, and a counter that came back lower, as after a full copy', '5865025 15705', false],
  ['another LSN', '5865925 15709', true],
  ['the same LSN, and transactions in between', '5865025 15711', true],
])('after a clean stop %s', (_, found, touched) => {
  const grastate = 'grastate\tb701ebf7-0000-0000-0000-000000000000 24';
  const { touched: signs } = recoveredFromText('pf3', `${grastate}\nstopped\t5865025 15708\nfound\t${found}\n`);
  expect(signs).toEqual(touched ? [expect.stringMatching(/^it was started after its clean stop/)] : []);
});
