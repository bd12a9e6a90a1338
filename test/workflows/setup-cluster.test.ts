/** The ways setting up can go, on the model: what is asked, what is refused, where it goes on after an abort or a reboot. */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../cluster/diagnosis.js';
import { ModelCluster } from '../../model/cluster.js';
import { messages } from '../../workflows/messages.js';
import { allActivities, approves } from './drive.js';
import { type Desk, run } from './rehearsed.js';

const names = ['pf1', 'pf2', 'pf3'];
const gateOf = (token: string) => token.replace(/\d*-\d+-[0-9a-z]+$/, '');

/** Approves all, does what the configurator's question asks for, and aborts at the gate that is named. Notes what was asked. */
function person(model: ModelCluster, abortAt?: string): { desk: Desk; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    desk: async (token, handle) => {
      const gate = gateOf(token);
      asked.push(gate);
      if (gate === abortAt) return handle.signal(messages.abort, 'enough');
      if (gate === 'configurator') model.configure();
      return approves(token, handle);
    },
  };
}

/** Whose data directory is looked at when this one joins, holds a table of somebody's: a question in the middle. */
function withTables(model: ModelCluster, joiner: string) {
  const activities = allActivities(model);
  const data: typeof activities.data = async (which) =>
    (await activities.data(which)).map((one) =>
      one.node === joiner && which.nodes.length === 1
        ? { ...one, schemas: [{ name: 'pf', tables: 1, bytes: 1, writtenAt: 0 }] }
        : one,
    );
  return { ...activities, data };
}

const formed = (model: ModelCluster) => model.all.map(({ primary, synced, services }) => primary && synced && services);
const inOrder = {
  ...{ autofix: 'active', iptables: 'active', cron: 'active', masked: false, newCluster: false },
  ...{ setUpBegun: false, timersSuspended: false, defaultTarget: 'packetfence-cluster.target' },
};
const count = (model: ModelCluster, act: string) => model.acts.filter((one) => one === act).length;

