/**
 * Two machines, each with a Temporal of its own, reach one cluster, under two names. Nobody tells them of each other
 * but the nodes. A node is met late; a machine burns; it comes back.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { Stage, seen } from '../lab/stage.js';

let ours: Stage;
let theirs: Stage;
beforeAll(async () => {
  ours = await Stage.open('locks');
  theirs = await ours.beside('site');
});
afterAll(async () => {
  await theirs.close();
  await ours.close();
});

/** "epoch run held|free" of each node. */
const locks = () => ours.onAll('cut -d" " -f1,2,6 /var/lib/pfrunbook/lock 2>/dev/null || :');
const heldBy = (run: string, epoch: number, nodes = 3) =>
  ours.lab.nodes.map((_, i) => (i < nodes ? `${epoch} ${run} held` : ''));
const asked = (stage: Stage, name: string) =>
  seen(`the question ${name}`, 180_000, async () => {
    const question = (await stage.progress())?.question;
    return question?.token.startsWith(`${name}-`) ? question : undefined;
  });
const runOf = async (stage: Stage) => (await seen('the run', 30_000, () => stage.progress())).run;
const decide = async (stage: Stage, token: string, choice: string) => {
  const { code, all } = await stage.type('decide', stage.name, token, choice);
  expect(code, all).toBe(0);
};

test('two servers on two machines work on one cluster one after the other, and what burned changes nothing when it is back', async () => {
  await ours.cutPower();

  // Ours begins while two nodes cannot be reached, and meets them later.
  const late = ['pf2', 'pf3'];
  for (const node of late) await ours.on(node, 'systemctl stop ssh.socket ssh.service');
  await ours.type('start', 'full-recovery', ours.name, '--detach');
  const few = await asked(ours, 'lock');
  expect(few.evidence.verdict[0]).toContain('Only 1 of 3 nodes can be reached');
  await ours.type('pause', ours.name);
  await decide(ours, few.token, 'go-on');
  await seen('a pause before the first look', 60_000, async () =>
    (await ours.progress())?.phase === 'paused' ? true : undefined,
  );
  const first = await runOf(ours);
  expect(await locks()).toEqual(heldBy(first, 1, 1));
  for (const node of late) await ours.on(node, 'systemctl start ssh.service');
  await ours.type('resume', ours.name);
  const gate = await asked(ours, 'keep');
  expect(await locks()).toEqual(heldBy(first, 1));

  // Theirs sees the lock before it has touched anything; so does who looks without Temporal.
  await theirs.type('start', 'full-recovery', theirs.name, '--detach');
  const foreign = await asked(theirs, 'lock');
  expect(foreign.evidence.verdict[0]).toMatch(
    new RegExp(
      `pf1 is held by ${first} \\(\\S+ on \\S+, since .*\\)\\. Last begun there: Read what pf1 last committed`,
    ),
  );
  const owed = await ours.onAll('ls /var/lib/pfrunbook/guards');
  const refused = await theirs.type('guards', theirs.name, '--restore');
  expect([refused.code, refused.all]).toEqual([2, expect.stringContaining(`A run is open: ${first} (`)]);
  expect(await ours.onAll('ls /var/lib/pfrunbook/guards')).toEqual(owed);
  expect((await theirs.json<Diagnosis>('diagnose', theirs.name)).recommended).toEqual({
    command: `pfrunbook watch ${first}`,
  });

  // Our machine burns. Theirs takes over, under a higher epoch, and ends what was begun.
  const { pid, serverPid = 0, workerPid = 0 } = await ours.supervisor();
  for (const each of [pid, serverPid, workerPid]) process.kill(each, 'SIGKILL');
  await decide(theirs, foreign.token, 'take-over');
  await asked(theirs, 'keep');
  const second = await runOf(theirs);
  expect(await locks()).toEqual(heldBy(second, 2));
  const { code, all } = await theirs.type('watch', theirs.name, '--yes');
  expect(code, all).toBe(0);
  const healthy = async () => (await theirs.json<Diagnosis>('diagnose', theirs.name)).condition;
  expect(await healthy()).toBe('healthy');
  expect(await ours.onAll('ls /var/lib/pfrunbook/guards')).toEqual(['', '', '']);
  const given = ours.lab.nodes.map(() => `2 ${second} free`);
  expect(await locks()).toEqual(given);

  // The machine is found again. Its run is stale: it may end, and changes nothing.
  await ours.disconnect();
  await ours.type('up');
  const before = await ours.onAll('ls /var/lib/pfrunbook/e.* | wc -l');
  await ours.type('decide', ours.name, gate.token, gate.evidence.goOn ?? '');
  const answered = new Set([gate.token]);
  const handle = await ours.handle();
  await seen('the end of the stale run', 180_000, async () => {
    if ((await handle.describe()).status.name !== 'RUNNING') return true;
    const question = (await handle.query<Progress>(messages.progress)).question;
    if (question && !answered.has(question.token)) {
      answered.add(question.token);
      await ours.type('decide', ours.name, question.token, 'abort');
    }
    return undefined;
  });
  expect(await ours.onAll('ls /var/lib/pfrunbook/e.* | wc -l')).toEqual(before);
  expect([await locks(), await healthy()]).toEqual([given, 'healthy']);
  expect(await ours.verify()).toMatchObject({ duplicated: 0, lostByChoice: 0, differing: [] });
});
