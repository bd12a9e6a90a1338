/** The ways a node can join, on the model: what is asked, what is refused, what each node holds at the end. */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../cluster/diagnosis.js';
import { ModelCluster } from '../../model/cluster.js';
import type { Progress } from '../../workflows/messages.js';
import { type Activities, allActivities, approves, decides } from './drive.js';
import { type Desk, run } from './rehearsed.js';

const names = ['pf1', 'pf2', 'pf3'];
const args = { node: 'pf3' };
const healthy = (more: readonly string[] = []) => new ModelCluster([...names, ...more]);
const reinstalled = () => healthy().reinstall('pf3', 'known');
/** Its packages are there, and somebody has worked with it alone. */
const withData = () => {
  const model = reinstalled();
  model.node('pf3').data = { uuid: 'its own', events: ['T alone/1/1/0'] };
  return model;
};

/** Answers by the gate's name, else approves; notes what was asked. */
function at(answers: Readonly<Record<string, string>> = {}): { desk: Desk; asked: string[] } {
  const asked: string[] = [];
  const desk: Desk = (token, ...rest) => {
    const gate = token.replace(/\d*-\d+-[0-9a-z]+$/, '');
    asked.push(gate);
    if (asked.length > 6) throw new Error(`one question too many: ${asked.join(', ')}`);
    return answers[gate] === undefined ? approves(token, ...rest) : decides(answers[gate])(token, ...rest);
  };
  return { asked, desk };
}

const whole = (model: ModelCluster) =>
  model.all.every(({ primary, synced, services, masked }) => primary && synced && services && !masked);
const owed = (model: ModelCluster) => model.all.flatMap((node) => Object.values(node.owed));
const verbs = (model: ModelCluster, node: string) =>
  model.acts.flatMap((act) => (act.endsWith(` ${node}`) ? [act.split(' ')[0]] : []));

test.each(['known', 'changed'] as const)('diagnose recommends it for a reinstalled server whose key is %s', (key) => {
  const seen = healthy()
    .reinstall('pf3', key)
    .all.map((node) => node.see());
  expect(diagnose({ cluster: { name: 'hq', nodes: names }, seen, vips: [] })).toMatchObject({
    condition: 'not joined',
    recommended: { command: 'pfrunbook start join-node hq --node pf3' },
  });
});

