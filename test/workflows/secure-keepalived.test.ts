/** Keepalived's words changed on the model: never two who serve, nothing restarted without need, all taken back on abort. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ModelCluster } from '../../model/cluster.js';
import { allActivities, decides } from './drive.js';
import { run, type Scene } from './rehearsed.js';

const names = ['pf1', 'pf2', 'pf3'];
const whole = () => new ModelCluster(names);
const secure = (model: ModelCluster, args: object, scene: Scene = {}) =>
  run('secureKeepalived', model, { args, ...scene });
const key = (name: string, value: unknown) => [`/usr/local/pf/conf/pf.conf [active_active] ${name}`, value];
/** What pf.conf says on each node, and what its keepalived was started by. */
const words = ({ all }: ModelCluster) =>
  all.flatMap((node) => [JSON.parse(node.vrrp), JSON.parse(node.keepalivedBy ?? '0')]);
const everywhere = (...said: unknown[]) => names.flatMap(() => [said, said]);
const restarts = ({ acts }: ModelCluster) => acts.filter((act) => /Keepalived/.test(act));

test.concurrent.each([
  [{}, [key('password', expect.stringMatching(/^the secret of file:/))]],
  [{ secret: 'file:/root/vrrp' }, [key('password', 'the secret of file:/root/vrrp')]],
  [{ routerId: 51, unicast: true }, [key('virtual_router_id', '51'), key('vrrp_unicast', 'enabled')]],
])('%j is in force on every node, and never do two serve', async (args, said) => {
  const model = whole();
  const { report } = await secure(model, args);
  expect(report).toMatchObject({ phase: 'done', owed: [], decisions: [], result: { restarted: names } });
  expect(words(model)).toEqual(everywhere(...said));
  expect(restarts(model)).toEqual([
    ...['stopKeepalived pf2', 'stopKeepalived pf3'],
    ...['restartKeepalived pf1', 'startKeepalived pf2', 'startKeepalived pf3'],
  ]);
  expect([model.servedTwice, model.all.map(({ monit }) => monit)]).toEqual([[], [true, true, true]]);
});

test.concurrent('what is so already is found done, and nothing is restarted', async () => {
  const model = whole();
  await secure(model, { routerId: 51 });
  const { length } = model.acts;
  const { report } = await secure(model, { routerId: 51 });
  expect([report.phase, report.result, model.acts.length]).toEqual([
    'done',
    { routerId: 51, restarted: 'nobody: it was so already' },
    length,
  ]);
});

test.concurrent('two that serve because one was changed alone become one again', async () => {
  const model = whole();
  const said = key('virtual_router_id', '51');
  for (const node of model.all) node.files = Object.fromEntries([said]);
  for (const name of ['pf1', 'pf3']) model.node(name).keepalivedBy = JSON.stringify([said]);
  expect(model.vipHolders).toBe(2);
  const { report } = await secure(model, { routerId: 51 });
  expect([report.phase, words(model), model.vipHolders]).toEqual(['done', everywhere(said), 1]);
});

test.concurrent.each<[string, (model: ModelCluster) => void, RegExp]>([
  ['a node that is off', (model) => model.lose('pf2'), /pf2 cannot be reached, and would come back with the old words/],
  ['one in maintenance', (model) => Object.assign(model.node('pf2'), { maintenance: true }), /pf2 is in maintenance/],
  [
    'one whose keepalived stands',
    (model) => Object.assign(model.node('pf3'), { keepalivedBy: undefined }),
    /not run on pf3/,
  ],
  ['another cluster.conf', (model) => Object.assign(model.node('pf3'), { confDiffers: ['it names pf4 too'] }), /pf4/],
  ['a database that does not serve', (model) => model.stop(model.node('pf3')), /pf3 does not answer SQL/],
  [
    'a key that keepalived cannot take',
    (model) => Object.assign(model, { complaintsAboutSecret: ['It has 4 characters.'] }),
    /4 characters/,
  ],
])('%s is refused with nothing touched', async (_, befall, why) => {
  const model = whole();
  befall(model);
  const { report } = await secure(model, { secret: 'file:/root/vrrp' });
  expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(why) });
  expect(report.because).toMatch(/Nothing was touched\.$/);
  expect(model.acts).toEqual([]);
});

test.concurrent.each(['setKeys', 'stopKeepalived', 'restartKeepalived', 'startKeepalived'])(
  'given up where %s fails, it is all as it was, and one serves',
  async (verb) => {
    const model = whole();
    const activities = allActivities(model);
    let failed = false;
    const { report } = await secure(
      model,
      { routerId: 51 },
      {
        desk: decides('abort'),
        activities: {
          ...activities,
          change: async (orders) => {
            if (!failed && orders.some(({ change }) => change.verb === verb && change.node !== 'pf3')) {
              failed = true;
              throw ApplicationFailure.nonRetryable('it burns', 'Failed');
            }
            return activities.change(orders);
          },
        },
      },
    );
    expect([report.phase, report.owed, words(model)]).toEqual(['aborted', [], everywhere()]);
    expect([model.vipHolders, model.all.map(({ owed }) => owed)]).toEqual([1, [{}, {}, {}]]);
  },
);

test.concurrent('a node that reboots while it is to stand still comes up by the new words, and one serves in the end', async () => {
  const model = whole();
  const activities = allActivities(model);
  const { report } = await secure(
    model,
    { routerId: 51 },
    {
      activities: {
        ...activities,
        change: async (orders) => {
          if (orders.some(({ change }) => change.verb === 'restartKeepalived')) {
            const pf2 = model.node('pf2');
            pf2.keepalivedBy = pf2.vrrp;
          }
          return activities.change(orders);
        },
      },
    },
  );
  expect([report.phase, model.vipHolders]).toEqual(['done', 1]);
  expect(words(model)).toEqual(everywhere(key('virtual_router_id', '51')));
});

/** As a run leaves it whose Temporal is gone, or that another took over. */
function left(model: ModelCluster, node: string, verb: string): void {
  model.node(node).owed[`hq_20261101-0000-aaaa.${verb}.${node}.sh`] = verb;
}

test.concurrent('what a run before it stopped, and never started again, is started and owed no more', async () => {
  const model = whole();
  await secure(model, { routerId: 51 });
  for (const name of names) {
    left(model, name, 'stopMonit');
    model.node(name).monit = false;
  }
  const again = await secure(model, { routerId: 51 });
  expect([again.report.phase, again.report.owed]).toEqual(['done', []]);
  expect(model.all.map(({ monit, owed }) => [monit, owed])).toEqual(names.map(() => [true, {}]));

  for (const name of ['pf2', 'pf3']) {
    left(model, name, 'stopKeepalived');
    model.node(name).keepalivedBy = undefined;
  }
  const third = await secure(model, { routerId: 51 });
  expect([third.report.phase, third.report.owed, model.servedTwice]).toEqual(['done', [], []]);
  expect(model.all.map(({ keepalivedBy, owed }) => [keepalivedBy, owed])).toEqual(
    names.map(() => [JSON.stringify([key('virtual_router_id', '51')]), {}]),
  );
});
