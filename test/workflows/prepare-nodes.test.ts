/** Servers prepared on the model: each given what it lacks, one rebooted at a time, and a prepared one not touched at all. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ModelCluster } from '../../model/cluster.js';
import { allActivities, approves, decides } from './drive.js';
import { justInstalled } from './installed.js';
import { type Desk, run } from './rehearsed.js';

type Scene = Parameters<typeof run>[2];

const prepare = (model: ModelCluster, scene: Scene = {}) => run('prepareNodes', model, scene);
const ipv6 = { args: { disableIpv6: true } };
const servers = ({ all }: ModelCluster) => all.map(({ server }) => server);

test.concurrent('each is given what it lacks; again, nothing is touched and the run says so', async () => {
  const model = justInstalled();
  const { report } = await prepare(model);
  expect(report).toMatchObject({
    ...{ phase: 'done', owed: [], decisions: [] },
    result: { changed: ['pf1', 'pf2', 'pf3'] },
  });
  expect(servers(model)).toEqual(
    model.all.map(() => ({ tools: true, nonlocalBind: true, ipv6Off: false, clusterConf: false })),
  );
  expect(model.acts.filter((act) => act.startsWith('emptyClusterConf'))).toEqual(['emptyClusterConf pf2']);
  const { length } = model.acts;
  const again = await prepare(model);
  expect([again.report.phase, again.report.result?.changed, model.acts.length]).toEqual([
    'done',
    'nothing: every server was prepared already',
    length,
  ]);
});

test.concurrent('leaves a cluster alone that is down: without its cluster.conf each server would go on by itself', async () => {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
  for (const { server } of model.all) server.clusterConf = true;
  const { report } = await prepare(model);
  expect([report.phase, report.because, model.acts]).toEqual([
    'refused',
    expect.stringMatching(/pf1 was in a Galera cluster, and its cluster.conf names one.*Nothing was touched\.$/),
    [],
  ]);
});

test.concurrent('reboots are asked for and done one at a time; one may be left to a person', async () => {
  const model = justInstalled();
  let asked = 0;
  const desk: Desk = (token, ...rest) => {
    asked += 1;
    expect(model.acts.filter((act) => act.startsWith('reboot')).length).toBeLessThan(asked);
    return asked === 2 ? decides('later')(token, ...rest) : approves(token, ...rest);
  };
  const { report } = await prepare(model, { ...ipv6, desk });
  expect([report.phase, report.result?.rebooted, asked]).toEqual(['done', ['pf1', 'pf3'], 3]);
  expect(model.all.map(({ boot, server }) => [boot, server.ipv6Off])).toEqual([
    [2, true],
    [1, true],
    [2, true],
  ]);
});

test.concurrent('given up at the reboot, settings and cluster.conf are as they were', async () => {
  const model = justInstalled();
  const { report } = await prepare(model, { ...ipv6, desk: decides('abort') });
  expect([report.phase, report.owed]).toEqual(['aborted', []]);
  expect(servers(model)).toEqual(
    model.all.map(({ name }) => ({ tools: true, nonlocalBind: false, ipv6Off: false, clusterConf: name === 'pf2' })),
  );
});

test.concurrent('a package that cannot be installed is a question, and tried again', async () => {
  const model = justInstalled();
  const activities = allActivities(model);
  const { report } = await prepare(model, {
    activities: {
      ...activities,
      change: async (orders) => {
        const [order] = orders;
        if (order?.change.verb === 'installCopyTools' && order.key.generation === 1 && order.change.node === 'pf3')
          throw ApplicationFailure.nonRetryable('pf3: no such mirror', 'Failed');
        return activities.change(orders);
      },
    },
  });
  expect([report.phase, report.decisions.length]).toEqual(['done', 1]);
});

test.concurrent.each<[string, () => ModelCluster, RegExp]>([
  ['a server that is away', () => justInstalled().lose('pf2'), /pf2 cannot be reached/],
  ['a cluster that lives', () => new ModelCluster(['pf1', 'pf2', 'pf3']), /in a Galera cluster already/],
])('%s is refused with nothing touched', async (_, made, why) => {
  const model = made();
  const { report } = await prepare(model);
  expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(why) });
  expect(model.acts).toEqual([]);
});
