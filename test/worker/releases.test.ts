/** Kept installations, on a toy one: copied whole or not at all, and not believed when something is missing. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { releaseFolder, releasesFolder } from '../../cluster/places.js';
import { damageOf, keepRelease, keptReleases, manifestOf } from '../../worker/releases.js';

let home = '';
let installation = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pfrunbook-test-'));
  installation = join(home, 'installation');
  for (const folder of ['dist/worker', 'node_modules/@temporalio/worker', 'docs'])
    mkdirSync(join(installation, folder), { recursive: true });
  writeFileSync(join(installation, 'package.json'), '{}');
  writeFileSync(join(installation, 'dist/worker/main.js'), 'the old code');
  writeFileSync(join(installation, 'docs/page.md'), 'not code');
});
afterEach(() => rmSync(home, { recursive: true }));

const folder = () => releaseFolder(home, '1.0.0-a');
const code = () => readFileSync(join(folder(), 'dist/worker/main.js'), 'utf8');

test('stays as it was, whatever is done to the installation afterwards', async () => {
  await keepRelease(home, '1.0.0-a', installation, 'embedded default');
  writeFileSync(join(installation, 'dist/worker/main.js'), 'the new code'); // into the same file, too
  await keepRelease(home, '1.0.0-a', installation, 'embedded default');
  expect(code()).toBe('the old code');
  expect(await damageOf(folder())).toBeUndefined();
  expect(existsSync(join(folder(), 'docs'))).toBe(false);
});

test('a file that is missing or cut short is noticed, and the copy is made anew where the installation is that release', async () => {
  await keepRelease(home, '1.0.0-a', installation, 'embedded default');
  for (const damage of [
    () => rmSync(join(folder(), 'dist/worker/main.js')),
    () => writeFileSync(join(folder(), 'dist/worker/main.js'), ''),
    () => rmSync(join(folder(), 'node_modules'), { recursive: true }),
    () => writeFileSync(join(folder(), 'release.json'), ''),
    () => rmSync(folder(), { recursive: true }),
  ]) {
    damage();
    expect(await damageOf(folder())).toMatch(/^(missing|damaged) \(.*1\.0\.0-a/);
    await keepRelease(home, '1.0.0-a', installation, 'embedded default');
    expect(code()).toBe('the old code');
  }
});

test('remembers every Temporal that it served, and forgets none: where that is not known, it stays so', async () => {
  const served = async (temporal: string) => {
    await keepRelease(home, '1.0.0-a', installation, temporal);
    return (await manifestOf(folder()))?.temporals;
  };
  await served('embedded default');
  await served('embedded default');
  expect(await served('team:7233 default')).toEqual(['embedded default', 'team:7233 default']);
  rmSync(join(folder(), 'dist/worker/main.js')); // kept anew
  expect(await served('embedded default')).toEqual(['embedded default', 'team:7233 default']);
  writeFileSync(join(folder(), 'release.json'), '');
  expect(await served('embedded default')).toBeUndefined();
  expect(await damageOf(folder())).toBeUndefined();
});

test('a copy that fails leaves nothing, and what an interrupted one left is never taken for a release', async () => {
  mkdirSync(join(releasesFolder(home), '.new-cut'), { recursive: true }); // a power cut in the middle
  rmSync(join(installation, 'dist'), { recursive: true });
  await expect(keepRelease(home, '1.0.0-a', installation, 'embedded default')).rejects.toThrow('dist');
  expect(readdirSync(releasesFolder(home))).toEqual([]);
  mkdirSync(join(releasesFolder(home), '.new-cut'));
  expect(await keptReleases(home)).toEqual([]);
});

test('an installation whose packages lie elsewhere is not kept by half', async () => {
  rmSync(join(installation, 'node_modules'), { recursive: true });
  await expect(keepRelease(home, '1.0.0-a', installation, 'embedded default')).rejects.toThrow('npm install --global');
  expect(existsSync(folder())).toBe(false);
});