describe.concurrent('join-node', () => {
  test('brings a reinstalled server back, and changes nothing of the others but what goes back', async () => {
    const model = reinstalled();
    const { desk, asked } = at();
    const { report } = await run('joinNode', model, { args, desk });
    expect(report).toMatchObject({
      phase: 'done',
      owed: [],
      result: { rejoined: [{ node: 'pf3', way: 'full copy' }] },
    });
    expect([asked, whole(model), owed(model), model.destroyed]).toEqual([[], true, [], []]);
    expect(model.node('pf3')).toMatchObject({
      ...{ configuration: 'as everywhere', cameBy: 'full copy', defaultTarget: 'packetfence-cluster.target' },
      ...{ autofix: 'active', iptables: 'active', cron: 'active', timersSuspended: false },
    });
    expect(new Set(verbs(model, 'pf1'))).toEqual(
      new Set(
        ['Autofix', 'Cron', 'Iptables']
          .flatMap((name) => [`mask${name}`, `unmask${name}`])
          .concat('stopMonit', 'startMonit'),
      ),
    );
    const mine = verbs(model, 'pf3');
    expect(mine.indexOf('holdDatabase')).toBeLessThan(mine.indexOf('syncFrom'));
    expect(mine.indexOf('syncFrom')).toBeLessThan(mine.indexOf('setDataAside'));
    expect(model.acts.some((act) => act.startsWith('startNewCluster'))).toBe(false);
  });

  test('asks before it believes another host key, takes no bare approval for it, and pins it', async () => {
    const model = healthy().reinstall('pf3');
    const asked: string[] = [];
    const desk: Desk = async (token, handle) => {
      asked.push(token);
      if (!token.startsWith('host-key')) return approves(token, handle);
      await approves(token, handle);
      return decides('trust')(token, handle);
    };
    const { report } = await run('joinNode', model, { args, desk });
    expect(report).toMatchObject({ phase: 'done', decisions: [{ choice: 'trust' }] });
    expect(report.notCounted.join()).toContain('host-key-1');
    expect([model.node('pf3').hostKey, whole(model)]).toEqual(['known', true]);
    expect(asked).toHaveLength(1);

    const stranger = healthy().reinstall('pf3');
    const aborted = await run('joinNode', stranger, { args, desk: decides('abort') });
    expect([aborted.report.phase, stranger.acts, stranger.node('pf3').hostKey]).toEqual(['aborted', [], 'changed']);
  });

  test('refused after a key was trusted, it says that the key stays trusted', async () => {
    const model = healthy().reinstall('pf3');
    model.node('pf3').maintenance = true;
    const { report } = await run('joinNode', model, { args, desk: decides('trust') });
    expect([report.phase, model.node('pf3').hostKey]).toEqual(['refused', 'known']);
    expect(report.because).toMatch(/maintenance.*Nothing was touched\. Its host key stays trusted/s);
  });

  test('a key that changes once more after the decision reopens the question', async () => {
    const model = healthy().reinstall('pf3');
    let questions = 0;
    const desk: Desk = (token, handle) => {
      if (token.startsWith('host-key') && ++questions === 1) model.node('pf3').machineId = 'another';
      return decides('trust')(token, handle);
    };
    const { report } = await run('joinNode', model, { args, desk });
    expect([report.phase, questions]).toEqual(['done', 2]);
  });

  test('a key that somebody else made the known one meanwhile is said to be known, and asked about once more', async () => {
    const model = healthy().reinstall('pf3');
    const shown: string[] = [];
    const desk: Desk = async (token, handle) => {
      if (!token.startsWith('host-key')) return approves(token, handle);
      const { question } = await handle.query<{ question?: { evidence: { verdict: readonly string[] } } }>('progress');
      shown.push(question?.evidence.verdict.join(' ') ?? '');
      model.node('pf3').hostKey = 'known';
      return decides('trust')(token, handle);
    };
    const { report } = await run('joinNode', model, { args, desk });
    expect([report.phase, shown]).toEqual([
      'done',
      [
        expect.stringContaining('Shown now: ssh-ed25519'),
        expect.stringMatching(/^The key that pf3 shows is the known one/),
      ],
    ]);
  });

  test('shows what the joiner holds where somebody may miss it, keeps it aside, and says where', async () => {
    const model = withData();
    const { desk, asked } = at();
    const { report } = await run('joinNode', model, { args, desk });
    const [aside] = Object.keys(model.node('pf3').aside);
    expect([report.phase, asked]).toEqual(['done', ['data']]);
    expect(report.result).toMatchObject({ rejoined: [{ aside }] });
    expect(model.node('pf3').aside[aside ?? '']?.events).toEqual(['T alone/1/1/0']);
    expect(model.destroyed).toEqual([]);
  });

  test('says at that question whether the full copy fits beside what is set aside, with numbers', async () => {
    const model = withData();
    const pf3 = model.node('pf3');
    pf3.freeBytes = 6e8; // the others hold 191 MB, and a copy takes 512 MB more
    const told: (readonly string[])[] = [];
    const desk: Desk = async (token, handle) => {
      const { question } = await handle.query<Progress>('progress');
      const { verdict = [], shown = [], goOn } = question?.evidence ?? {};
      told.push([...verdict.slice(1), ...shown, goOn ?? 'no bare approval']);
      if (told.length > 2) throw new Error('one question too many');
      pf3.freeBytes = 9e8; // before its first answer: that is void
      return decides('set-aside')(token, handle);
    };
    const { report } = await run('joinNode', model, { args, desk });
    const numbers = 'pf1 holds 191 MB; a copy takes 512 MB more for its log.';
    expect(told).toEqual([
      [
        'The full copy does not fit beside it on that disk, and would end half way: make room on pf3 first, or abort.',
        `${numbers} pf3 has 572 MB free.`,
        'no bare approval',
      ],
      ['The full copy fits beside it on that disk.', `${numbers} pf3 has 858 MB free.`, 'set-aside'],
    ]);
    expect(report.phase).toBe('done');
  });

  test('with nothing of its own it is refused where the full copy does not fit, and joins once it does', async () => {
    const model = reinstalled();
    const pf3 = model.node('pf3');
    pf3.freeBytes = 6e8;
    const short = await run('joinNode', model, { args, desk: at().desk });
    expect([short.report.phase, short.report.because]).toEqual([
      'refused',
      expect.stringMatching(/A full copy does not fit on pf3.*make room there first.*pf3 has 572 MB free/),
    ]);
    expect([pf3.aside, model.node('pf1')]).toMatchObject([{}, { primary: true, synced: true, monit: true }]);
    pf3.freeBytes = 9e8;
    const { report } = await run('joinNode', model, { args, desk: at().desk });
    expect([report.phase, whole(model), owed(model)]).toEqual(['done', true, []]);
  });

  test('aborted at that question the joiner stays held, for its configuration is the cluster’s, and that is owed', async () => {
    const model = withData();
    const { report } = await run('joinNode', model, { args, desk: at({ data: 'abort' }).desk });
    expect([report.phase, report.next]).toEqual(['aborted', 'pfrunbook start join-node hq --node pf3']);
    expect(report.owed.join('\n')).toMatch(/Let MariaDB start again on pf3.*would join with what it holds/);
    expect(report.owed.join('\n')).toMatch(/Let galera-autofix work again on pf1/); // it would wipe pf3
    expect(model.node('pf3')).toMatchObject({ held: true, data: { uuid: 'its own' } });
    expect(model.node('pf1')).toMatchObject({ iptables: 'active', cron: 'active', monit: true });
    expect(model.destroyed).toEqual([]);
    const again = await run('joinNode', model, { args, desk: at({ return: 'rejoin' }).desk });
    expect([again.report.phase, whole(model), owed(model), model.destroyed]).toEqual(['done', true, [], []]);
  });

  describe('is refused with nothing touched', () => {
    test.each<[string, RegExp, (model: ModelCluster) => unknown, object?]>([
      ['where no Primary lives', /start full-recovery hq/, (model) => model.powerCut({ torn: ['pf2'] })],
      ['where the server cannot be reached', /pf3 cannot be reached: no route/, (model) => model.lose('pf3')],
      [
        'where it is in maintenance',
        /pf3 is in maintenance.*cluster\/maintenance --deactivate/,
        (model) => Object.assign(model.node('pf3'), { maintenance: true }),
      ],
      [
        'where the cluster’s own cluster.conf is another',
        /cluster\.conf of pf1 is not ours/,
        (model) => Object.assign(model.node('pf1'), { confDiffers: ['pf2 is 192.0.2.99 there, 192.0.2.12 here'] }),
      ],
      [
        'where another node takes a copy',
        /pf2 gives or takes a copy/,
        (model) => Object.assign(model.node('pf2'), { synced: false }),
      ],
      [
        'where a node that must be told of a new one is away',
        /pf3 is not in the cluster now, and must be told of pf4/,
        (model) => {
          for (const node of model.all) node.confDiffers = ['it does not name pf4'];
          model.reinstall('pf4', 'known');
          model.lose('pf3');
        },
        { node: 'pf4', even: true },
      ],
      [
        'where a fourth node would join without --even',
        /has 4 nodes.*--even/,
        (model) => {
          for (const node of model.all) node.confDiffers = ['it does not name pf4'];
          model.reinstall('pf4', 'known');
        },
        { node: 'pf4' },
      ],
    ])('%s', async (_, because, befalls, given = args) => {
      const model = healthy('node' in given && given.node === 'pf4' ? ['pf4'] : []);
      if (!('node' in given && given.node === 'pf4')) model.node('pf3').stop(false);
      befalls(model);
      const before = model.acts.length;
      const { report } = await run('joinNode', model, { args: given });
      expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(because) });
      expect(model.acts.length).toBe(before);
    });
  });

  test('has nothing to do on a node that serves, and sees only to the services of one whose database has joined', async () => {
    const model = healthy();
    const { report } = await run('joinNode', model, { args });
    expect([report.phase, model.acts]).toEqual(['done', []]);
    expect(JSON.stringify(report.result)).toContain('nothing to do');
    model.node('pf3').services = false;
    const second = await run('joinNode', model, { args });
    expect([second.report.phase, whole(model)]).toEqual(['done', true]);
    expect(verbs(model, 'pf3')).not.toContain('holdDatabase');
    expect(verbs(model, 'pf3')).not.toContain('setDataAside');
  });

  test('ticks off what a run before it held, or stopped on another node, where the server has joined meanwhile', async () => {
    const model = healthy();
    const left = (node: string, verb: string) => {
      model.node(node).owed[`hq_20261101-0000-aaaa.${verb}.${node}.sh`] = verb;
    };
    left('pf3', 'holdDatabase');
    left('pf3', 'suspendUnitTimers');
    model.node('pf3').timersSuspended = true;
    const { report } = await run('joinNode', model, { args });
    expect([report.phase, report.owed, owed(model)]).toEqual(['done', [], []]);
    expect(model.node('pf3')).toMatchObject({ timersSuspended: false, process: true, masked: false });

    left('pf1', 'maskIptables');
    model.node('pf1').iptables = 'masked';
    const second = await run('joinNode', model, { args });
    expect([second.report.phase, owed(model), model.node('pf1').iptables]).toEqual(['done', [], 'active']);
    const { length } = model.acts;
    await run('joinNode', model, { args });
    expect(model.acts.length).toBe(length);
  });

  test('adds a server that the running cluster does not know: held first, then its configuration, then the node', async () => {
    const model = healthy(['pf4', 'pf5']).reinstall('pf4', 'known').reinstall('pf5', 'known');
    for (const name of names) model.node(name).confDiffers = ['it does not name pf4 and pf5'];
    const { desk, asked } = at();
    const { report } = await run('joinNode', model, { args: { node: 'pf4' }, desk });
    expect([report.phase, asked]).toEqual(['done', ['cluster-conf']]);
    const order = [
      'holdDatabase pf4',
      'writeFile pf1',
      'syncFrom pf4',
      'syncFrom pf2',
      'syncFrom pf3',
      'setDataAside pf4',
    ];
    expect(order.map((act) => model.acts.indexOf(act))).toEqual(
      order.map((act) => model.acts.indexOf(act)).toSorted((a, b) => a - b),
    );
    expect(order.every((act) => model.acts.includes(act))).toBe(true);
    expect(names.map((name) => model.node(name).files['/usr/local/pf/conf/cluster.conf'])).toEqual(
      names.map(() => model.clusterConf),
    );
    expect(model.destroyed).toEqual([]);

    const aborted = healthy(['pf4', 'pf5']).reinstall('pf4', 'known').reinstall('pf5', 'known');
    for (const name of names) aborted.node(name).confDiffers = ['it does not name pf4 and pf5'];
    const given = { node: 'pf4', even: true };
    const early = await run('joinNode', aborted, { args: given, desk: at({ 'cluster-conf': 'abort' }).desk });
    expect(early.report.next).toBe('pfrunbook start join-node hq --node pf4 --even');
    expect(aborted.node('pf1').files).toEqual({});
    expect(aborted.node('pf4')).toMatchObject({ masked: false, process: true });

    const later = healthy(['pf4', 'pf5']).reinstall('pf4', 'known').reinstall('pf5', 'known');
    for (const name of names) later.node(name).confDiffers = ['it does not name pf4 and pf5'];
    const activities = allActivities(later);
    const ended = await run('joinNode', later, {
      args: { node: 'pf4' },
      desk: (token, ...rest) => (token.startsWith('step') ? decides('abort') : approves)(token, ...rest),
      activities: {
        ...activities,
        change: async (orders) => {
          if (orders.some(({ change }) => change.verb === 'syncFrom'))
            throw ApplicationFailure.nonRetryable('it burns', 'Failed');
          return activities.change(orders);
        },
      },
    });
    // PacketFence goes by what it read last: a file that is only put back would leave pf4 a member.
    expect([ended.report.phase, later.node('pf1').files, later.node('pf1').reloaded]).toEqual(['aborted', {}, true]);
  });

  test('judges a server that comes back from behind a barrier, keeps its data where it may, and lifts the barrier', async () => {
    const model = healthy().lose('pf3');
    for (const name of ['pf1', 'pf2']) model.node(name).barriers.add('pf3');
    model.write(5);
    model.boot('pf3');
    const { desk, asked } = at();
    const { report } = await run('joinNode', model, { args, desk });
    expect([report.phase, asked]).toEqual(['done', ['return']]);
    expect(model.node('pf3').cameBy).toBe('IST');
    expect(model.all.map(({ barriers }) => barriers.size)).toEqual([0, 0, 0]);
    expect([whole(model), model.destroyed]).toEqual([true, []]);

    const forked = healthy().lose('pf3');
    for (const name of ['pf1', 'pf2']) forked.node(name).barriers.add('pf3');
    forked.write(5);
    forked.boot('pf3').fork('pf3', 100, 7);
    const second = await run('joinNode', forked, { args, desk: at({ return: 'rejoin' }).desk });
    expect([second.report.phase, forked.node('pf3').cameBy]).toEqual(['done', 'full copy']);
    expect([Object.keys(forked.node('pf3').aside).length, forked.destroyed]).toEqual([1, []]);
  });

  test('keeps out whom the others keep out, though nobody kept itself out: that one would join through it', async () => {
    const model = healthy().lose('pf2');
    model.node('pf1').barriers.add('pf2');
    model.node('pf3').barriers.add('pf2');
    model.write(5);
    model.reinstall('pf3', 'known');
    const { report } = await run('joinNode', model, { args });
    expect([report.phase, [...model.node('pf3').barriers]]).toEqual(['done', ['pf2']]);
    model.fork('pf2', 100, 7).boot('pf2').settle();
    expect([model.node('pf2').primary, model.destroyed]).toEqual([false, []]);
  });

  test('a joiner that reboots between two steps, and boots without PacketFence’s configuration, is given it again', async () => {
    const model = reinstalled();
    const activities = allActivities(model);
    const { desk, asked } = at();
    let done = false;
    const { report } = await run('joinNode', model, {
      args,
      desk,
      activities: {
        ...activities,
        change: async (orders) => {
          const made = await activities.change(orders);
          if (!done && orders.some(({ change }) => /webservices/.test(change.given?.units ?? ''))) {
            done = true;
            model.node('pf3').crash();
            model.boot('pf3');
          }
          return made;
        },
      },
    });
    expect([report.phase, asked, done, whole(model)]).toEqual(['done', [], true, true]);
  });

  test('takes no data away where the cluster has gone meanwhile', async () => {
    const model = withData();
    const desk: Desk = (token, ...rest) => {
      if (token.startsWith('data')) for (const name of ['pf1', 'pf2']) model.stop(model.node(name));
      return approves(token, ...rest);
    };
    const { report } = await run('joinNode', model, { args, desk });
    expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(/No other node is Primary/) });
    expect(model.node('pf3')).toMatchObject({ data: { uuid: 'its own' }, aside: {} });
  });

  test('a configuration that did not come whole ends the run before anything of the database is touched', async () => {
    const model = withData();
    const activities = allActivities(model);
    const { report } = await run('joinNode', model, {
      args,
      desk: at().desk,
      activities: {
        ...activities,
        configuration: async (which) => {
          const { ours, seen } = await activities.configuration(which);
          return {
            ours,
            seen: seen.map((one) => (one.node === 'pf3' ? { ...one, files: { ...one.files, torn: '' } } : one)),
          };
        },
      },
    });
    expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(/pf3 and pf1 differ/) });
    expect(model.node('pf3').aside).toEqual({});
  });

  test.each([
    'holdDatabase',
    'syncFrom',
    'restart',
    'generateMariadbConf',
    'setDataAside',
    'startMember',
    'enableServices',
  ])('a joiner that reboots in the middle of %s comes to the same end', async (verb) => {
    const model = reinstalled();
    const activities: Activities = allActivities(model);
    let done = false;
    const { report } = await run('joinNode', model, {
      args,
      desk: at().desk,
      activities: {
        ...activities,
        change: async (orders) => {
          const mine = orders.some(({ change }) => change.verb === verb && change.node === 'pf3');
          if (!mine || done) return activities.change(orders);
          done = true;
          await activities.change(orders);
          model.node('pf3').crash();
          model.boot('pf3');
          throw ApplicationFailure.nonRetryable(
            'pf3: it began, and the node was rebooted before its end.',
            'OutcomeUnknown',
          );
        },
      },
    });
    expect([report.phase, report.owed, done]).toEqual(['done', [], true]);
    expect([whole(model), owed(model), model.destroyed]).toEqual([true, [], []]);
    expect(model.node('pf3').data?.events).toEqual(model.node('pf1').data?.events);
  });
});