describe.concurrent('setup-cluster', () => {
  test('asks for the configurator, forms one cluster, and leaves everything at work', async () => {
    const model = ModelCluster.blank(names, { configured: false });
    const { desk, asked } = person(model);
    const { report } = await run('setupCluster', model, { desk });
    expect([report.phase, report.owed, asked]).toEqual(['done', [], ['configurator', 'domains']]);
    expect(formed(model)).toEqual([true, true, true]);
    for (const node of model.all) expect(node).toMatchObject(inOrder);
    expect(model.destroyed).toEqual([]);
    // Each keepalived began with the new key: none was stopped or restarted for it.
    expect([model.vipHolders, model.acts.filter((act) => /keepalived/i.test(act))]).toEqual([1, []]);
    expect(new Set(model.all.map(({ keepalivedBy }) => keepalivedBy))).toEqual(
      new Set([expect.stringContaining(`the secret of file:/made-for-${report.run}`)]),
    );
    expect([count(model, 'startNewCluster pf1'), model.all.map(({ cameBy }) => cameBy)]).toEqual([
      1,
      ['IST', 'full copy', 'full copy'], // the first only restarts as a member
    ]);
    expect(model.all.map(({ files }) => files['/usr/local/pf/conf/pf.conf [advanced] configurator'])).toEqual([
      'disabled',
      'disabled',
      'disabled',
    ]);
  });

  test('closes the configurator of 9.1 on every server', async () => {
    const model = ModelCluster.blank(names);
    for (const node of model.all) node.version = '9.1.0';
    const { report } = await run('setupCluster', model);
    expect(report.phase).toBe('done');
    expect(model.all.map(({ files }) => files['/usr/local/pf/conf/currently-at'])).toEqual(
      names.map(() => 'PacketFence 9.1.0\n'),
    );
  });

  test('the configurator’s question comes back while something is missing, and says what', async () => {
    const model = ModelCluster.blank(names, { configured: false });
    const { desk, asked } = person(model);
    let early = true;
    const { report } = await run('setupCluster', model, {
      desk: async (token, handle) => {
        if (!early || gateOf(token) !== 'configurator') return desk(token, handle);
        early = false;
        return approves(token, handle);
      },
    });
    expect([report.phase, asked]).toEqual(['done', ['configurator', 'domains']]);
    expect(report.decisions.map(({ token }) => gateOf(token))).toEqual(['configurator', 'configurator', 'domains']);
  });

  test.each<[string, (model: ModelCluster) => void, RegExp]>([
    [
      'a member',
      (model) => Object.assign(model, {}) && model.startNewCluster(model.node('pf2')),
      /pf2 is in a cluster/,
    ],
    ['a server that is away', (model) => model.lose('pf3'), /pf3 is not reachable/],
    [
      'an external database',
      (model) => Object.assign(model.node('pf3'), { databaseHost: 'db1.example.com' }),
      /^pf3 uses the database at db1\.example\.com: .* Nothing was touched\.$/,
    ],
    ['devices', (model) => Object.assign(model.node('pf1'), { devices: 7 }), /pf1 knows 7 devices/],
    ['an unprepared server', (model) => Object.assign(model.node('pf2'), { lacks: ['socat'] }), /prepare-nodes/],
    [
      'a password with a sign',
      (model) =>
        Object.assign(model, {
          secrets: { ...model.secrets, replication: { ...model.secrets.mysql, lettersAndDigits: false } },
        }),
      /letters and digits only/,
    ],
  ])('is refused for %s, with nothing touched', async (_, befall, words) => {
    const model = ModelCluster.blank(names);
    befall(model);
    const { report } = await run('setupCluster', model);
    expect([report.phase, report.because, model.acts]).toEqual(['refused', expect.stringMatching(words), []]);
  });

  test('a complaint of checkup about the cluster ends it, files and databases as they were', async () => {
    const model = ModelCluster.blank(names);
    model.complaints = ['FATAL - Interface eth1 is not defined for pf2'];
    const { report } = await run('setupCluster', model);
    expect(report).toMatchObject({
      phase: 'refused',
      because: expect.stringMatching(/Interface eth1 is not defined for pf2/),
    });
    expect(model.all.map(({ files, process, masked }) => [Object.keys(files), process, masked])).toEqual(
      names.map(() => [[], true, false]),
    );
    expect(model.node('pf1').reloaded).toBe(true); // else its database would start as a member of what is no cluster
    model.complaints = [];
    const second = await run('setupCluster', model);
    expect([second.report.phase, formed(model)]).toEqual(['done', [true, true, true]]);
  });

  test('aborted at the last question it is set up all the same, and is not set up once more', async () => {
    const model = ModelCluster.blank(names);
    const first = await run('setupCluster', model, person(model, 'domains'));
    expect([first.report.phase, formed(model)]).toEqual(['aborted', [true, true, true]]);
    expect(first.report).not.toHaveProperty('next'); // started again, it is refused
    for (const node of model.all) expect(node).toMatchObject(inOrder);
    const { length } = model.acts;
    const { report } = await run('setupCluster', model);
    expect([report.phase, report.because, model.acts.length]).toEqual([
      'refused',
      expect.stringMatching(/pf1 is in a cluster: Primary, with 3 members/),
      length,
    ]);
  });

  test('whose last server join-node has brought in is not over: that says so, diagnose too, and it finishes by itself', async () => {
    const model = ModelCluster.blank(names);
    await run('setupCluster', model, { ...person(model, 'data'), activities: withTables(model, 'pf3') });
    const joined = await run('joinNode', model, { args: { node: 'pf3' } });
    expect([joined.report.phase, formed(model)]).toEqual(['done', [true, true, true]]);
    const finish = 'pfrunbook start setup-cluster hq';
    expect(joined.report.result?.notes).toEqual(
      expect.arrayContaining([expect.stringMatching(`not over. ${finish} does what is left`)]),
    );
    const look = () =>
      diagnose({ cluster: { name: 'hq', nodes: names }, seen: model.all.map((node) => node.see()), vips: [] });
    expect(look()).toMatchObject({ condition: 'being set up', recommended: { command: finish } });
    const before = [...model.acts];
    const { report } = await run('setupCluster', model);
    expect([report.phase, report.owed]).toEqual(['done', []]);
    expect(model.node('pf1')).toMatchObject(inOrder);
    const since = model.acts.slice(before.length);
    expect(since).toContain('noteSetUp pf1');
    expect(since.filter((act) => /Database|NewCluster|Member|Aside/.test(act))).toEqual([]);
    expect(look()).toMatchObject({ condition: 'healthy' });
    const again = await run('joinNode', model, { args: { node: 'pf3' } });
    expect(again.report.result?.notes).toEqual(['pf3 serves, and is in order: there was nothing to do.']);
  });

  test('compares the tables of a server that kept its data', async () => {
    const model = ModelCluster.blank(names);
    await run('setupCluster', model);
    const pf3 = model.node('pf3');
    model.stop(pf3);
    Object.assign(pf3, { masked: true, services: false });
    pf3.owed['hq_20261101-0000-aaaa.holdDatabase.pf3.sh'] = 'Let MariaDB start again on pf3';
    model.node('pf1').setUpBegun = true;
    const { report } = await run('setupCluster', model);
    expect(report).toMatchObject({ phase: 'done', result: { rejoined: [{ node: 'pf3', way: 'IST' }] } });
    expect(report.steps.map(({ title }) => title)).toContain('Compare the tables of the nodes that kept their data');
    expect(model.node('pf3')).toMatchObject(inOrder);
  });

  test.each(['configurator', 'data'])(
    'aborted at %s, it is started again and finds done what is done',
    async (gate) => {
      const model = ModelCluster.blank(names, { configured: false });
      const first = await run('setupCluster', model, {
        ...person(model, gate),
        // The last joiner holds something: a question in the middle.
        activities: withTables(model, 'pf3'),
      });
      expect([first.report.phase, first.report.next]).toEqual(['aborted', 'pfrunbook start setup-cluster hq']);
      const seen = model.all.map((node) => node.see());
      expect(diagnose({ cluster: { name: 'hq', nodes: names }, seen, vips: [] })).toMatchObject({
        condition: 'being set up',
        recommended: { command: 'pfrunbook start setup-cluster hq' },
      });
      const recovery = await run('fullRecovery', model);
      expect([recovery.report.phase, recovery.report.because]).toEqual([
        'refused',
        expect.stringContaining('pfrunbook start setup-cluster hq goes on from there'),
      ]);
      const { desk, asked } = person(model);
      const { report } = await run('setupCluster', model, { desk });
      expect([report.phase, report.owed]).toEqual(['done', []]);
      expect(asked.filter((one) => one !== 'return')).toEqual(
        gate === 'configurator' ? ['configurator', 'domains'] : ['domains'],
      );
      expect(formed(model)).toEqual([true, true, true]);
      for (const node of model.all) expect(node).toMatchObject(inOrder);
      expect([count(model, 'startNewCluster pf1'), model.destroyed]).toEqual([1, []]);
    },
  );

  describe('the first server is rebooted', () => {
    /** Once, when this step's activity has been done. */
    const rebootAfter = (model: ModelCluster, verb: string, befall: () => void) => {
      const activities = allActivities(model);
      let left = true;
      return {
        ...activities,
        change: async (orders: Parameters<typeof activities.change>[0]) => {
          const made = await activities.change(orders);
          if (left && orders.some(({ change }) => `${change.verb} ${change.node}` === verb)) {
            left = false;
            befall();
          }
          return made;
        },
      };
    };
    const dies = (model: ModelCluster) => () => {
      const pf1 = model.node('pf1');
      pf1.crash();
      pf1.boot++;
      model.settle();
    };

    test('before its database is secured: it is started once more', async () => {
      const model = ModelCluster.blank(names);
      const { desk, asked } = person(model);
      const { report } = await run('setupCluster', model, {
        activities: rebootAfter(model, 'startAlone pf1', dies(model)),
        desk: async (token, handle) => {
          if (asked.length > 3) throw new Error(`one question too many: ${asked.join(', ')}`);
          return desk(token, handle);
        },
      });
      expect([report.phase, asked, formed(model)]).toEqual(['done', ['domains'], [true, true, true]]);
    });

    test.each(['recoverPosition pf1', 'fence'])(
      'after its data was sealed, and before its new cluster (%s): sealed again, and nobody is asked',
      async (moment) => {
        const model = ModelCluster.blank(names);
        const { desk, asked } = person(model);
        const reboots = () => {
          model.node('pf1').boot++; // held: nothing starts
        };
        const activities = rebootAfter(model, moment, reboots);
        const { report } = await run('setupCluster', model, {
          desk,
          activities: {
            ...activities,
            fence: async (facts) => {
              if (moment === 'fence') reboots();
              return activities.fence(facts);
            },
          },
        });
        expect([report.phase, asked, formed(model)]).toEqual(['done', ['domains'], [true, true, true]]);
        expect([count(model, 'startNewCluster pf1'), model.destroyed]).toEqual([1, []]);
      },
    );

    test('in the middle of being sealed again, or away just then: retry goes on', async () => {
      const model = ModelCluster.blank(names);
      const { desk, asked } = person(model);
      const activities = allActivities(model);
      let away = false;
      const { report } = await run('setupCluster', model, {
        activities: {
          ...activities,
          change: async (orders) => {
            const starts = orders.some(({ change }) => change.verb === 'startNewCluster');
            if (starts && !away) {
              away = true;
              model.node('pf1').boot++;
              throw ApplicationFailure.nonRetryable('pf1: no route to host.', 'Unreachable');
            }
            return activities.change(orders);
          },
        },
        desk: async (token, handle) => {
          if (asked.length > 2) throw new Error(`one question too many: ${asked.join(', ')}`);
          return desk(token, handle);
        },
      });
      expect([report.phase, asked, formed(model)]).toEqual(['done', ['step', 'domains'], [true, true, true]]);
    });

    test('is restarted as a member only when every other one has all: it may be what another takes its copy from', async () => {
      const model = ModelCluster.blank(names);
      const activities = rebootAfter(model, 'enableServices pf3', () => {
        model.node('pf2').crash();
        model.settle();
        model.boot('pf2');
      });
      let synced: readonly boolean[] = [];
      const { report } = await run('setupCluster', model, {
        activities: {
          ...activities,
          change: async (orders) => {
            if (orders.some(({ change }) => change.verb === 'restartAsMember'))
              synced = model.all.map((node) => node.synced);
            return activities.change(orders);
          },
        },
      });
      expect([report.phase, synced]).toEqual(['done', [true, true, true]]);
    });

    test('while it alone held the cluster: a new cluster again, behind the same fence', async () => {
      const model = ModelCluster.blank(names);
      const activities = allActivities(model);
      let left = true;
      const { report } = await run('setupCluster', model, {
        activities: {
          ...activities,
          untilServed: async (what) => {
            await activities.untilServed(what);
            if (left) dies(model)();
            left = false;
          },
        },
      });
      expect([report.phase, formed(model), model.destroyed]).toEqual(['done', [true, true, true], []]);
      expect(count(model, 'startNewCluster pf1')).toBe(2);
    });

    test('with the one that has joined away at that look: no new cluster, for that one may hold more', async () => {
      const model = ModelCluster.blank(names);
      const _activities = allActivities(model);
      await run('setupCluster', model, {
        ...person(model, 'data'),
        activities: withTables(model, 'pf3'),
      });
      expect(model.node('pf2')).toMatchObject({ primary: true });
      const { report } = await run('setupCluster', model, {
        activities: rebootAfter(model, 'maskAutofix pf1', () => {
          model.lose('pf2');
          dies(model)();
        }),
        desk: async (token, handle) => {
          if (!model.node('pf2').reachable) model.boot('pf2');
          return approves(token, handle);
        },
      });
      expect([report.phase, report.because]).toEqual([
        'refused',
        expect.stringMatching(/pf2 cannot be reached: whether/),
      ]);
      expect([count(model, 'startNewCluster pf1'), model.destroyed]).toEqual([1, []]);
    });

    test('beside a cluster that its data did not come from: it is not overwritten', async () => {
      const model = ModelCluster.blank(names);
      const [pf1, pf2] = [model.node('pf1'), model.node('pf2')];
      Object.assign(pf1, { setUpBegun: true, process: false });
      Object.assign(pf2, { data: { uuid: 'another', events: ['T theirs/1/1/0'] } });
      model.startNewCluster(pf2);
      const { report } = await run('setupCluster', model);
      expect([report.phase, report.because]).toEqual([
        'refused',
        expect.stringMatching(/pf1 holds another history than the cluster of pf2/),
      ]);
      expect([count(model, 'startMember pf1'), model.destroyed]).toEqual([0, []]);
    });

    test('with a joiner left held, and the proof fails: that one stays held, for its data is its own', async () => {
      const model = ModelCluster.blank(names);
      const activities = allActivities(model);
      const pf2 = model.node('pf2');
      await run('setupCluster', model, {
        ...person(model, 'data'),
        activities: withTables(model, 'pf2'),
      });
      expect(pf2).toMatchObject({ held: true });
      dies(model)();
      const { report } = await run('setupCluster', model, {
        activities: {
          ...activities,
          fence: async () => ({ verdict: ['pf1 is Primary.'], refusal: 'pf1 is Primary.', hash: '1' }),
        },
      });
      expect([report.phase, pf2.held, model.destroyed]).toEqual(['refused', true, []]);
      expect(report.owed.join()).toMatch(/Let MariaDB start again on pf2.*an earlier run left pf2, pf3 held/);
    });

    test('once another has joined: it joins that one', async () => {
      const model = ModelCluster.blank(names);
      const { report } = await run('setupCluster', model, {
        activities: rebootAfter(model, 'enableServices pf2', () => {
          model.stop(model.node('pf1'));
          model.node('pf1').boot++;
        }),
      });
      expect([report.phase, formed(model), model.destroyed]).toEqual(['done', [true, true, true], []]);
      expect(count(model, 'startNewCluster pf1')).toBe(1);
    });
  });
});
