/** The ways a full recovery can go, on the model: what is asked, what is refused, what each node holds at the end. */

import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import { ModelCluster } from '../../model/cluster.js';
import type { ModelNode } from '../../model/node.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { type Activities, allActivities, approves, decides } from './drive.js';
import { type Desk, run } from './rehearsed.js';

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

/** Leaves all to the run that takes over as soon as a step fails. */
const handsOverAtAStep = (answers: Readonly<Record<string, string>>): Desk => {
  const { desk } = at(answers);
  return (token, handle) =>
    token.startsWith('step') ? handle.signal(messages.handOver, 'taken over') : desk(token, handle);
};
const takesOver = (name: string) => ({ order: { takeOver: { run: name, reason: 'it stood still' } } });

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
    expect(new Set(model.acts.map((act) => act.split(' ')[0]))).toEqual(
      new Set(['maskAutofix', 'startMember', 'unmaskAutofix']),
    );
    expect(setAside(model)).toEqual([0, 0, 0]);
    expect(model.destroyed).toEqual([]);
  });

  test('keeps galera-autofix off a node whose own recovery takes long', async () => {
    const model = new ModelCluster(names);
    for (const node of model.all) node.crash();
    model.node('pf3').stuck = true;
    const activities = allActivities(model);
    const { report } = await run('fullRecovery', model, {
      activities: {
        ...activities,
        untilSynced: async (what) => {
          model.timePasses();
          model.node('pf3').stuck = false;
          return activities.untilSynced(what);
        },
      },
    });
    expect([report.phase, model.destroyed]).toEqual(['done', []]);
  });

  test('where they do not find each other after all, a person goes on to the choice; a Primary among them forbids it', async () => {
    const model = new ModelCluster(names);
    for (const node of model.all) node.crash();
    const skips: Desk = (token, handle) =>
      token.startsWith('keep')
        ? approves(token, handle)
        : handle.executeUpdate('decide', {
            args: [{ token, choice: 'skip', by: 'anna', reason: 'the switch is dead' }],
          });
    let tries = 0;
    const { report } = await run('fullRecovery', model, {
      desk: skips,
      activities: {
        ...allActivities(model),
        change: async (orders) => {
          const first = orders.some(({ change }) => change.verb === 'startMember') && tries++ < names.length;
          const { node } = orders[0]?.change ?? {};
          if (first) throw ApplicationFailure.nonRetryable(`${node}: no server process`, 'Failed');
          return allActivities(model).change(orders);
        },
      },
    });
    expect(report).toMatchObject({ phase: 'done', result: { kept: 'pf1' }, owed: [] });
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
    const lowered = report.steps.filter(({ title }) => title.toLowerCase().includes('stop galera-autofix'));
    expect(lowered.map(({ title }) => title)).toEqual(['Stop galera-autofix on every node']); // once

    const parted = new ModelCluster(names);
    for (const node of parted.all) node.crash();
    const refused = await run('fullRecovery', parted, {
      desk: skips,
      activities: {
        ...allActivities(parted),
        untilSynced: async ({ node }) => {
          if (node === 'pf2') throw ApplicationFailure.nonRetryable('pf2: not Synced', 'Failed');
        },
      },
    });
    expect(refused.report).toMatchObject({
      phase: 'refused',
      because: expect.stringMatching(/offer database service/),
    });
    expect(parted.destroyed).toEqual([]);
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
    expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(/By hand \(guide 5\.3\)/) });
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

  test('that brings a node back also puts back what a run that was taken over left lowered on the nodes that serve', async () => {
    const model = cut({ off: ['pf3'], torn: [] });
    const first = await run('fullRecovery', model, {
      activities: failing(model, 'startServices', 'pf2'),
      desk: handsOverAtAStep({ absent: 'go', keep: 'pf1' }),
    });
    expect(first.report.phase).toBe('aborted');
    expect(model.all.map(({ monit, timersSuspended }) => [monit, timersSuspended])).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ]);
    expect(owed(model)[0]?.join()).toMatch(/Let MariaDB start again on pf1/);
    switchedOn(model, 'pf3');
    const { report } = await run('fullRecovery', model, takesOver(first.report.run));
    expect([report.phase, report.owed]).toEqual(['done', []]);
    expect(model.all.map(({ monit, timersSuspended }) => [monit, timersSuspended])).toEqual(
      names.map(() => [true, false]),
    );
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
    expect(model.all.map(({ synced }) => synced)).toEqual([true, true, true]);
  });

  test('that brings one of two nodes back owes the barrier against the other on', async () => {
    const model = cut({ off: ['pf2', 'pf3'], torn: ['pf1'] });
    await run('fullRecovery', model, at({ lock: 'go-on', absent: 'go', keep: 'pf1' }));
    switchedOn(model, 'pf2');
    const { report } = await run('fullRecovery', model, at({ return: 'rejoin' }));
    expect([...model.node('pf1').barriers]).toEqual(['pf3']);
    expect(report.owed.join()).toMatch(/Let pf3 in again, on pf1/);
  });

  describe.concurrent('whose tables differ in the end, and whose data cannot be set aside', () => {
    const noRoom = (model: ModelCluster): Activities => {
      const activities = failing(model, 'setDataAside', 'pf2');
      return {
        ...activities,
        compareContent: async ({ nodes: [reference = '', ...others] }) => ({
          reference,
          others: others.map((node) =>
            node === 'pf2'
              ? { node, result: 'differs' as const, tables: ['pf.node'] }
              : { node, result: 'equal' as const, tables: [] },
          ),
          tables: 9,
          seconds: 1,
        }),
      };
    };
    const heldAndNoted = (model: ModelCluster) => {
      expect(model.node('pf2').held).toBe(true);
      expect(owed(model)[1]?.join()).toMatch(/Let MariaDB start again on pf2, and start it/);
      expect(setAside(model)).toEqual([0, 0, 0]);
    };

    test('skipped, and aborted later: it stays held, and that is owed', async () => {
      const model = cut({});
      const activities = noRoom(model);
      let skippedIt = false;
      const { report } = await run('fullRecovery', model, {
        activities: {
          ...activities,
          change: async (orders) => {
            if (skippedIt && orders.some(({ change }) => change.verb === 'startServices'))
              throw ApplicationFailure.nonRetryable('pf1: startServices: it burns', 'Failed');
            return activities.change(orders);
          },
        },
        desk: async (token, handle) => {
          if (token.startsWith('content')) return decides('full-copy')(token, handle);
          if (!token.startsWith('step')) return approves(token, handle);
          const choice = skippedIt ? 'abort' : 'skip';
          skippedIt = true;
          return handle.executeUpdate('decide', { args: [{ token, choice, by: 'anna', reason: 'no room' }] });
        },
      });
      expect(report.phase).toBe('aborted');
      expect(report.owed.join()).toMatch(/Let MariaDB start again on pf2, and start it: its tables differed from/);
      heldAndNoted(model);
    });

    test('taken over: the next run finds it noted as held', async () => {
      const model = cut({});
      const desk = handsOverAtAStep({ content: 'full-copy' });
      const first = await run('fullRecovery', model, { activities: noRoom(model), desk });
      expect(first.report.phase).toBe('aborted');
      heldAndNoted(model);
    });
  });

  test('aborted after data was set aside, says where that stands, and what goes on', async () => {
    const model = cut({});
    const activities = allActivities(model);
    const { report } = await run('fullRecovery', model, {
      args: { resyncFromScratch: true },
      activities: {
        ...activities,
        untilSynced: async (what) => {
          if (what.node === 'pf2') throw ApplicationFailure.nonRetryable('pf2: it burns', 'Failed');
          return activities.untilSynced(what);
        },
      },
      desk: async (token, handle) => (token.startsWith('step') ? decides('abort') : approves)(token, handle),
    });
    expect([report.phase, report.aside, report.next]).toEqual([
      'aborted',
      [expect.stringMatching(/^pf\d:\/var\/lib\/mysql\.aside-hq-/)],
      'pfrunbook start full-recovery hq --resync-from-scratch',
    ]);
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

  test('run again after an abort, leaves stopped what was stopped before the first', async () => {
    const model = cut({ last: { pf1: 100 } });
    model.node('pf1').autofix = 'inactive';
    model.node('pf2').process = false;
    for (const node of model.all) node.evidence = false;
    await run('fullRecovery', model, at({ keep: 'abort' }));
    expect(model.all.map(({ held, autofix }) => [held, autofix])).toEqual(names.map(() => [true, 'masked']));
    for (const node of model.all) node.evidence = true;
    const { report } = await run('fullRecovery', model, at({ keep: 'abort' }));
    expect(report.phase).toBe('aborted');
    expect(model.all.map(({ masked, process }) => [masked, process])).toEqual([
      [false, true],
      [false, false],
      [false, true],
    ]);
    await run('fullRecovery', model, at({}));
    expect(model.all.map(({ autofix }) => autofix)).toEqual(['inactive', 'active', 'active']);
    expect([owed(model), model.destroyed]).toEqual([nothing, []]);
  });

  test('what comes back without a proof stays held on abort, also where a second run has not judged it', async () => {
    const model = cut({ off: ['pf3'] });
    await run('fullRecovery', model, at({ absent: 'go', keep: 'pf1' }));
    model.fork('pf3', 100, 5);
    switchedOn(model, 'pf3');
    const { report } = await run('fullRecovery', model, at({ return: 'abort' }));
    expect([report.phase, model.node('pf3').held]).toEqual(['aborted', true]);
    expect(report.owed.join()).toMatch(/Let MariaDB start again on pf3.*not proven to lead to the cluster/);
    const again = await run('fullRecovery', model, {
      ...at({ step: 'abort' }),
      activities: failing(model, 'recoverPosition', 'pf3'),
    });
    expect([again.report.phase, model.node('pf3').held]).toEqual(['aborted', true]);
    expect(again.report.owed.join()).toMatch(/an earlier run left pf3 held/);
    expect(model.destroyed).toEqual([]);
  });

  test('says before the choice what would stop it afterwards, and where the data is set aside', async () => {
    const model = cut({ last: { pf1: 100 } });
    for (const node of model.all) node.evidence = false;
    const pf1 = model.node('pf1');
    pf1.datadir = '/srv/mysql';
    pf1.obstacles.push({ to: 'full copy', because: '/srv/mysql is a mount of its own' });
    const verdicts: string[] = [];
    const { report } = await run('fullRecovery', model, {
      desk: async (token, handle) => {
        const { question, lowered } = await handle.query<Progress>(messages.progress);
        expect(lowered).toEqual([
          ...['Stop galera-autofix on every node', 'Stop monit on every node'],
          ...[
            'Suspend the start timeout and the automatic restart of MariaDB',
            'Stop MariaDB on every node, and hold it',
          ],
        ]);
        verdicts.push(question?.evidence.verdict.join(' ') ?? '');
        pf1.obstacles.length = 0; // mended meanwhile: the evidence has changed, and the decision is void
        return decides('pf2')(token, handle);
      },
    });
    expect(verdicts).toEqual([
      expect.stringContaining('pf1 cannot come back yet by full copy: /srv/mysql is a mount of its own.'),
      expect.not.stringContaining('cannot come back'),
    ]);
    const [aside] = Object.keys(pf1.aside);
    expect(aside).toMatch(/^\/srv\/mysql\.aside-/);
    expect(report.result?.rejoined).toContainEqual(expect.objectContaining({ node: 'pf1', aside }));
    expect(report.lowered).toBeUndefined();
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
      desk: async (token, handle) => {
        asked.push(token);
        if (asked.length === 1) {
          model.fork('pf3', model.node('pf3').seqno - 1, 3);
          model.node('pf3').sealBroken = 'galera.cache was written';
          return approves(token, handle);
        }
        expect((await handle.query<Progress>(messages.progress)).question?.evidence.goOn).toBeUndefined();
        return decides('rejoin')(token, handle);
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

  test.each([
    ['nothing', undefined],
    [
      'a longer history of its own',
      { uuid: 'aaaaaaaa-0000-4000-8000-00000000000a', events: Array<string>(500).fill('T') },
    ],
  ])(
    'leaves a server that was installed anew, with %s, to join-node: never the data to keep, never a second history',
    async (_, own) => {
      const model = cut({ last: { pf2: 110 } }).reinstall('pf3', 'known');
      Object.assign(model.node('pf3'), { data: own, process: own === undefined });
      const { desk, asked } = at({});
      const { report } = await run('fullRecovery', model, { desk });
      const join = 'pfrunbook start join-node hq --node pf3';
      expect([report.phase, report.result?.kept, asked]).toEqual(['done', 'pf1', ['keep']]);
      expect(report.result).toMatchObject({
        rejoined: [{ node: 'pf2', way: 'IST' }],
        notes: [`pf3 stays held: it holds nothing of the cluster; ${join} brings it in.`],
      });
      expect(report.owed).toContainEqual(
        expect.stringMatching(
          new RegExp(`^Let MariaDB start again on pf3.*: it holds nothing of the cluster; ${join}`),
        ),
      );
      expect([model.node('pf3').held, model.node('pf3').data, setAside(model)]).toEqual([true, own, [0, 0, 0]]);
      expect(model.acts).toContain('recoverPosition pf3'); // a look alone is no proof

      const again = await run('fullRecovery', model);
      expect([again.report.phase, again.report.because]).toEqual(['refused', expect.stringContaining(join)]);
      const joined = await run('joinNode', model, { args: { node: 'pf3' }, desk: at({ return: 'rejoin' }).desk });
      expect([joined.report.phase, joined.report.owed, owed(model), model.destroyed]).toEqual([
        'done',
        [],
        nothing,
        [],
      ]);
      expect(model.all.map(({ primary, synced }) => primary && synced)).toEqual([true, true, true]);
      expect(setAside(model).slice(0, 2)).toEqual([0, 0]);
      if (own) expect(Object.values(model.node('pf3').aside)).toEqual([own]);
    },
  );

  test('of a server that only looks like a new one, for its cluster had thrown it out, asks about its data like every other’s', async () => {
    const model = cut({ last: { pf1: 100, pf2: 110 } });
    const thrown = { knowsPeers: false, process: true, thrownOut: true }; // grastate.dat is all zeros, InnoDB knows
    Object.assign(model.node('pf3'), thrown);
    const { desk, asked } = at({ keep: 'pf3' });
    const { report } = await run('fullRecovery', model, { desk });
    expect([report.phase, report.result?.kept, report.owed, asked]).toEqual(['done', 'pf3', [], ['keep']]);
    expect([model.destroyed, owed(model)]).toEqual([[], nothing]);
  });

  test('aborted at the choice, does not say of such a server that it holds nothing: it is held, for its data would be overwritten', async () => {
    const model = cut({ last: { pf1: 100, pf2: 110 } });
    Object.assign(model.node('pf3'), { knowsPeers: false, process: true, thrownOut: true });
    const { report } = await run('fullRecovery', model, at({ keep: 'abort' }));
    expect([report.phase, model.all.map(({ held }) => held)]).toEqual(['aborted', [false, false, true]]);
    expect(report.owed.join()).toMatch(
      /Let MariaDB start again on pf3.*: its data is of the cluster, and would be overwritten where it starts beside it/,
    );
    expect(report.owed.join()).not.toContain('holds nothing');
    expect(model.destroyed).toEqual([]);
  });

  test('aborted before the choice, starts its members again, and leaves a new server held', async () => {
    const model = cut({ last: { pf2: 110 } }).reinstall('pf3', 'known');
    const { report } = await run('fullRecovery', model, {
      desk: (_, handle) => handle.signal('abort', 'not today'),
    });
    expect([report.phase, model.all.map(({ held }) => held)]).toEqual(['aborted', [false, false, true]]);
  });

  test('asks whose cluster.conf is right where a node knows another cluster', async () => {
    const model = cut({});
    model.node('pf3').confDiffers = ['pf4 is only in the node’s'];
    const { desk, asked } = at({ inventory: 'go' });
    const { report } = await run('fullRecovery', model, { desk });
    expect([report.phase, asked]).toEqual(['done', ['inventory', 'keep']]);
    const refused = cut({});
    refused.node('pf3').confDiffers = ['pf4 is only in the node’s'];
    expect((await run('fullRecovery', refused, at({ inventory: 'abort' }))).report.phase).toBe('aborted');
    expect(refused.acts).toEqual([]);
  });

  test('asks about a node in maintenance, whose database does not start, and goes on once that is over', async () => {
    const model = cut({});
    model.node('pf3').maintenance = true;
    const asked: string[] = [];
    const { report } = await run('fullRecovery', model, {
      desk: async (token, ...rest) => {
        asked.push(token.replace(/\d*-.*/, ''));
        if (token.startsWith('step')) model.node('pf3').maintenance = false; // a person ends it, then retries
        return approves(token, ...rest);
      },
    });
    expect([report.phase, asked, report.owed, model.destroyed]).toEqual(['done', ['keep', 'step'], [], []]);
  });

  test('from scratch copies also where the nodes would find themselves', async () => {
    const model = new ModelCluster(names);
    for (const node of model.all) node.crash();
    const { report } = await run('fullRecovery', model, { ...at({}), args: { resyncFromScratch: true } });
    expect([report.phase, setAside(model)]).toEqual(['done', [0, 1, 1]]);
  });

  test('starts again what ran before the first run that stopped it, whatever the clusters are called', async () => {
    const model = cut({});
    const pf3 = model.node('pf3');
    pf3.crash();
    pf3.masked = true;
    pf3.owed['prod_20261123-0312-7f3a.holdDatabase.pf3.sh'] = 'Stop MariaDB on pf3 and hold it';
    pf3.owed['hq_20261124-0612-0b0b.holdDatabase.pf3.sh'] = 'Stop MariaDB on pf3 and hold it';
    pf3.owedStopped.add('hq_20261124-0612-0b0b.holdDatabase.pf3.sh');
    const given: unknown[] = [];
    const activities = allActivities(model);
    await run('fullRecovery', model, {
      ...at({ keep: 'abort' }),
      activities: {
        ...activities,
        change: async (orders) => {
          for (const { change } of orders)
            if (change.verb === 'holdDatabase' && change.node === 'pf3') given.push(change.given);
          return activities.change(orders);
        },
      },
    });
    expect(given).toEqual([{ ranBefore: 'true' }]);
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
