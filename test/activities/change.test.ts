/** A change through SSH, the runner and its ledger, as the activity makes it. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ClusterAccess } from '../../activities/access.js';
import type { Done } from '../../activities/contract.js';
import { failure, ordersOn } from './orders.js';
import { startSshd, until } from './sshd.js';
import { testWorker } from './worker.js';

const sshd = await startSshd();
const { order, waiting, kill, trail, timesRun, entry } = ordersOn(sshd);
let database: ClusterAccess['mysql'] = { user: 'root' };

const worker = testWorker(() => ({ ...sshd.access(), mysql: database }), sshd.places);
afterEach(kill); // of a test that failed: the next one must not find it busy
afterAll(async () => {
  await worker.close();
  await sshd[Symbol.asyncDispose]();
});

const make = async (...asked: Parameters<typeof worker.change>): Promise<Done> => (await worker.change(...asked)).done;

describe('a change', () => {
  test('is made once, however often it is asked for', async () => {
    const asked = order();
    expect(await make(asked)).toBe('done');
    expect(await make(asked)).toBe('done');
    expect(await timesRun()).toBe(1);
  });

  test('whose wanted state is there already is found done', async () => {
    const asked = order({ wanted: 'true' });
    expect(await make(asked)).toBe('found done');
    expect(await make(asked)).toBe('found done');
    expect(await timesRun()).toBe(0);
  });

  test('that requires what is not so is refused, and made once it is so', async () => {
    const asked = order({ requires: `[ -e ${join(sshd.folder, 'ready')} ]` });
    expect(await failure(make(asked))).toMatch(
      /^Refused: pf1: Leave a trace: What must be so before it is not so. .*ready.* Nothing was done./,
    );
    expect(await timesRun()).toBe(0);
    await writeFile(join(sshd.folder, 'ready'), '');
    expect(await make(asked)).toBe('done');
  });

  test('that fails says its code and last words, every time, and is made again only for the next generation', async () => {
    const asked = order(({ trace }) => ({ script: `${trace}; echo no space left >&2; exit 28`, wanted: 'false' }));
    const first = await failure(make(asked));
    expect(first).toMatch(/^Failed: pf1: Leave a trace: It ended with code 28. Its last words: no space left/);
    expect(await failure(make(asked))).toBe(first);
    expect(await timesRun()).toBe(1);
    await failure(make({ ...asked, key: { ...asked.key, generation: 2 } }));
    expect(await timesRun()).toBe(2);
  });

  test('that ends well without its wanted state is a failure: no exit code is believed', async () => {
    expect(await failure(make(order(({ trace }) => ({ script: trace, wanted: 'false' }))))).toMatch(
      /^Failed: .*It ran, and the wanted state is not there/,
    );
    expect(await timesRun()).toBe(1);
  });

  test('that fails, or is refused, says what was wanted and what the node says of it, not the script that asked', async () => {
    const tells = { wanted: 'a lamp that is lit', requires: 'oil', seen: 'echo "the lamp is cold"; echo it smokes' };
    const wanted = '! true # asked of the lamp';
    expect(await failure(make(order(({ trace }) => ({ script: trace, wanted, tells }))))).toMatch(
      /is not there. Wanted: a lamp that is lit. Seen: the lamp is cold and it smokes. Part of it/,
    );
    const refused = await failure(make(order({ requires: wanted, tells })));
    expect(refused).toMatch(
      /^Refused: .*is not so. Needed: oil. Seen: the lamp is cold and it smokes. Nothing was done/,
    );
    expect(refused).not.toContain('asked of the lamp');
  });

  test('another one under the same key is never made', async () => {
    const asked = order();
    await make(asked);
    const other = { ...asked, change: { ...asked.change, script: `${asked.change.script}; :` } };
    expect(await failure(make(other))).toMatch(/^OutcomeUnknown: .*ledger is in doubt: another change under this key/);
    expect(await timesRun()).toBe(1);
  });

  test('that comes late is refused', async () => {
    const late = order();
    await make(order());
    expect(await failure(make(late))).toMatch(/^Refused: .*comes too late. Nothing was done./);
  });

  test('of a run that was taken over is refused', async () => {
    await make(order({}, { epoch: 2 }));
    const asked = order({}, { epoch: 1 });
    expect(await failure(make(asked))).toMatch(/^Refused: .*taken over this node/);
    expect(await timesRun()).toBe(0);
  });

  test('waits for another on its node only shortly', async () => {
    const long = waiting();
    const running = make({ ...long.order, epoch: 2 });
    await long.begun();
    expect(await failure(make(order({}, { epoch: 2 })))).toMatch(/^Refused: .*Another change is at work on this node/);
    expect(await timesRun()).toBe(0);
    await long.letGo();
    // The refused one has withdrawn its claim, so nothing newer than this one has begun.
    expect(await running).toBe('done');
  });

  test('of several on one node: they are made in order, the first failure ends it, and what was done stays done', async () => {
    const first = order({}, { epoch: 2 });
    const firstStep = Number(first.key.step);
    const ready = join(sshd.folder, 'second');
    const second = order({ requires: `[ -e ${ready} ]` }, { epoch: 2, ordinal: first.ordinal });
    const third = order(({ trail }) => ({ requires: `[ -s ${trail.replace(/\d+$/, String(firstStep))} ]` }), {
      epoch: 2,
      ordinal: first.ordinal,
    });
    const all = [first, second, third];
    expect(await failure(make(all))).toMatch(/^Refused: .*second/);
    expect([await timesRun(firstStep), await timesRun()]).toEqual([1, 0]);
    await writeFile(ready, '');
    expect(await make(all)).toBe('done');
    expect(await make(all)).toBe('done');
    expect(await Promise.all([0, 1, 2].map((i) => timesRun(firstStep + i)))).toEqual([1, 1, 1]);
    const again = all.map((one) => ({ ...one, key: { ...one.key, generation: 2 } }));
    expect(await make(again)).toBe('found done');
  });

  test('on a node of no cluster.conf is not made', async () => {
    expect(await failure(make(order({ node: 'pf9' }, { epoch: 2 })))).toMatch(/^Unreachable: .*no such node/);
  });
});

describe('an act', () => {
  test('shows its output while it runs', async () => {
    const long = waiting();
    const beats: unknown[] = [];
    const running = make({ ...long.order, epoch: 2 }, (details) => beats.push(details));
    await until('its output was seen', () => beats.length > 0);
    expect(beats[0]).toEqual({ node: 'pf1', output: 'at work' });
    await long.letGo();
    expect(await running).toBe('done');
  });

  test.each([
    ['is not run again, and its outcome is unknown', {}, /^OutcomeUnknown: .*It began, and nobody saw it end/, 1],
    ['is run again if it is repeatable', { repeatable: true }, /^Failed: .*not there/, 2],
  ])('that was killed %s', async (_, change, expected, times) => {
    const long = waiting(change);
    const asked = { ...long.order, epoch: 2 };
    const failing = failure(make(asked));
    await long.begun();
    await kill();
    expect(await failing).toMatch(expected);
    expect(await timesRun()).toBe(times);
  });

  test('that was killed after its work is done', async () => {
    const long = waiting();
    const asked = { ...long.order, epoch: 2, change: { ...long.order.change, wanted: `[ -p ${trail()}.fifo ]` } };
    const running = make(asked);
    await long.begun();
    await kill();
    expect(await running).toBe('done');
    expect(await timesRun()).toBe(1);
  });

  test('that a reboot ended is told apart', async () => {
    const long = waiting();
    const failing = failure(make({ ...long.order, epoch: 2 }));
    await long.begun();
    await kill();
    await failing;
    const record = (await readFile(entry(long.order), 'latin1')).split(' ');
    record[4] = '0'.repeat(36); // the boot id that it began under
    await writeFile(entry(long.order), record.join(' '), 'latin1');
    expect(await failure(make({ ...long.order, epoch: 2 }))).toMatch(
      /^OutcomeUnknown: .*the node was rebooted before its end/,
    );
  });
});

describe('a secret', () => {
  test('reaches the act, and neither argv, the failure nor its details', async () => {
    const file = join(sshd.folder, 'password');
    await writeFile(file, `it's $ecret\n`);
    const script = `echo "got $PASSWORD"; for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$p" 2>/dev/null | grep -F -e "$PASSWORD" >&2; done; exit 1`;
    const said = await failure(
      make(order({ script, wanted: 'false', secrets: { PASSWORD: `file:${file}` } }, { epoch: 2 })),
    );
    expect(said).toMatch(/^Failed: .*Its last words: got \[secret\] /);
    expect(said).not.toContain('$ecret');
  });

  test('of the database reaches the act, for the client that its script may call', async () => {
    const file = join(sshd.folder, 'mysql-password');
    await writeFile(file, `"db's" p%ss;w#rd\n`);
    database = { user: 'root', password: `file:${file}` };
    const asked = order(
      ({ trail }) => ({ script: `printf '%s' "$MYSQL_PWD" | sha256sum >${trail}; echo "got $MYSQL_PWD"; exit 1` }),
      { epoch: 2 },
    );
    const said = await failure(make(asked));
    database = { user: 'root' };
    expect(said).toMatch(/^Failed: .*Its last words: got \[secret\]/);
    expect(said).not.toContain('p%ss');
    const digest = createHash('sha256').update(`"db's" p%ss;w#rd`).digest('hex');
    expect(await readFile(trail(), 'utf8')).toContain(digest);
  });

  test('that cannot be read refuses the change, naming the reference', async () => {
    const asked = order(
      { secrets: { A: 'env:PFRUNBOOK_NO_SUCH', B: 'file:/nonexistent/b', C: 'hunter2' } },
      { epoch: 2 },
    );
    const said = await failure(make(asked));
    expect(said).toMatch(/^Refused: .*env:PFRUNBOOK_NO_SUCH .*file:\/nonexistent\/b .*written as a reference/);
    expect(said).not.toContain('hunter2');
    expect(await timesRun()).toBe(0);
  });
});
