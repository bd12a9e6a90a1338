/**
 * What befalls a whole node between the beginning of a change and its end: the recorded result, one execution, or a question.
 * What befalls worker and connection is in test/activities/once.test.ts. Runs are counted outside the disk that is lost.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeOrder, LedgerSeen } from '../../activities/contract.js';
import type { Change } from '../../cluster/words.js';
import type { Lab } from '../../lab/lab.js';
import { answersSsh, boot, cutPower, dress, kill, nodeRun } from '../../lab/machine.js';
import { nodeFolder } from '../../lab/places.js';
import { fillDisk, freeDisk } from '../../lab/scenarios/disk-full.js';
import { gracefulStop } from '../../lab/scenarios/graceful-stop.js';
import { run } from '../../lab/shell.js';
import { reset } from '../../lab/up.js';
import { loadCluster } from '../../worker/settings.js';
import { failure } from '../activities/orders.js';
import { until } from '../activities/sshd.js';
import { testWorker } from '../activities/worker.js';
import { Stage, seen } from '../lab/stage.js';

const name = 'exact';
const node = 'pf3';
const runName = `${name}/20261124-0612-7f3a`;
let stage: Stage;
let lab: Lab;
let disk: string;
let copy: string;
let worker: ReturnType<typeof testWorker>;
let known: LedgerSeen;
let steps = 0;

beforeAll(async () => {
  stage = await Stage.open(name);
  lab = stage.lab;
  disk = join(nodeFolder(name, node), 'disk.ext4');
  copy = join(nodeFolder(name, node), 'copy.ext4');
  const access = await loadCluster(name);
  worker = testWorker(() => access);
});
afterAll(async () => {
  await worker.close();
  await stage.close();
});
const met = async () => {
  steps += 1;
  await nodeRun(lab, node, ': >/root/trail');
  const key = { run: runName, step: 'meet', generation: steps };
  const holder = { owner: 'anna', host: 'ops1' };
  known = await worker.meet({ cluster: name, node, key, ordinal: steps, epoch: 1, holder });
};

/** Its act leaves a line in /root, which is not on the disk that is cut, put back or full. */
function order(change: Partial<Change>): ChangeOrder {
  const { script = ':', ...more } = change;
  return {
    cluster: name,
    key: { run: runName, step: String(steps), generation: 1 },
    ordinal: steps,
    epoch: 1,
    holder: { owner: 'anna', host: 'ops1' },
    known,
    change: { verb: 'try', node, title: 'Try', wanted: 'false', ...more, script: `echo x >>/root/trail; ${script}` },
  };
}
const timesRun = async () => Number(await nodeRun(lab, node, 'wc -l </root/trail'));
const bootAgain = async () => {
  await boot(lab, node);
  await answersSsh(lab, node);
};
const reimage = async () => {
  await kill(lab, node);
  await dress(lab, node, join(lab.seed, `${node}.ext4`));
  await bootAgain();
};
const copied = (from: string, to: string) => run('cp', ['--sparse=always', '--reflink=auto', from, to]);

describe('the disk is full', () => {
  beforeEach(met);

  test('before: it is refused, and made once there is room', async () => {
    await fillDisk(lab, node);
    try {
      expect(await failure(worker.change(order({ wanted: '[ -s /root/trail ]' })))).toMatch(
        /^Refused: pf3: Try: The node's ledger cannot take it: no room for the record\. Nothing was done\. Make room under \/var/,
      );
      expect(await timesRun()).toBe(0);
    } finally {
      await freeDisk(lab, node);
    }
    expect((await worker.change(order({ wanted: '[ -s /root/trail ]' }))).done).toBe('done');
  });

  test('by the act itself: its end is recorded, and survives a power cut', async () => {
    const script =
      ': >/run/tried; cat /dev/zero >/var/lib/.lab-disk-full 2>/dev/null || :; sync /var/lib/.lab-disk-full';
    const asked = order({ script, wanted: '[ -e /run/tried ]' });
    const first = await worker.change(asked);
    await cutPower(lab, [node]);
    await bootAgain();
    expect(await worker.change(asked)).toEqual(first);
    expect(await timesRun()).toBe(1);
    await freeDisk(lab, node);
  });
});

