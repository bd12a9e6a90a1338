import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, inject, test } from 'vitest';
import { run } from './drive.js';
import { differences, type Recorded, recordedHistories } from './histories.js';
import { scenes } from './scenes.js';

const bundle = inject('bundle');
const recorded = await recordedHistories(new URL('../histories/', import.meta.url));

/** The same history, with one word of the arguments and answers changed. */
const altered = (history: Recorded, from: string, to: string): Recorded =>
  JSON.parse(JSON.stringify(history), (key, value: unknown) =>
    key === 'data' && typeof value === 'string'
      ? Buffer.from(Buffer.from(value, 'base64').toString().replace(from, to)).toString('base64')
      : value,
  ) as Recorded;

test('a run replays, and an argument or a decision that is no longer the same is seen', async () => {
  const { history } = await run('fullRecovery', scenes.fullRecovery.cluster());
  const fresh = JSON.parse(historyToJSON(history)) as Recorded;
  expect(await differences(fresh, bundle)).toEqual({ other: [], scripts: [] });
  // Temporal's own replay passes on both.
  const script = await differences(altered(fresh, 'systemctl mask', 'systemctl stop'), bundle);
  expect(script.scripts.length).toBeGreaterThan(0);
  expect(script.other).toEqual([]);
  expect((await differences(altered(fresh, '"choice":"pf2"', '"choice":"pf1"'), bundle)).other).not.toEqual([]);
});

describe.runIf(recorded.size > 0)('what was recorded in the lab', () => {
  test.each([...recorded])('%s', async (_, history) => {
    const { other, scripts } = await differences(history, bundle);
    if (scripts.length > 0) console.log(`made by another script now: ${scripts.join('; ')}`);
    expect(other).toEqual([]);
  });
});
