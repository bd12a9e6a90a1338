/** The look at held nodes, by its own script on this machine: paths are put elsewhere, the rest is as it is sent. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealFromText, sealScript } from '../../../activities/look/held.js';

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
