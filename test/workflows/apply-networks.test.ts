/** Networks brought into force on the model: refused where they are wrong, one node at a time, taken back before the first restart. */

import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { afterLines } from '../../client/show/run.js';
import type { ModelCluster } from '../../model/cluster.js';
import { reportToMarkdown } from '../../workflows/report.js';
import { allActivities, approves, decides } from './drive.js';
import { ourFiles, withNetworks } from './networks.js';
import { type Desk, run } from './rehearsed.js';

type Scene = Parameters<typeof run>[2];

const apply = (model: ModelCluster, scene: Scene = {}) => run('applyNetworks', model, scene);
const verbs = ({ acts }: ModelCluster) => acts.map((act) => act.replace(/^(\w+) pf(\d)$/, '$1 $2'));
/** Approves gates, and aborts at a step that failed. */
const abortsAtAStep: Desk = (token, ...rest) =>
  (token.startsWith('step') ? decides('abort') : approves)(token, ...rest);

/** The first change of this kind fails for good. */
function failing(model: ModelCluster, verb: string) {
  const activities = allActivities(model);
  return {
    ...activities,
    change: async (orders: Parameters<typeof activities.change>[0]) => {
      if (orders.some(({ change }) => change.verb === verb))
        throw ApplicationFailure.nonRetryable(`${verb}: it burns`, 'Failed');
      return activities.change(orders);
    },
  };
}

test.concurrent('are set on every node before anything is read again, and each node is restarted in its turn', async () => {
  const model = withNetworks();
  const { report } = await apply(model);
  expect(report).toMatchObject({ phase: 'done', owed: [], result: { restarted: ['pf1', 'pf2', 'pf3'] } });
  const [decision] = report.decisions;
  expect([report.decisions.length, decision?.token]).toEqual([1, expect.stringMatching(/^equipment-/)]);
  const said = verbs(model).filter((act) => /setKeys|syncAs|reload|restartServ/.test(act));
  expect(said.slice(0, 6).every((act) => act.startsWith('setKeys'))).toBe(true);
  expect(said.slice(6)).toEqual([
    'syncAsMaster 1',
    ...['reloadConfiguration 1', 'reloadConfiguration 2', 'reloadConfiguration 3'],
    ...['restartServices 1', 'restartServices 2', 'restartServices 3'],
  ]);
  for (const { files, cron, monit } of model.all) {
    expect(files).toMatchObject({
      '/usr/local/pf/conf/cluster.conf [CLUSTER network 203.0.113.0] next_hop': '198.51.100.1',
      '/usr/local/pf/conf/networks.conf [203.0.113.0] gateway': '203.0.113.1',
    });
    expect([cron, monit]).toEqual(['active', true]);
  }
  const { length } = model.acts;
  const again = await apply(model);
  expect(again.report).toMatchObject({
    phase: 'done',
    decisions: [],
    result: { restarted: expect.stringMatching(/^nobody/) },
  });
  expect(model.acts.length).toBe(length);
});

test.concurrent('the question is the checklist, with every address filled in', async () => {
  let asked: readonly string[] = [];
  const { report } = await apply(withNetworks(), {
    desk: async (token, handle) => {
      const { question } = await handle.query<{ question?: { evidence: { verdict: readonly string[] } } }>('progress');
      asked = question?.evidence.verdict ?? [];
      return approves(token, handle);
    },
  });
  expect(report.phase).toBe('done');
  expect(asked.join('\n')).toMatch(/relays DHCP.*198\.51\.100\.10[\s\S]*198\.51\.100\.1.*routes to 203\.0\.113\.0\/24/);
});

test.concurrent.each<[string, () => ModelCluster, RegExp]>([
  [
    'wrong in two places, both told',
    () =>
      withNetworks({
        clusterConf: ourFiles.clusterConf.replace('next_hop=198.51.100.1', 'next_hop=192.168.1.1'),
        networksConf: ourFiles.networksConf.replace('gateway=203.0.113.1', 'gateway=203.0.114.1'),
      }),
    /next hop 192\.168\.1\.1[\s\S]*gateway 203\.0\.114\.1|gateway 203\.0\.114\.1[\s\S]*next hop 192\.168\.1\.1/,
  ],
  ['none at all', () => withNetworks({ clusterConf: '', networksConf: '' }), /nothing to apply/],
  ['with a node away', () => withNetworks().lose('pf3'), /pf3 cannot be reached/],
])('%s is refused with nothing touched', async (_, made, why) => {
  const model = made();
  const { report } = await apply(model);
  expect(report).toMatchObject({ phase: 'refused', because: expect.stringMatching(why) });
  expect([report.because?.endsWith('Nothing was touched.'), model.acts]).toEqual([true, []]);
});

test.concurrent('nothing is changed where the equipment is not told', async () => {
  const model = withNetworks();
  const { report } = await apply(model, { desk: decides('abort') });
  expect([report.phase, model.acts, report.owed]).toEqual(['aborted', [], []]);
});

test.concurrent.each(['setKeys', 'syncAsMaster', 'reloadConfiguration'])(
  'given up where %s fails, every file is as it was',
  async (verb) => {
    const model = withNetworks();
    const { report } = await apply(model, { desk: abortsAtAStep, activities: failing(model, verb) });
    expect([report.phase, report.owed]).toEqual(['aborted', []]);
    expect(model.all.map(({ files, cron }) => [files, cron])).toEqual(model.all.map(() => [{}, 'active']));
  },
);

test.concurrent('given up at a restart, the rest stays as it is and is named, and nothing is owed; run again, it is finished', async () => {
  const model = withNetworks();
  const { report } = await apply(model, { desk: abortsAtAStep, activities: failing(model, 'restartServices') });
  expect([report.phase, report.owed, report.stays?.length]).toEqual(['aborted', [], 6]);
  const [, told] = reportToMarkdown(report).split('## Stays as it is: not taken back past the point of no return\n\n');
  expect(told?.match(/^- Not done: .*/gm)).toEqual(report.stays?.map((title) => `- Not done: ${title}`));
  expect(afterLines(report, 200)).toEqual([
    'Stays as it is, for the run was past its point of no return. Not done:',
    ...(report.stays ?? []).map((title) => `  - ${title}`),
  ]);
  const again = await apply(model);
  expect(again.report).toMatchObject({ phase: 'done', owed: [], result: { restarted: ['pf1', 'pf2', 'pf3'] } });
});

test.concurrent('what a run before it stopped, and never started again, works again where nothing is left to do', async () => {
  const model = withNetworks();
  await apply(model);
  for (const node of model.all) {
    node.owed[`hq_20261101-0000-aaaa.maskCron.${node.name}.sh`] = 'Let the cluster check work again';
    node.cron = 'masked';
  }
  const { report } = await apply(model);
  expect(report).toMatchObject({ phase: 'done', owed: [], decisions: [] });
  expect(model.all.map(({ cron, owed }) => [cron, owed])).toEqual(model.all.map(() => ['active', {}]));
});
