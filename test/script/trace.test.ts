/** The model sees what real nodes showed: seen/ holds what test/sweep/model-and-lab.test.ts recorded. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { expect, test } from 'vitest';
import { onModel } from './on-model.js';
import { acts, play } from './script.js';

const folder = new URL('./seen/', import.meta.url);

test.each(readdirSync(folder))('%s: the model sees what the lab saw', async (file) => {
  const act = acts.find((one) => one === parse(file).name);
  if (!act) throw new Error(`there is no act of that name: ${acts.join(', ')}`);
  expect(await play(act, onModel())).toEqual(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
});
