/** The model earns its trust: the same script, on it and on real nodes, sees the same at every step. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SshPool } from '../../activities/ssh/pool.js';
import { down } from '../../lab/down.js';
import { type Lab, loadLab } from '../../lab/lab.js';
import { nodeRun } from '../../lab/machine.js';
import { up } from '../../lab/up.js';
import { eagerAutofix } from '../lab/eager-autofix.js';
import { onLab } from '../script/on-lab.js';
import { onModel } from '../script/on-model.js';
import { acts, play } from '../script/script.js';

const name = 'script';
let lab: Lab;
const pool = new SshPool();
beforeAll(async () => {
  await up(name);
  lab = await loadLab(name);
  await Promise.all(lab.nodes.map((node) => nodeRun(lab, node, eagerAutofix)));
});
afterAll(async () => {
  await pool.close();
  await down(name);
});

test.each(acts)('%s: the model and the lab see the same', async (act) => {
  const seen = await play(act, onLab(lab, pool), console.info);
  // What the fast tests hold the model to (test/script/seen): written there when PFRUNBOOK_TRACE names the folder.
  const { PFRUNBOOK_TRACE: folder } = process.env;
  if (folder) await writeFile(join(folder, `${act}.json`), `${JSON.stringify(seen, null, 2)}\n`);
  expect(await play(act, onModel())).toEqual(seen);
});
