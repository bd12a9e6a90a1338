/** What is owed stands on the node as plain sh. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { concerns, guardText, listGuards, noteGuard, removeGuard, restoreGuard } from '../../activities/guards.js';
import { takeLock } from '../../activities/runner/request.js';
import { type Remote, SshPool } from '../../activities/ssh/pool.js';
import type { Change } from '../../cluster/words.js';
import { type Sshd, startSshd, until } from './sshd.js';

let sshd: Sshd;
let pool: SshPool;
let node: Remote;
let flag: string; // the guard: up while this file is there
let script: string;

beforeAll(async () => {
  sshd = await startSshd();
  pool = new SshPool();
  node = await pool.reach(sshd.access(), 'pf1');
  flag = join(sshd.folder, "it's on");
  script = join(sshd.places.dir, 'guards', 'hq_20261124-0612-7f3a.lowerGuard.pf1.sh');
});
beforeEach(() => removeGuard(node, note(), claim, sshd.places));
afterAll(async () => {
  await pool.close();
  await sshd[Symbol.asyncDispose]();
});

function note(inverse: Partial<Change> = {}) {
  const wanted = `[ -e "${flag}" ]`;
  const back: Change = {
    verb: 'raiseGuard',
    node: 'pf1',
    title: 'Raise the guard',
    script: `: >"${flag}"`,
    wanted,
    ...inverse,
  };
  const change: Change = {
    verb: 'lowerGuard',
    node: 'pf1',
    title: 'Lower the\nguard',
    script: `rm -f "${flag}"`,
    wanted: `! ${wanted}`,
    inverse: back,
  };
  return {
    cluster: 'test',
    run: 'hq/20261124-0612-7f3a',
    change,
    condition: 'every node is Synced',
    what: 'owed' as const,
  };
}

const claim = { run: 'hq/20261124-0612-7f3a', owner: 'anna', host: 'ops1', epoch: 1 };
const held = { ...claim, since: '2026-11-24T06:12:00Z', held: true };

describe('a guard that is owed', () => {
  test('is noted, listed, put back by its script, and no longer owed', async () => {
    await noteGuard(node, note(), claim, { places: sshd.places });
    expect((await stat(script)).mode & 0o077).toBe(0);
    const { guards, unreached } = await listGuards(pool, sshd.access(), sshd.places);
    expect(unreached).toEqual([]);
    expect(guards).toEqual([
      {
        node: 'pf1',
        file: 'hq_20261124-0612-7f3a.lowerGuard.pf1.sh',
        title: 'Lower the guard',
        back: 'Raise the guard',
        run: 'hq/20261124-0612-7f3a',
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        condition: 'every node is Synced',
      },
    ]);
    await execa('sh', [script]); // by hand, on the node, without us
    expect(await readFile(flag, 'utf8')).toBe('');
    expect((await listGuards(pool, sshd.access(), sshd.places)).guards).toEqual([]);
  });

  test.each([
    ['says so where it stays stopped', 'false', true],
    ['says nothing where it starts again', 'true', false],
  ])('of a unit %s', async (_, start, said) => {
    const text = guardText(note({ given: { start } }), new Date());
    expect(/^# ran: no$/m.test(text)).toBe(said);
  });

  test('is removed when its run has put it back; twice is once', async () => {
    await noteGuard(node, note(), claim, { places: sshd.places });
    await noteGuard(node, note(), claim, { places: sshd.places });
    await removeGuard(node, note(), claim, sshd.places);
    await removeGuard(node, note(), claim, sshd.places);
    expect((await listGuards(pool, sshd.access(), sshd.places)).guards).toEqual([]);
  });

  test.each([
    [
      'refuses while what it requires is not so',
      { requires: 'false', wanted: 'false' },
      /Refused: what must be so before it is not so. Nothing was done/,
    ],
    [
      'stays owed where its script fails',
      { script: 'echo no such unit; false; echo never', wanted: 'false' },
      /no such unit\s+It ended with code 1, and is not back/,
    ],
    [
      'stays owed where its script ends well and nothing is back',
      { script: ':', wanted: 'false' },
      /It ended with code 0, and is not back/,
    ],
  ])('%s', async (_, inverse, expected) => {
    await noteGuard(node, note(inverse), claim, { places: sshd.places });
    const [owed] = (await listGuards(pool, sshd.access(), sshd.places)).guards;
    if (!owed) throw new Error('nothing is owed');
    await expect(restoreGuard(node, { ...owed, seen: held }, sshd.places)).rejects.toThrow(expected);
    expect((await listGuards(pool, sshd.access(), sshd.places)).guards).toHaveLength(1);
  });

  test('put back over SSH twice is put back once', async () => {
    await noteGuard(node, note({ script: `echo x >>"${flag}.count"`, wanted: `[ -e "${flag}.count" ]` }), claim, {
      places: sshd.places,
    });
    const [owed] = (await listGuards(pool, sshd.access(), sshd.places)).guards;
    if (!owed) throw new Error('nothing is owed');
    await restoreGuard(node, { ...owed, seen: held }, sshd.places);
    await restoreGuard(node, { ...owed, seen: held }, sshd.places);
    expect(await readFile(`${flag}.count`, 'utf8')).toBe('x\n');
  });

  test('is not put back under the hands of a run that took the node after the look', async () => {
    await noteGuard(node, note({ script: `: >"${flag}.early"`, wanted: `[ -e "${flag}.early" ]` }), claim, {
      places: sshd.places,
    });
    const { guards, locks } = await listGuards(pool, sshd.access(), sshd.places);
    const [owed] = guards;
    if (!owed) throw new Error('nothing is owed');
    const [before] = locks.map(({ lock }) => lock);
    const other = { run: 'hq/20261124-0700-0b0b', owner: 'boris', host: 'ops2', epoch: 2, over: [claim.run] };
    expect(await takeLock(node, other, sshd.places)).not.toBeTypeOf('string');
    await expect(restoreGuard(node, { ...owed, seen: before }, sshd.places)).rejects.toThrow(
      /A run has taken this node meanwhile: hq\/20261124-0700-0b0b \(boris on ops2, .*Nothing was done/,
    );
    await expect(stat(`${flag}.early`)).rejects.toThrow(/ENOENT/);
    const [now] = (await listGuards(pool, sshd.access(), sshd.places)).locks; // looked at again, and so decided on
    await restoreGuard(node, { ...owed, seen: now?.lock }, sshd.places);
    expect((await stat(`${flag}.early`)).isFile()).toBe(true);
    await rm(join(sshd.places.dir, 'lock'));
  });

  test('is put back before a run that comes meanwhile takes the node', async () => {
    const fifo = join(sshd.folder, 'guard-fifo');
    const waits = { script: `mkfifo ${fifo}; cat ${fifo}; : >"${flag}.slow"`, wanted: `[ -e "${flag}.slow" ]` };
    await noteGuard(node, note(waits), claim, { places: sshd.places });
    const { guards, locks } = await listGuards(pool, sshd.access(), sshd.places);
    const [owed] = guards;
    if (!owed) throw new Error('nothing is owed');
    const restoring = restoreGuard(node, { ...owed, seen: locks[0]?.lock }, sshd.places);
    await until('the script is at work', () =>
      stat(fifo).then(
        () => true,
        () => false,
      ),
    );
    let taken = false;
    const other = { run: 'hq/20261124-0800-0c0c', owner: 'boris', host: 'ops2', epoch: 9, over: [claim.run] };
    const taking = takeLock(node, other, sshd.places).finally(() => {
      taken = true;
    });
    await until(
      'the run waits for the lock',
      async () =>
        (await execa('sh', ['-c', `cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'flock -w 5 [7]' || :`]))
          .stdout !== '0',
    );
    expect(taken).toBe(false);
    await execa('sh', ['-c', `echo >${fifo}`], { timeout: 5_000 });
    await restoring;
    expect(await taking).toMatchObject({ ledger: expect.any(String) });
    expect((await stat(`${flag}.slow`)).isFile()).toBe(true);
    await rm(join(sshd.places.dir, 'lock'));
  });

  test.each([
    ['ledger', { ledger: 'of-another' }],
    ['machine', { machine: 'another' }],
    ['counter', { counter: 8 }],
  ])('is not noted, and no lock taken, where the node is another than was known: its %s', async (_, other) => {
    await rm(join(sshd.places.dir, 'lock'), { force: true });
    await writeFile(join(sshd.places.dir, 'id'), 'of-pf1\n');
    await writeFile(join(sshd.places.dir, 'newest'), '7 1 hq_20261124-0612-7f3a 3 .\n');
    const known = { ledger: 'of-pf1', counter: 7, machine: '' };
    const { places } = sshd;
    expect(await noteGuard(node, note(), claim, { known: { ...known, ...other }, places })).toBe(false);
    const { guards, locks } = await listGuards(pool, sshd.access(), places);
    expect([guards, locks]).toEqual([[], [{ node: 'pf1' }]]);
    expect(await noteGuard(node, note(), claim, { known, places })).toBe(true);
    expect((await listGuards(pool, sshd.access(), places)).guards).toHaveLength(1);
  });

  test('that needs a secret asks for it by name, and holds no value', async () => {
    process.env.PFRUNBOOK_TEST_SECRET = 'hunter2';
    const text = guardText(note({ secrets: { PASSWORD: 'env:PFRUNBOOK_TEST_SECRET' } }), new Date());
    expect(text).not.toContain('hunter2');
    const file = join(sshd.folder, 'guard.sh');
    await writeFile(file, text);
    const { exitCode, stderr } = await execa('sh', [file], { reject: false });
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/PASSWORD: must be set/);
  });
});

test('of an absent node: what stands on it, and the barriers against it on the others', () => {
  const on = (node: string, verb: string) => concerns({ node, file: `hq_1.${verb}.${node}.sh` }, 'pf3.example.com');
  expect(on('pf3.example.com', 'holdDatabase')).toBe(true);
  expect(on('pf1', 'keepOut-pf3.example.com')).toBe(true);
  expect([on('pf1', 'keepOut-pf2'), on('pf1', 'holdDatabase')]).toEqual([false, false]);
});

test('nodes that cannot be asked may owe more, and are named', async () => {
  const { guards, unreached } = await listGuards(pool, sshd.access({ port: 1 }), sshd.places);
  expect(guards).toEqual([]);
  expect(unreached.map(({ node: name }) => name)).toEqual(['pf1']);
});
