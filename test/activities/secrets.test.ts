import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { exportsOf, resolveSecret, resolveSecrets } from '../../activities/secrets.js';

const folder = mkdtempSync(join(tmpdir(), 'pfrunbook-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'secret');
const refused = (reference: string) =>
  resolveSecret(reference).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );

describe.each([
  ['quotes', `it's "so"`],
  ['an end of a comment', 'a;b#c ; d # e'],
  ['a percent sign', '%s %d %%'],
  ['a backslash', 'a\\n\\'],
  ['blanks around it', '  a  '],
  ['a new line', 'a\nb'],
  ['letters of elsewhere', 'pä$$wörd €😀'],
  ['what a shell would run', '$(id)`id`;id&'],
])('a password with %s', (_, password) => {
  test('is read exactly, whatever holds it', async () => {
    process.env.PFRUNBOOK_TEST_SECRET = password;
    writeFileSync(file, `${password}\n`);
    expect(await resolveSecret('env:PFRUNBOOK_TEST_SECRET')).toBe(password);
    expect(await resolveSecret(`file:${file}`)).toBe(password);
    expect(await resolveSecret(`exec:cat ${file}`)).toBe(password);
    const { stdout } = await execa('sh', {
      input: `${exportsOf(await resolveSecrets({ P: `file:${file}` }))}printenv P`,
    });
    expect(stdout).toBe(password);
  });
});

test('only the last line end is taken away', async () => {
  writeFileSync(file, 'a\n\n');
  expect(await resolveSecret(`file:${file}`)).toBe('a\n');
  expect(await resolveSecret(`exec:cat ${file}`)).toBe('a\n');
});

test('what cannot be a password is refused in words that do not tell it', async () => {
  writeFileSync(file, 'hun\0ter2');
  expect(await refused(`file:${file}`)).toMatch(/secret holds a NUL character/);
  writeFileSync(file, Buffer.from([0x68, 0xff]));
  expect(await refused(`file:${file}`)).toMatch(/is no UTF-8 text/);
  writeFileSync(file, '');
  expect(await refused(`file:${file}`)).toMatch(/secret is empty/);
  expect(await refused(`file:${file}.not`)).toMatch(/cannot be read: ENOENT/);
  expect(await refused('env:PFRUNBOOK_TEST_NO_SUCH')).toMatch(/no such environment variable/);
  expect(await refused('exec:echo hunter2; exit 3')).toMatch(/its command ended with code 3/);
  expect(await refused('exec:echo hunter2; exit 3')).not.toContain('hunter2');
  expect(await refused('hunter2')).not.toContain('hunter2');
});

test.each([
  ['as it is', (text: string) => text],
  ['by a shell', (text: string) => exportsOf({ values: { P: text }, redact: (same) => same })],
  ['as JSON', (text: string) => JSON.stringify(text)],
])('no text that leaves the worker holds one that was repeated %s', async (_, repeated) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      fc.pre(!text.includes('\0'));
      process.env.PFRUNBOOK_TEST_SECRET = `Zq${text}qZ`;
      const { redact } = await resolveSecrets({ P: 'env:PFRUNBOOK_TEST_SECRET' });
      expect(redact(`a ${repeated(`Zq${text}qZ`)} b`)).toBe(`a ${repeated('[secret]')} b`);
    }),
  );
});
