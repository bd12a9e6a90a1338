/** The look at a node, run on a folder that stands for one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { guardText } from '../../../activities/guards.js';
import { nodeFromText } from '../../../activities/look/nodes.js';
import { syncedList } from '../../../cluster/commands/folders.js';
import type { Change } from '../../../cluster/words.js';
import { silent } from '../../cluster/nodes.js';

const script = readFileSync(new URL('../../../activities/look/nodes.sh', import.meta.url), 'utf8');
const ours = '[CLUSTER]\nmanagement_ip=192.0.2.10\n[pf1]\nmanagement_ip=192.0.2.11\n';
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** `files`: as they stand on the node. */
async function seen(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'pfrunbook-look-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const there = script.replaceAll(/\/(usr\/local\/pf|var\/lib\/pfrunbook)\b/g, (path) => `${root}${path}`);
  const { stdout } = await execa('sh', ['-c', `roles=; confs=; find_data() { data=${root}/none; }\n${there}`], {
    reject: false,
  });
  return nodeFromText('pf1', stdout, silent, { now: Date.now(), clusterConf: ours });
}
const look = async (files: Readonly<Record<string, string>>) => (await seen(files)).flags;

const change: Change = {
  ...{ verb: 'maskAutofix', node: 'pf1', title: 'Stop galera-autofix on pf1', script: ':', wanted: ':' },
  inverse: { verb: 'x', node: 'pf1', title: 'Let galera-autofix work again on pf1', script: ':', wanted: ':' },
};

test('what is owed is told by how it goes back, not by what was done', async () => {
  const text = guardText({ cluster: 'hq', run: 'hq/1', change, what: 'owed' }, new Date());
  const { owedGuards } = await look({ '/var/lib/pfrunbook/guards/hq_1.maskAutofix.pf1.sh': text });
  expect(owedGuards).toEqual({ 'hq_1.maskAutofix.pf1.sh': 'Let galera-autofix work again on pf1' });
});

test('who is held by a run that took the configuration over was joining', async () => {
  const hold = { ...change, verb: 'holdDatabase' };
  const text = guardText({ cluster: 'hq', run: 'hq/1', change: hold, what: 'owed' }, new Date());
  const guard = { '/var/lib/pfrunbook/guards/hq_1.holdDatabase.pf1.sh': text };
  expect(await look({ ...guard, [syncedList('hq/1')]: '' })).toMatchObject({ heldByJoin: true });
  expect(await look({ ...guard, [syncedList('hq/0')]: '' })).not.toHaveProperty('heldByJoin');
});

test('room for data is told where its folder is not there yet: of the disk that it would be on', async () => {
  const { datadir } = (await seen({})).database;
  expect(datadir).toMatchObject({ holdsData: false, usedBytes: 0 });
  expect(datadir.freeBytes).toBeGreaterThan(0);
});

test('a set-up that is not over is seen', async () => {
  expect(await look({ '/var/lib/pfrunbook/set-up-begun': '' })).toMatchObject({ setUpBegun: true });
  expect(await look({})).not.toHaveProperty('setUpBegun');
});

test.each<[string, Readonly<Record<string, string>>, true | undefined]>([
  ['none', {}, true],
  ['as the package leaves it', { '/usr/local/pf/conf/cluster.conf': '#[pf1]\n[CLUSTER]\nmanagement_ip=\n' }, true],
  ['ours', { '/usr/local/pf/conf/cluster.conf': ours }, undefined],
])('whether its cluster.conf names anybody: %s', async (_, files, namesNobody) => {
  expect((await look(files)).clusterConf.namesNobody).toBe(namesNobody);
});
