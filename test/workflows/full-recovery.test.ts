/** The ways a full recovery can go, on the model: what is asked, what is refused, what each node holds at the end. */

import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import { ModelCluster } from '../../model/cluster.js';
import type { ModelNode } from '../../model/node.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { type Activities, allActivities, approves, type Desk, decides, run } from './drive.js';

const names = ['pf1', 'pf2', 'pf3'];
const cut = (what: Parameters<ModelCluster['powerCut']>[0]) =>
  new ModelCluster(names).powerCut({ torn: ['pf2'], ...what });

/** Answers by the gate's name, and notes what was asked. */
function at(answers: Readonly<Record<string, string>>): { desk: Desk; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    desk: (token, ...rest) => {
      const gate = token.replace(/\d*-\d+-[0-9a-z]+$/, '');
      asked.push(gate);
      return answers[gate] === undefined ? approves(token, ...rest) : decides(answers[gate])(token, ...rest);
    },
  };
}

/** Changes of one verb on one node never succeed. */
function failing(model: ModelCluster, verb: string, node: string): Activities {
  const activities = allActivities(model);
  const hit = ({ change }: ChangeOrder) => change.verb === verb && change.node === node;
  return {
    ...activities,
    change: async (orders) => {
      if (orders.some(hit)) throw ApplicationFailure.nonRetryable(`${node}: ${verb}: it burns`, 'Failed');
      return activities.change(orders);
    },
  };
}

/** Reachable again: its unit starts it, and it finds whom it can reach. */
function switchedOn(model: ModelCluster, ...back: readonly string[]): void {
  for (const name of back) Object.assign(model.node(name), { reachable: true, process: true });
  model.settle();
}

const cameBy = ({ all }: ModelCluster) => all.map((node: ModelNode) => node.cameBy);
const setAside = ({ all }: ModelCluster) => all.map((node) => Object.keys(node.aside).length);
const owed = ({ all }: ModelCluster) => all.map((node) => Object.values(node.owed));
const nothing = [[], [], []];

