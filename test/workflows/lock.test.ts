/** The lock on the nodes: two runs on one cluster, which no Temporal keeps apart. Here each has a workflow id of its own. */
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { Unreachable } from '../../activities/errors.js';
import { lockActivities } from '../../activities/lock.js';
import { endForGood } from '../../client/take-over.js';
import { lockPort } from '../../model/activities.js';
import { ModelCluster } from '../../model/cluster.js';
import { messages, type Progress, type Question } from '../../workflows/messages.js';
import {
  type Activities,
  allActivities,
  approves,
  type Desk as DeskOnServer,
  decides,
  run as runOnServer,
  seen,
} from './drive.js';
import { type Desk, run } from './rehearsed.js';

const names = ['pf1', 'pf2', 'pf3'];
const cluster = () => new ModelCluster(names).powerCut({ torn: ['pf2'] });
const locks = ({ all }: ModelCluster) =>
  all.map(({ lock }) => lock && `${lock.run} ${lock.epoch} ${lock.held ? 'held' : 'free'}`);
const allHeldBy = (name: string, epoch: number) => names.map(() => `${name} ${epoch} held`);

interface Asked {
  readonly question: Question;
  readonly answer: (choice: string) => Promise<unknown>;
}

/** A run whose questions are answered from outside. */
function begin(workflow: string, model: ModelCluster, args: object, activities = allActivities(model)) {
  const waiting: Asked[] = [];
  let told: ((asked: Asked) => void) | undefined;
  let aborting = false;
  const desk: Desk = async (token, handle) => {
    const { question } = await handle.query<Progress>(messages.progress);
    if (question?.token !== token) return;
    const asked = { question, answer: (choice: string) => decides(choice)(token, handle) };
    if (aborting) await asked.answer('abort');
    else if (told) told(asked);
    else waiting.push(asked);
    told = undefined;
  };
  const ended = run(workflow, model, { args, desk, activities });
  return {
    ended,
    /** Its next question; an end without one is an error. */
    asked: () =>
      Promise.race([
        waiting.shift() ??
          new Promise<Asked>((resolve) => {
            told = resolve;
          }),
        ended.then(({ report }): never => {
          throw new Error(`ended without a question: ${report.phase}, ${report.because}`);
        }),
      ]),
    /** Answers abort to this question and to every other, to the end. */
    abort: async ({ answer }: Asked) => {
      aborting = true;
      await answer('abort');
      await ended;
    },
  };
}

/** What a worker sees and does from one side of a cut network. */
function side(model: ModelCluster, reaches: readonly string[]): Activities {
  const activities = allActivities(model);
  const reached = (node: string) => {
    if (!reaches.includes(node)) throw ApplicationFailure.nonRetryable(`${node}: no route to host`, 'Unreachable');
  };
  const ports = model.all.map((node) => {
    const port = lockPort(node);
    const here =
      <A extends unknown[], T>(act: (...args: A) => Promise<T>) =>
      async (...args: A) => {
        if (!reaches.includes(node.name)) throw new Unreachable(node.name, 'no route to host', '');
        return act(...args);
      };
    return { ...port, see: here(port.see), take: here(port.take), give: here(port.give) };
  });
  return {
    ...activities,
    ...lockActivities(async () => ports),
    meet: async (meeting) => {
      reached(meeting.node);
      return activities.meet(meeting);
    },
    change: async (orders) => {
      for (const { change } of orders) reached(change.node);
      return activities.change(orders);
    },
  };
}