describe('the power is cut', () => {
  beforeEach(met);

  test('between begin and end: it is not made again', async () => {
    const failing = failure(worker.change(order({ script: '[ "$(wc -l </root/trail)" -gt 1 ] || sleep 600' })));
    await until('it has begun', async () => (await timesRun()) === 1, 30_000);
    await cutPower(lab, [node]);
    await bootAgain();
    expect(await failing).toMatch(/^OutcomeUnknown: pf3: Try: It began, and the node was rebooted before its end\./);
    expect(await timesRun()).toBe(1);
  });

  test('right after it was answered: the end is known', async () => {
    const asked = order({ script: ': >/run/tried', wanted: '[ -e /run/tried ]' });
    const first = await worker.change(asked);
    await cutPower(lab, [node]);
    await bootAgain();
    expect(await worker.change(asked)).toEqual(first);
    expect(await timesRun()).toBe(1);
  });
});

describe('the node comes back', () => {
  beforeEach(met);

  const doubt = async (asked: ChangeOrder): Promise<string> => {
    await nodeRun(lab, node, ': >/root/trail'); // a fresh root has none
    const said = await failure(worker.change(asked));
    expect(said).toMatch(/^OutcomeUnknown: pf3: Try: The node's ledger is in doubt: /);
    expect(await timesRun()).toBe(0);
    return said;
  };

  test('from an older copy: what the run did there is not done again', async () => {
    await kill(lab, node);
    await copied(disk, copy);
    await bootAgain();
    const asked = order({ script: ': >/var/lib/tried', wanted: '[ -e /var/lib/tried ]' });
    const { ledger } = await worker.change(asked);
    await kill(lab, node);
    await copied(copy, disk);
    await bootAgain();
    const said = await doubt({ ...asked, known: ledger });
    expect(said).toContain(
      `the ledger has gone back. It had counted ${ledger.counter} changes, and counts ${known.counter}. Its newest change is of run ${runName}.`,
    );
  });

  test('reimaged, or as a clone under another machine-id', async () => {
    await kill(lab, node);
    await copied(disk, copy);
    await dress(lab, node, copy);
    await bootAgain();
    const clone = await doubt(order({}));
    expect(clone).toContain(`another machine than before. Its machine-id was ${known.machine}, and is `);

    await reimage();
    const reimaged = await doubt(order({}));
    expect(reimaged).toContain('another ledger than before. ');
    expect(reimaged).toContain(`Its machine-id was ${known.machine}, and is `);
    expect(reimaged).toContain(`Its ledger was ${known.ledger}, and is `);
    await rm(copy, { force: true });
  });
});

test('a run whose node was reimaged while it waited asks, and names what it did there, before it touches it', async () => {
  await reset(name);
  await gracefulStop(lab);
  const started = await stage.type('start', 'full-recovery', name, '--resync-from-scratch', '--detach');
  expect(started.code, started.all).toBe(0);
  const keep = await stage.asked();
  await reimage();
  await stage.type('decide', name, keep.token, 'abort');
  const question = await seen('another question', 60_000, async () => {
    const next = (await stage.progress())?.question;
    return next && next.token !== keep.token ? next : undefined;
  });
  const [said] = question.evidence.verdict;
  expect(said).toMatch(
    /^pf3: Let MariaDB start again on pf3.*: The node's ledger is in doubt: another ledger than before\./,
  );
  expect(said).toMatch(
    /By its own history, this run did there before, or found done: Stop galera-autofix on pf3; .*; Stop MariaDB on pf3.*; Read what pf3 last committed/,
  );
  expect(await nodeRun(lab, node, 'cat /var/lib/pfrunbook/e.* 2>/dev/null | wc -l')).toBe('0');

  await stage.type('decide', name, question.token, 'retry');
  const { code, all } = await stage.type('watch', name);
  expect(code, all).toBe(1);
  expect(all).toContain('aborted');
  expect(await nodeRun(lab, node, 'cat /var/lib/pfrunbook/e.*,meet,* | cut -d" " -f1,8')).toBe('E found_done');
});