describe.concurrent('full recovery', () => {
  test('is refused while a node is Primary, with nothing touched', async () => {
    const model = new ModelCluster(names);
    model.node('pf3').stop(false);
    const { report } = await run('fullRecovery', model);
    expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(/offer database service/) });
    expect(model.acts).toEqual([]);
  });

  test('starts all and asks nothing where every node knows the last view', async () => {
    const model = new ModelCluster(names);
    for (const node of model.all) node.crash();
    const { desk, asked } = at({});
    const { report } = await run('fullRecovery', model, { desk });
    expect([report.phase, asked, report.owed]).toEqual(['done', [], []]);
    expect(new Set(model.acts.map((act) => act.split(' ')[0]))).toEqual(new Set(['startMember']));
    expect(setAside(model)).toEqual([0, 0, 0]);
    expect(model.destroyed).toEqual([]);
  });

  test('of one history keeps everybody’s data; from scratch, the guide’s letter, only the kept one’s', async () => {
    const kept = cut({ last: { pf1: 100, pf3: 90 } });
    await run('fullRecovery', kept);
    expect([setAside(kept), owed(kept)]).toEqual([[0, 0, 0], nothing]);
    const copied = cut({ last: { pf1: 100, pf3: 90 } });
    const { report } = await run('fullRecovery', copied, { args: { resyncFromScratch: true } });
    expect(report.phase).toBe('done');
    expect(setAside(copied)).toEqual([1, 0, 1]);
    expect(cameBy(copied)).toEqual(['full copy', 'IST', 'full copy']); // pf2 only restarts as a member
    expect([...kept.destroyed, ...copied.destroyed]).toEqual([]);
  });

  test('without evidence goes on by a named choice only, sets the others aside, and keeps them held on abort', async () => {
    const dark = () => {
      const model = cut({ last: { pf1: 100 } });
      for (const node of model.all) node.evidence = false;
      return model;
    };
    const model = dark();
    const { desk, asked } = at({ keep: 'pf3' });
    const { report } = await run('fullRecovery', model, { desk });
    expect([report.phase, report.result?.kept, asked]).toEqual(['done', 'pf3', ['keep']]);
    expect(setAside(model)).toEqual([1, 1, 0]);
    expect(model.destroyed).toEqual([]);

    const left = dark();
    const aborted = await run('fullRecovery', left, at({ keep: 'abort' }));
    expect(aborted.report.phase).toBe('aborted');
    expect(left.all.map(({ held }) => held)).toEqual([true, true, true]);
    expect(aborted.report.owed.join()).toMatch(/Let MariaDB start again on pf1.*UNKNOWN history/);
    expect(left.destroyed).toEqual([]);
  });

  test('of two histories under one uuid ends with every node held, its data as it was', async () => {
    const model = cut({ last: { pf1: 100 } }).fork('pf3', 90, 5);
    const before = model.all.map(({ data }) => JSON.stringify(data));
    const { report } = await run('fullRecovery', model);
    expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(/Use heal-split-brain/) });
    expect(model.all.map(({ data }) => JSON.stringify(data))).toEqual(before);
    expect(model.all.map(({ held, autofix }) => [held, autofix])).toEqual(names.map(() => [true, 'masked']));
    expect(owed(model).every((titles) => titles.length === 2)).toBe(true); // hold and galera-autofix
  });

  test('without a node raises a barrier against it, and the next run brings it back behind it', async () => {
    const model = cut({ off: ['pf3'], last: { pf1: 100 } });
    const first = at({ absent: 'go', keep: 'pf2' });
    const { report } = await run('fullRecovery', model, first);
    expect([report.phase, first.asked]).toEqual(['done', ['absent', 'keep']]);
    expect(report.owed.join()).toMatch(/Let pf3 in again, on pf1.*Let galera-autofix work again on pf1/);
    expect(model.all.map(({ barriers }) => [...barriers])).toEqual([['pf3'], ['pf3'], []]);

    const pf3 = model.node('pf3');
    Object.assign(pf3, { reachable: true, process: true });
    model.settle();
    expect(pf3.primary).toBe(false); // the barrier holds
    const second = at({});
    const back = await run('fullRecovery', model, second);
    expect([back.report.phase, second.asked, back.report.owed]).toEqual(['done', ['return'], []]);
    expect(model.all.map(({ primary, synced, held }) => [primary, synced, held])).toEqual(
      names.map(() => [true, true, false]),
    );
    expect(model.all.map(({ autofix, monit, timersSuspended }) => [autofix, monit, timersSuspended])).toEqual(
      names.map(() => ['active', true, false]),
    );
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
  });

  test('aborted before the choice, and run again, is as if it had been run once', async () => {
    const model = cut({ last: { pf1: 100, pf3: 90 } });
    expect((await run('fullRecovery', model, at({ keep: 'abort' }))).report.phase).toBe('aborted');
    const again = await run('fullRecovery', model);
    expect([again.report.phase, again.report.owed]).toEqual(['done', []]);
    expect([owed(model), setAside(model), model.destroyed]).toEqual([nothing, [0, 0, 0], []]);
    expect(model.all.map(({ autofix, monit }) => [autofix, monit])).toEqual(names.map(() => ['active', true]));
  });

  test('brings back two nodes one by one: who is let in keeps out the one that is not judged yet', async () => {
    const model = cut({ off: ['pf2', 'pf3'], torn: ['pf1'] });
    await run('fullRecovery', model, at({ lock: 'go-on', absent: 'go', keep: 'pf1' }));
    model.fork('pf3', 100, 5);
    switchedOn(model, 'pf2', 'pf3');
    const returns = ['rejoin', 'abort'];
    const { report } = await run('fullRecovery', model, {
      desk: (token, ...rest) => decides(token.startsWith('return') ? (returns.shift() ?? '') : 'abort')(token, ...rest),
    });
    expect(report.phase).toBe('aborted');
    expect(model.node('pf2').synced).toBe(true);
    expect([model.node('pf3').primary, [...model.node('pf2').barriers]]).toEqual([false, ['pf3']]);
    expect(model.destroyed).toEqual([]);

    const again = await run('fullRecovery', model, at({ return: 'rejoin' }));
    expect([again.report.phase, again.report.owed]).toEqual(['done', []]);
    expect(setAside(model)).toEqual([0, 0, 1]);
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
  });

  test('aborted before it has judged, leaves held what an earlier run left held', async () => {
    const model = cut({}).fork('pf3', 100, 5);
    expect((await run('fullRecovery', model)).report.phase).toBe('refused');
    const { report } = await run('fullRecovery', model, {
      ...at({ step: 'abort' }),
      activities: failing(model, 'recoverPosition', 'pf2'),
    });
    expect(report.phase).toBe('aborted');
    expect(report.owed.join()).toMatch(/an earlier run left pf1, pf2, pf3 held/);
    expect(model.all.map(({ held }) => held)).toEqual([true, true, true]);
    expect(model.destroyed).toEqual([]);
  });

  test('aborted where data could not be set aside, does not let that node start by itself', async () => {
    const model = cut({ last: { pf2: 100, pf3: 100 } });
    const { report } = await run('fullRecovery', model, {
      ...at({ keep: 'pf2', step: 'abort' }),
      activities: failing(model, 'setDataAside', 'pf1'),
    });
    expect(report.phase).toBe('aborted');
    expect(model.node('pf1').held).toBe(true);
    expect(report.owed.join()).toMatch(/Let MariaDB start again on pf1.*is to be set aside/);
    expect(model.destroyed).toEqual([]);
  });

  test('a node that was written while its return was asked about comes back by a full copy, on a named decision', async () => {
    const model = cut({ off: ['pf3'] });
    await run('fullRecovery', model, at({ absent: 'go', keep: 'pf1' }));
    switchedOn(model, 'pf3');
    const asked: string[] = [];
    const { report } = await run('fullRecovery', model, {
      desk: async (token, handle, worker) => {
        asked.push(token);
        if (asked.length === 1) {
          model.fork('pf3', model.node('pf3').seqno - 1, 3);
          model.node('pf3').sealBroken = 'galera.cache was written';
          return approves(token, handle, worker);
        }
        expect((await handle.query<Progress>(messages.progress)).question?.evidence.goOn).toBeUndefined();
        return decides('rejoin')(token, handle, worker);
      },
    });
    expect([report.phase, asked.length]).toEqual(['done', 2]);
    expect([setAside(model), model.destroyed]).toEqual([[0, 0, 1], []]);
  });

  test('of nodes between which an old barrier stands lifts it, once all are held and judged', async () => {
    const model = cut({ off: ['pf3'] });
    await run('fullRecovery', model, at({ absent: 'go', keep: 'pf1' }));
    model.node('pf3').reachable = true;
    model.powerCut({ torn: ['pf2'] });
    const { report } = await run('fullRecovery', model, at({}));
    expect([report.phase, report.owed]).toEqual(['done', []]);
    expect(model.all.map(({ synced, barriers }) => [synced, barriers.size])).toEqual(names.map(() => [true, 0]));
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
  });

  test('from scratch copies also where the nodes would find themselves', async () => {
    const model = new ModelCluster(names);
    for (const node of model.all) node.crash();
    const { report } = await run('fullRecovery', model, { ...at({}), args: { resyncFromScratch: true } });
    expect([report.phase, setAside(model)]).toEqual(['done', [0, 1, 1]]);
  });

  test('leaves masked what a person had masked', async () => {
    const model = cut({});
    model.node('pf1').autofix = 'masked';
    const { report } = await run('fullRecovery', model, at({}));
    expect(report.phase).toBe('done');
    expect(model.all.map(({ autofix }) => autofix)).toEqual(['masked', 'active', 'active']);

    const other = cut({});
    Object.assign(other.node('pf2'), { masked: true, process: false });
    expect((await run('fullRecovery', other, at({ keep: 'abort' }))).report.phase).toBe('aborted');
    expect(other.all.map(({ masked }) => masked)).toEqual([false, true, false]);
  });

  test('goes on without a node that dies after the choice: it stays out, and the next run brings it back', async () => {
    const model = cut({});
    for (const node of model.all) node.services = false;
    const activities = failing(model, 'startMember', 'pf2');
    const dying: Activities = {
      ...activities,
      change: async (orders) => {
        if (orders.some(({ change }) => change.verb === 'startMember' && change.node === 'pf2'))
          model.node('pf2').reachable = false;
        return activities.change(orders);
      },
    };
    const skips: Desk = (token, handle) =>
      handle.executeUpdate('decide', {
        args: [{ token, choice: token.startsWith('keep') ? 'pf1' : 'skip', by: 'anna', reason: 'its board is dead' }],
      });
    const { report } = await run('fullRecovery', model, { desk: skips, activities: dying });
    expect(report.phase).toBe('done');
    expect(report.result).toMatchObject({ kept: 'pf1', leftOut: ['pf2'] });
    expect(report.owed.join()).toMatch(/Let pf2 in again, on pf1.*Let galera-autofix work again/);
    const living = ['pf1', 'pf3'].map((name) => model.node(name));
    expect(living.map(({ synced, services, monit, barriers }) => [synced, services, monit, [...barriers]])).toEqual(
      living.map(() => [true, true, true, ['pf2']]),
    );

    switchedOn(model, 'pf2');
    const again = await run('fullRecovery', model, at({}));
    expect([again.report.phase, again.report.owed]).toEqual(['done', []]);
    expect(model.all.map(({ synced, autofix, monit }) => [synced, autofix, monit])).toEqual(
      names.map(() => [true, 'active', true]),
    );
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
  });
});
