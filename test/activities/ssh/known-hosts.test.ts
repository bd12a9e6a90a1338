import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint, judgeHostKey, keysOf, keyType, withKey } from '../../../activities/ssh/known-hosts.js';

let folder: string;
let line: string; // "ssh-ed25519 AAAA..."
let other: string;
let key: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pfrunbook-keys-'));
  [line, other] = await Promise.all([make('a'), make('b')]);
  key = Buffer.from(line.split(' ')[1] ?? '', 'base64');
});
afterAll(() => rm(folder, { recursive: true }));

async function make(name: string): Promise<string> {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, name)]);
  return (await readFile(join(folder, `${name}.pub`), 'utf8')).trim();
}
const verdict = (knownHosts: string, names = ['192.0.2.11', 'pf1'], port = 22) =>
  judgeHostKey(keysOf(knownHosts, names, port), key);

describe('a host key is known', () => {
  test.each([
    ['by address', '192.0.2.11'],
    ['by name', 'pf1'],
    ['in a list', 'web,192.0.2.11,db'],
    ['by a pattern', '192.0.2.*'],
    ['by one letter', 'pf?'],
    ['in capitals', 'PF1'],
  ])('%s', (_, hosts) => expect(verdict(`# comment\n\n${hosts} ${line} comment\n`)).toBe('known'));

  test('on its port only', () => {
    expect(verdict(`[192.0.2.11]:2222 ${line}`, ['192.0.2.11'], 2222)).toBe('known');
    expect(verdict(`192.0.2.11 ${line}`, ['192.0.2.11'], 2222)).toBe('unknown');
    expect(verdict(`[192.0.2.11]:2222 ${line}`)).toBe('unknown');
  });

  test('with its name hashed by ssh-keygen -H', async () => {
    const file = join(folder, 'known_hosts');
    await writeFile(file, `192.0.2.11 ${line}\n[192.0.2.11]:2222 ${line}\n`);
    await execa('ssh-keygen', ['-H', '-f', file]);
    const hashed = await readFile(file, 'utf8');
    expect(hashed).not.toContain('192.0.2');
    expect(verdict(hashed)).toBe('known');
    expect(verdict(hashed, ['192.0.2.11'], 2222)).toBe('known');
    expect(verdict(hashed, ['192.0.2.12'])).toBe('unknown');
  });
});

test('another key under its name: changed', () => expect(verdict(`192.0.2.11 ${other}`)).toBe('changed'));
test('one of several keys: known', () => expect(verdict(`192.0.2.11 ${other}\npf1 ${line}`)).toBe('known'));
test('no line of its name: unknown', () => expect(verdict(`192.0.2.12 ${line}`)).toBe('unknown'));
test('a name taken out of a pattern: unknown', () =>
  expect(verdict(`192.0.2.*,!192.0.2.11 ${line}`, ['192.0.2.11'])).toBe('unknown'));
test('revoked wins over known', () => expect(verdict(`192.0.2.11 ${line}\n@revoked * ${line}`)).toBe('revoked'));
test('another key revoked: only unknown', () => expect(verdict(`@revoked * ${other}`)).toBe('unknown'));
test('the key of an authority is not its own', () => expect(verdict(`@cert-authority * ${line}`)).toBe('unknown'));

test('prints a key as ssh-keygen does', async () => {
  const { stdout } = await execa('ssh-keygen', ['-lf', join(folder, 'a.pub')]);
  expect(stdout).toContain(fingerprint(key));
  expect(keyType(key)).toBe('ssh-ed25519');
});

test('whom an authority signs for is told apart from its own keys', () => {
  const { keys, authorities } = keysOf(
    `@cert-authority 192.0.2.* ${line}\n@cert-authority other ${other}`,
    ['192.0.2.11'],
    22,
  );
  expect(keys).toEqual([]);
  expect(authorities).toEqual([{ type: 'ssh-ed25519', fingerprint: fingerprint(key) }]);
});

describe('a key that takes the place of the known one', () => {
  const names = ['192.0.2.11', 'pf1'];
  test.each<[string, (hashed: string) => string, (hashed: string) => string]>([
    ['of no line', () => '', () => ''],
    ['of its own line, without a line end', () => `pf1,192.0.2.11 ${other}`, () => ''],
    ['of its name in a line of several', () => `pf2,PF1 ${other}\npf3 ${line}\n`, () => `pf2 ${other}\npf3 ${line}\n`],
    ['of a hashed line', (hashed) => `${hashed}\n`, () => ''],
    ['and not of marked lines, patterns, comments', keepsAll, keepsAll],
  ])('%s', async (_, before, after) => {
    const at = join(folder, 'hashed');
    await writeFile(at, `192.0.2.11 ${other}\n`);
    await execa('ssh-keygen', ['-q', '-H', '-f', at]);
    const hashed = (await readFile(at, 'utf8')).trim();
    const text = withKey(before(hashed), names, 22, key);
    expect(text).toBe(`${after(hashed)}192.0.2.11 ${line}\n`);
    expect(verdict(text)).toBe('known');
  });

  function keepsAll(): string {
    return `# pf1 is new\n@revoked * ${other}\n\n192.0.2.* ${other}\n[192.0.2.11]:2222 ${other}\n`;
  }
});
