/** Shared keys that a run is given, or that are made for it. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaintsAboutSecret } from '../../cluster/keepalived.js';
import { secretActivities } from '../../worker/secrets.js';

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'pfrunbook-secrets-'));
});
afterAll(() => rm(state, { recursive: true }));

const asked = (given?: string, run = 'hq/20261124-1712-7f3a') =>
  secretActivities(state).keepalivedSecret({ run, ...(given !== undefined && { given }) });

test('one is made once for a run, for the worker’s user alone', async () => {
  const [first, second] = await Promise.all([asked(), asked()]);
  expect([first, second.reference]).toEqual([
    { reference: `file:${state}/secrets/hq/20261124-1712-7f3a/keepalived`, complaints: [] },
    first.reference,
  ]);
  const file = first.reference.slice('file:'.length);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const secret = await readFile(file, 'utf8');
  expect(complaintsAboutSecret(secret)).toEqual([]);
  expect((await asked(undefined, 'hq/20261124-1713-7f3b')).reference).not.toBe(first.reference);
  await expect(asked(undefined, '../../etc')).rejects.toThrow('not the name of a run');
  expect(await readFile(file, 'utf8')).toBe(secret);
});

test.each<[string, RegExp | undefined]>([
  ['exec:id', /env:NAME or file:/],
  ['s3cret', /env:NAME or file:/],
  ['file:key', /the whole path/],
  ['file:/nowhere/key', /cannot be read/],
  ['file:short', /has 3 characters/],
  ['file:good', undefined],
])('%s', async (given, wrong) => {
  for (const [name, text] of Object.entries({ short: 'abc', good: 'Xk2Pq7-aM9' }))
    await writeFile(join(state, name), `${text}\n`);
  const reference = given.replace(/^file:(short|good)$/, `file:${state}/$1`);
  const { complaints } = await asked(reference);
  expect(complaints).toEqual(wrong ? [expect.stringMatching(wrong)] : []);
  expect(complaints.join()).not.toMatch(/s3cret|abc/);
});
