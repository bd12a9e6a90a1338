/** Servers prepared on the model: each given what it lacks, one rebooted at a time, and a prepared one not touched at all. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { notBack } from '../../cluster/prepare.js';
import { ModelCluster } from '../../model/cluster.js';
import type { Progress } from '../../workflows/messages.js';
import { allActivities, approves, decides } from './drive.js';
import { justInstalled, withOtherNames } from './installed.js';
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

const namesOf = ({ all }: ModelCluster) => all.map(({ links }) => links.map(({ name }) => name).join());
const tokens =
  (answer: (token: string) => string, seen: string[]): Desk =>
  (token, ...rest) => {
    seen.push(token.split('-')[0] ?? '');
    return decides(answer(token))(token, ...rest);
  };

test.concurrent('other names are given to one server at a time, with one reboot for both', async () => {
  const model = withOtherNames();
  const asked: string[] = [];
  const { report } = await prepare(model, { ...ipv6, desk: tokens(() => 'go', asked) });
  expect([report.phase, report.result, asked]).toEqual([
    'done',
    { changed: ['pf1', 'pf2', 'pf3'], renamed: ['pf2', 'pf3'], rebooted: ['pf2', 'pf3', 'pf1'] },
    ['rename', 'reboot', 'rename', 'reboot', 'reboot'],
  ]);
  expect(namesOf(model)).toEqual(['eth0', 'eth0', 'eth0']);
  expect(model.acts.filter((act) => /rename|reboot/.test(act))).toEqual([
    ...['renameInterfaces pf2', 'reboot pf2', 'renameInterfaces pf3', 'reboot pf3', 'reboot pf1'],
  ]);
  const { length } = model.acts;
  const again = await prepare(model, ipv6);
  expect([again.report.result?.changed, model.acts.length]).toEqual([
    'nothing: every server was prepared already',
    length,
  ]);
});

test.concurrent('a server is left to a person, and so is a reboot', async () => {
  const model = withOtherNames();
  const answer = (token: string) => (/^rename-1|^reboot-3/.test(token) ? 'later' : 'go');
  const { report } = await prepare(model, { desk: tokens(answer, []) });
  expect([report.phase, report.result?.left, report.result?.rebooted]).toEqual([
    ...['done', 'a person renames the interfaces of pf2, pf3, or reboots it', undefined],
  ]);
  expect(model.all.map(({ links: [link] }) => [link?.name, link?.next])).toEqual([
    ['eth0', undefined],
    ['ens192', undefined],
    ['ens192', 'eth0'],
  ]);
  const asked: string[] = [];
  const shown: string[] = [];
  const again = await prepare(model, {
    desk: async (token, handle) => {
      const { question } = await handle.query<Progress>('progress');
      shown.push(question?.evidence.verdict.join(' ') ?? '');
      return tokens(() => 'go', asked)(token, handle);
    },
  });
  expect([again.report.phase, again.report.result?.renamed, asked]).toEqual([
    ...['done', ['pf3', 'pf2'], ['reboot', 'rename', 'reboot']],
  ]);
  expect(shown[0]).toMatch(
    /of an earlier run, hq-the-run, and no run puts them back\..* sh \/var\/lib\/pfrunbook\/files\/hq-the-run\/interfaces-back\.sh/,
  );
  expect(namesOf(model)).toEqual(['eth0', 'eth0', 'eth0']);
  expect(model.acts.filter((act) => act === 'renameInterfaces pf3').length).toBe(1);
});

test.concurrent('a reboot that was left to a person may be left once more, and is told as long as it is due', async () => {
  const model = withOtherNames(['pf3']);
  const later = { desk: tokens((token) => (token.startsWith('reboot') ? 'later' : 'go'), []) };
  await prepare(model, later);
  const { report } = await prepare(model, later);
  const left = 'a person renames the interfaces of pf3, or reboots it';
  expect([report.phase, report.result]).toEqual(['done', { changed: ['pf3'], left }]);
  expect(model.acts.filter((act) => act.startsWith('reboot'))).toEqual([]);
  const aborted = await prepare(model, { desk: decides('abort') });
  expect([aborted.report.phase, aborted.report.owed, model.node('pf3').links[0]?.next]).toEqual([
    'aborted',
    [],
    'eth0',
  ]);
});

test.concurrent('where a person has written the files, nobody knows the way back, and no run reboots', async () => {
  const model = withOtherNames(['pf3']);
  const [link] = model.node('pf3').links;
  if (link) link.next = 'eth0';
  const { report } = await prepare(model);
  expect(report.because).toMatch(/pf3: .*Its files have the new names already.*reboot it/);
});

test.concurrent('given up before the reboot, the files are as they were; after it the run says that it cannot', async () => {
  const model = withOtherNames();
  let questions = 0;
  const desk = tokens(() => (++questions === 4 ? 'abort' : 'go'), []);
  const { report } = await prepare(model, { desk });
  expect([report.phase, namesOf(model)]).toEqual(['aborted', ['eth0', 'eth0', 'ens192']]);
  expect(model.node('pf3').links[0]).not.toHaveProperty('next');
  expect([report.owed, report.stays]).toEqual([
    [],
    expect.arrayContaining([expect.stringMatching(/network files of pf2 back as they were/)]),
  ]);
  expect(report.stays?.join()).not.toMatch(/files of pf3/);
});

test.concurrent('one that does not come back is a question that tells the way back', async () => {
  const model = withOtherNames(['pf2']);
  const activities = allActivities(model);
  const seen: string[] = [];
  const { report } = await prepare(model, {
    desk: async (token, handle) => {
      const { question } = await handle.query<Progress>('progress');
      seen.push(`${token} ${question?.evidence.verdict.join()}`);
      await approves(token, handle);
    },
    activities: {
      ...activities,
      untilRebooted: async (what) => {
        if (seen.length < 3) throw ApplicationFailure.nonRetryable(`pf2: no answer. ${notBack(what)}`, 'Failed');
        return activities.untilRebooted(what);
      },
    },
  });
  expect([report.phase, namesOf(model)]).toEqual(['done', ['eth0', 'eth0', 'eth0']]);
  expect(seen.at(-1)).toMatch(
    /^step.*console of pf2.*sh \/var\/lib\/pfrunbook\/files\/.*interfaces-back\.sh && reboot/,
  );
});

test.concurrent('where it answers under other names, the run asks and looks again', async () => {
  const model = withOtherNames(['pf2']);
  const seen: string[] = [];
  const [link] = model.node('pf2').links;
  const { report } = await prepare(model, {
    desk: async (token, handle) => {
      seen.push(token);
      if (token.startsWith('reboot') && link) link.next = 'eth1';
      if (token.startsWith('refused') && link) link.name = 'eth0';
      await approves(token, handle);
    },
  });
  expect([report.phase, seen.map((token) => token.split('-')[0])]).toEqual(['done', ['rename', 'reboot', 'refused']]);
});
