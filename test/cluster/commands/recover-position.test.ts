/** A seal that a reboot broke, made anew by a real shell in a folder of ours; the programs of a database are words that say they were called. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newClusterBegun, sealAgain } from '../../../cluster/commands/recover-position.js';
import { newestDialect as dialect } from '../../../cluster/dialect.js';

const run = 'hq/20261124-0612-7f3a';
const change = sealAgain('pf1', dialect, run);
const at = 1_790_000_000; // seconds
const now = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-seal-'));
  for (const path of ['data', 'bin', 'recovered/hq-20261124-0612-7f3a'])
    mkdirSync(join(folder, path), { recursive: true });
  for (const name of ['mariadbd', 'mariadb', 'journalctl', 'my_print_defaults']) {
    const says = name === 'my_print_defaults' ? `echo --datadir=${folder}/data` : `echo ${name} >>${folder}/called`;
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${says}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  writeFileSync(join(folder, 'data/ibdata1'), 'data');
  utimesSync(join(folder, 'data/ibdata1'), at, at);
});
afterEach(() => rmSync(folder, { recursive: true }));

const facts = () => join(folder, 'recovered/hq-20261124-0612-7f3a/facts');
const seal = (boot: string) =>
  writeFileSync(facts(), `datadir\t${folder}/data\nposition\tu:7\nboot\t${boot}\nseal\tibdata1 ${at} 4\n`);
function sh(text: string): number | undefined {
  const here = text.replaceAll('/var/lib/pfrunbook', folder).replaceAll('/run/pfrunbook', join(folder, 'run'));
  const { exitCode } = execaSync('sh', ['-c', here], {
    reject: false,
    env: { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  return exitCode;
}

test('holds in the boot that it was made in, and is taken over into another while nothing has touched the data', () => {
  seal(now);
  expect(sh(change.wanted)).toBe(0);
  seal('another');
  expect([sh(change.wanted), sh(change.script), sh(change.wanted)]).toEqual([1, 0, 0]);
  expect(readFileSync(facts(), 'utf8')).toMatch(new RegExp(`position\tu:7\n.*boot\t${now}\n$`, 's'));
  expect(existsSync(join(folder, 'called'))).toBe(false); // the data was not read once more
});

test('is broken where the data was touched, and counts no more once a new cluster was begun from it', () => {
  seal(now);
  utimesSync(join(folder, 'data/ibdata1'), at + 1, at + 1);
  expect(sh(change.wanted)).toBe(1);
  writeFileSync(newClusterBegun(run).replace('/var/lib/pfrunbook', folder), '');
  expect(sh(change.wanted)).toBe(0);
});
