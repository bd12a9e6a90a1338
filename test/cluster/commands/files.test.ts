/** Files on a node, changed by a real shell in a folder of ours. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KeyEdit, setKeys, writeFile } from '../../../cluster/commands/files.js';
import { pfFileFromText, pfFileToText, setValue } from '../../../cluster/pf-file.js';
import type { Change } from '../../../cluster/words.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, 'pf.conf');
const run = 'hq/20261123-0312-7f3a';
const owner = process.getuid?.() === 0 ? 'root:root' : '';
function sh(text: string, env: Record<string, string> = {}) {
  const here = text.replaceAll('/var/lib/pfrunbook/files', join(folder, 'kept')).replaceAll('pf:pf', owner);
  return execaSync('sh', ['-c', here], { reject: false, env });
}
const has = (change: Change, env = {}) => sh(change.wanted, env).exitCode === 0;

/** Makes it, proves it, takes it back; the text between. */
function made(change: Change, before: string, env = {}): string {
  rmSync(join(folder, 'kept'), { recursive: true, force: true });
  writeFileSync(path(), before, { mode: 0o640 });
  expect(sh(change.script, env)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(has(change, env)).toBe(true);
  const text = readFileSync(path(), 'utf8');
  expect(statSync(path()).mode & 0o777).toBe(0o640);
  if (change.inverse) expect(sh(change.inverse.script)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(path(), 'utf8')).toBe(before);
  return text;
}

const section = fc.constantFrom('database', 'interface eth0', 'webservices', 'new one');
const key = fc.constantFrom('host', 'pass', 'ip', 'user name');
const value = fc.constantFrom('127.0.0.1', '', 'a=b', '; # no comment', "it's $HOME `x`", 'é', '%s \\');
const line = fc.oneof(
  section.map((name) => `[${name}]`),
  fc.tuple(key, value).map(([k, v]) => `${k}=${v}`),
  fc.constantFrom('', '# host=1', ' ; note', 'garbage', '  pass = padded', 'host=<<EOT\nip=1\nEOT'),
);

test('keys are set on the node as the pure function sets them, every other byte as it was', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.record({ section, key, value }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (all, asked, end, whole) => {
        const edits = [...new Map(asked.map((edit) => [`${edit.section} ${edit.key}`, edit])).values()];
        const before = all.join('\n').replaceAll('\n', end) + (whole && all.length > 0 ? end : '');
        const expected = edits.reduce(
          (file, edit) => setValue(file, edit.section, edit.key, edit.value),
          pfFileFromText(before),
        );
        expect(made(setKeys('pf1', run, path(), edits), before)).toBe(pfFileToText(expected));
      },
    ),
    { numRuns: 25 },
  );
});

test('a secret comes from the environment, and stands in no text of the change', () => {
  const edits: KeyEdit[] = [{ section: 'webservices', key: 'pass', value: { secret: 'env:WS' } }];
  const change = setKeys('pf1', run, path(), edits);
  expect(change.secrets).toEqual({ PF_SECRET_1: 'env:WS' });
  const secret = `'"$x %;# ü`;
  expect(made(change, '[webservices]\nuser=packet\n', { PF_SECRET_1: secret })).toBe(
    `[webservices]\nuser=packet\npass=${secret}\n`,
  );
  expect(has(change, { PF_SECRET_1: 'another' })).toBe(false);
});

test('what cannot be edited stays as it was', () => {
  const change = setKeys('pf1', run, path(), [{ section: 'a', key: 'k', value: 'v' }]);
  writeFileSync(path(), '[a]\nx=<<EOT\nno end\n');
  expect(sh(change.script)).toMatchObject({ exitCode: 255, stderr: expect.stringContaining('a heredoc never ends') });
  expect(readFileSync(path(), 'utf8')).toBe('[a]\nx=<<EOT\nno end\n');
});

test('a whole file is written, and what was there, or that nothing was, is put back', () => {
  const change = writeFile('pf1', run, path(), "[CLUSTER]\nmanagement_ip=192.0.2.1 ; it's\n");
  expect(made(change, 'old')).toBe("[CLUSTER]\nmanagement_ip=192.0.2.1 ; it's\n");
  rmSync(join(folder, 'kept'), { recursive: true });
  rmSync(path());
  expect(has(change)).toBe(false);
  expect(sh(change.script).exitCode).toBe(0);
  expect(has(change)).toBe(true);
  expect(sh(change.inverse?.script ?? '').exitCode).toBe(0);
  expect(has(change)).toBe(false);
  expect(sh(change.inverse?.wanted ?? 'false').exitCode).toBe(0);
});
