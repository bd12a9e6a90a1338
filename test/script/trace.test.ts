/** The model sees what real nodes showed: recorded by test/sweep/model-and-lab.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { onModel } from './on-model.js';
import { acts, play } from './script.js';

test.each(acts)('%s: the model sees what the lab saw', async (act) => {
  const recorded = readFileSync(new URL(`./seen/${act}.json`, import.meta.url), 'utf8');
  expect(await play(act, onModel())).toEqual(JSON.parse(recorded));
});