describe.concurrent('the lock on the nodes', () => {
  test('is held from the first look to the end, on every node, and what is owed does not hold it', async () => {
    const model = cluster();
    const seen: unknown[] = [];
    const activities = allActivities(model);
    const looked: typeof activities.nodes = async (which) => {
      seen.push(locks(model));
      return activities.nodes(which);
    };
    const { report } = await run('guarding', model, { activities: { ...activities, nodes: looked } });
    expect(report.owed).toHaveLength(1);
    expect(seen).toEqual([allHeldBy(report.run, 1)]);
    expect(locks(model)).toEqual(names.map(() => `${report.run} 1 free`));
    expect((await run('diagnose', model)).report.steps[0]?.title).toBe('Look at every node');
    expect(locks(model)).toEqual(names.map(() => `${report.run} 1 free`));
  });

  test('of another run is a question that says whose it is; that run ended, retry goes on', async () => {
    const model = cluster();
    const first = begin('practice', model, { keep: 'pf2' });
    const gate = await first.asked();
    const acts = model.acts.length;
    const second = begin('practice', model, { keep: 'pf2' });
    const { question, answer } = await second.asked();
    expect(question.token).toMatch(/^lock-1-/);
    const [words = ''] = question.evidence.verdict;
    expect(words).toMatch(/pf1 is held by hq\/\S+ \(anna on ops1, since 2026-11-24 03:12:00 UTC\)/);
    expect(question.evidence).toMatchObject({ goOn: 'retry', choices: { 'take-over': expect.any(String) as string } });
    expect(model.acts).toHaveLength(acts);
    await gate.answer('abort');
    expect((await first.ended).report.phase).toBe('aborted');
    await answer('retry');
    await (await second.asked()).answer('pf2');
    const { report } = await second.ended;
    expect(report.phase).toBe('done');
    expect(locks(model)).toEqual(names.map(() => `${report.run} 2 free`));
  });

  test('taken over: the run that held it changes nothing any more, and removes no note of the other', async () => {
    const model = cluster();
    const first = begin('practice', model, { keep: 'pf2' });
    const gate = await first.asked();
    const second = begin('practice', model, { keep: 'pf3' });
    await (await second.asked()).answer('take-over');
    const secondGate = await second.asked();
    const before = [locks(model), model.acts.length, model.all.map(({ owed }) => Object.keys(owed).length)];

    await gate.answer('abort'); // as a worker would that was away meanwhile: it puts back what it lowered
    const refused = await first.asked();
    expect(refused.question.evidence.verdict[0]).toMatch(
      /Start monit on pf3: Another run holds this node: hq\/.*This run was overtaken/,
    );
    expect(Object.keys(refused.question.evidence.choices)).toEqual(['retry', 'abort']);
    await first.abort(refused);
    const { report } = await first.ended;
    expect(report.owed.length).toBeGreaterThan(0);
    expect([locks(model), model.acts.length, model.all.map(({ owed }) => Object.keys(owed).length)]).toEqual(before);
    await secondGate.answer('pf3');
    expect((await second.ended).report).toMatchObject({ phase: 'done', owed: [] });
    expect(model.all.map(({ owed }) => owed)).toEqual([{}, {}, {}]);
  });

  test.each([
    ['there at the start', true, 7, false],
    ['met in the middle', false, 7, false],
    ['there, and has seen that run take it once more', true, 9, true],
    ['met, and has seen that run take it once more', false, 9, true],
  ])(
    'of a run that ended while a node was away, and another ran since, is no question; that node is %s',
    async (_, there, epoch, asks) => {
      const model = cluster();
      const by = (name: string, at: number, held: boolean) => ({
        ...{ run: name, epoch: at, held, owner: 'anna', host: 'ops1', since: '2026-11-24T03:12:00Z' },
      });
      for (const name of ['pf1', 'pf2']) {
        model.node(name).lock = by('hq/b', 8, false);
        model.node(name).over.push({ run: 'hq/a', epoch: 7 });
      }
      const pf3 = model.node('pf3');
      pf3.lock = by('hq/a', epoch, true);
      pf3.reachable = there;
      const activities = allActivities(model);
      const backByThen: typeof activities.meet = async (meeting) => {
        pf3.reachable = true;
        return activities.meet(meeting);
      };
      const { report } = await run('skippable', model, {
        activities: { ...activities, meet: backByThen },
        desk: decides('abort'),
      });
      expect([report.phase, report.decisions.length > 0]).toEqual([asks ? 'aborted' : 'done', asks]);
      expect(pf3.lock).toMatchObject(asks ? { run: 'hq/a', held: true } : { run: report.run, held: false });
    },
  );

  test('of fewer than a majority needs a named decision', async () => {
    const model = cluster();
    model.node('pf2').reachable = model.node('pf3').reachable = false;
    const activities = allActivities(model);
    const backByThen: typeof activities.change = async (orders) => {
      for (const name of names) model.node(name).reachable = true;
      return activities.change(orders);
    };
    const { asked, ended } = begin('skippable', model, {}, { ...activities, change: backByThen });
    const { question, answer } = await asked();
    expect(question.evidence.verdict[0]).toMatch(/Only 1 of 3 nodes can be reached/);
    expect(question.evidence.goOn).toBe('retry');
    await answer('go-on');
    const { report } = await ended;
    expect([report.phase, report.steps[0]?.said.at(-1)]).toEqual(['done', 'not reachable, locked when met: pf2, pf3']);
    expect(locks(model)).toEqual(names.map(() => `${report.run} 1 free`)); // those met late too
  });

  test('on both sides of a partition: one side is asked at once, the other when it meets what was locked', async () => {
    const model = cluster();
    const reach = ['pf1', 'pf2'];
    const major = begin('skippable', model, {}, side(model, reach));
    const away = await major.asked(); // for pf3 only: this side has the majority
    expect(away.question.evidence.verdict).toEqual(['pf3: no route to host']);
    const minor = begin('practice', model, { keep: 'pf3' }, side(model, ['pf3']));
    const few = await minor.asked();
    expect(few.question.evidence.verdict[0]).toMatch(/Only 1 of 3/);
    await few.answer('go-on');
    await minor.abort(await minor.asked()); // its first change fails on the others
    model.node('pf3').lock = { ...(model.node('pf3').lock ?? never()), held: true }; // it died before it could give it back
    reach.push('pf3');
    await away.answer('retry');
    const met = await major.asked();
    expect(met.question.evidence.verdict[0]).toMatch(/pf3: Meet its ledger: Another run holds this node/);
    await met.answer('take-over');
    const { report } = await major.ended;
    expect(report.phase).toBe('done');
    expect(locks(model)).toEqual(names.map(() => `${report.run} 2 free`));
  });

  test('a run that hands over leaves all as it is; the next one gives it back', async () => {
    const model = cluster();
    const first = await run('practice', model, {
      args: { keep: 'pf2' },
      desk: (_, handle) => handle.signal(messages.handOver, 'taken over by boris@ops2: the recovery cannot wait'),
    });
    expect(first.report).toMatchObject({
      phase: 'aborted',
      because: 'taken over by boris@ops2: the recovery cannot wait',
      owed: expect.arrayContaining(['Let MariaDB start again: left to the run that takes over']) as string[],
    });
    expect(model.all.every(({ held, autofix }) => held && autofix === 'masked')).toBe(true);
    expect(locks(model)).toEqual(names.map(() => `${first.report.run} 1 free`));
    const order = { takeOver: { run: first.report.run, reason: 'the recovery cannot wait' } };
    const { report } = await run('practice', model, { args: { keep: 'pf2' }, order });
    expect(report).toMatchObject({ phase: 'done', owed: [] });
    expect(report.steps[0]?.said).toEqual([`to take over ${first.report.run}, by anna: the recovery cannot wait`]);
    expect(model.all.map(({ owed }) => owed)).toEqual([{}, {}, {}]);
  });

  test.each([
    ['brings back who is held', 'startMember pf2'],
    ['restarts who began the cluster', 'restartAsMember'],
  ])('taken over past the point of no return: the run says that it is there, and the next one %s', async (_, last) => {
    const model = cluster();
    const activities = allActivities(model);
    const burns: typeof activities.change = async (orders) => {
      if (orders.some(({ change }) => `${change.verb} ${change.node}`.startsWith(last)))
        throw ApplicationFailure.nonRetryable('it does not start', 'Failed');
      return activities.change(orders);
    };
    const told: (boolean | undefined)[] = [];
    const desk: DeskOnServer = async (token, handle, worker) => {
      const { committed } = await handle.query<Progress>(messages.progress);
      told.push(committed);
      if (!committed) return approves(token, handle, worker);
      const client = new Client({ connection: handle.client.connection });
      const name = handle.workflowId.replace('cluster:', '');
      const ending = endForGood(client, name, { run: name, reason: 'x' }, () => {});
      await expect(ending).rejects.toThrow(/is past its point of no return/);
      return handle.signal(messages.handOver, 'by hand');
    };
    const first = await runOnServer('fullRecovery', model, { activities: { ...activities, change: burns }, desk });
    expect(told).toEqual([undefined, true]);
    expect(first.report).not.toHaveProperty('committed'); // the report is an argument of `finish`
    const left = model.all.map(({ held, newCluster }) => ({ held, newCluster }));
    expect(left).toContainEqual({ held: false, newCluster: true });
    expect(left.some(({ held }) => held)).toBe(last.startsWith('startMember'));
    const order = { takeOver: { run: first.report.run, reason: 'its Temporal burned' } };
    const { report } = await run('fullRecovery', model, { order });
    expect([report.because, report.phase, report.owed]).toEqual([undefined, 'done', []]);
    expect(
      model.all.map(({ primary, held, newCluster, monit, timersSuspended, autofix, barriers, owed }) => ({
        ...{ primary, held, newCluster, monit, timersSuspended, autofix, owed, barriers: barriers.size },
      })),
    ).toEqual(
      names.map(() => ({
        ...{
          primary: true,
          held: false,
          newCluster: false,
          monit: true,
          timersSuspended: false,
          autofix: 'active',
          owed: {},
          barriers: 0,
        },
      })),
    );
  });

  test('by a run that is refused then: what it was left is owed, for nobody else knows of it', async () => {
    const model = new ModelCluster(names);
    const order = { takeOver: { run: 'hq/gone', reason: 'the laptop burned' } };
    const { report } = await run('fullRecovery', model, { order });
    expect([report.phase, report.owed]).toEqual([
      'refused',
      [expect.stringMatching(/^What hq\/gone had lowered.*pfrunbook guards hq shows it/)],
    ]);
  });

  test('of a run that cannot read its settings, and so cannot ask, is taken over like that of one that waits', async () => {
    const model = cluster();
    const { report } = await runOnServer('practice', model, {
      args: { keep: 'pf2' },
      activities: {
        ...allActivities(model),
        whoMayDecide: async () => {
          throw new Error('access.ini, line 3: no such key');
        },
      },
      meanwhile: async (handle) => {
        const client = new Client({ connection: handle.client.connection });
        const name = handle.workflowId.replace('cluster:', '');
        const failure = async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message;
        await seen('it has tried', async () => (await failure()) !== undefined || failure());
        await endForGood(client, name, { run: name, reason: 'the file is broken' }, () => {});
      },
    });
    expect(report).toMatchObject({
      phase: 'aborted',
      because: expect.stringMatching(/^taken over by .*the file is broken/),
    });
  });

  test('of a run that is gone for good: the one that was told to take it over asks, and approve is enough', async () => {
    const model = cluster();
    for (const node of model.all)
      node.lock = {
        run: 'hq/gone',
        owner: 'carla',
        host: 'laptop',
        epoch: 7,
        since: '2026-11-24T01:00:00Z',
        held: true,
      };
    const order = { takeOver: { run: 'hq/gone', reason: 'the laptop burned' } };
    const { report } = await run('skippable', model, { order, desk: approves });
    expect(report.decisions).toMatchObject([{ choice: 'take-over', by: 'anna' }]);
    expect(locks(model)).toEqual(names.map(() => `${report.run} 8 free`));
  });
});

const never = (): never => {
  throw new Error('pf3 was not locked');
};
