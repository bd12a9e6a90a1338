/** Plans of preparing servers: they say what these lack, not what a model of prepared ones does. */
import { expect, test } from 'vitest';
import type { ServerSeen } from '../../../cluster/prepare.js';
import { allActivities } from '../../workflows/drive.js';
import { justInstalled, withOtherNames } from '../../workflows/installed.js';
import { planned } from './planned.js';

test('names the files and the way of each server', async () => {
  const model = withOtherNames();
  const servers = model.all.map(
    (node, i): ServerSeen => ({
      ...node.serverSeen(`192.0.2.${11 + i}`),
      ...(node.name === 'pf3' && {
        interfaces: [{ name: 'enp1s0', mac: '02:00:00:00:00:99', addresses: ['192.0.2.13'] }],
        named: [{ name: 'enp1s0', path: '/etc/network/interfaces.d/enp1s0' }],
      }),
    }),
  );
  const seen = model.all.map((node) => node.see());
  const plan = await planned(seen, { workflow: 'prepareNodes', clusterConf: model.clusterConf, besides: { servers } });
  expect(plan.verdict.join()).toMatch(/192\.0\.2\.13 is on enp1s0, and cluster\.conf calls that interface eth0/);
  const ways: string[] = [];
  const walk = (section: typeof plan.way, before: string): void => {
    for (const next of section.next) {
      if (next.kind === 'end') ways.push(`${before} ${next.phase}`);
      else for (const { choice, section: then } of next.branches) walk(then, `${before} ${next.name}=${choice}`);
    }
  };
  walk(plan.way, '');
  expect(ways).toContain(' rename=go reboot=go rename=go reboot=go done');
  expect(ways).toContain(' rename=later rename=go reboot=go done');
  expect(ways).toContain(' rename=go reboot=abort aborted');
  const scripts = Object.values(plan.commands).filter(({ verb }) => verb === 'renameInterfaces');
  expect(scripts.map(({ script }) => /MACAddress=(\S+)/.exec(script)?.[1]).toSorted()).toEqual([
    '02:00:00:00:00:11',
    '02:00:00:00:00:99',
  ]);
  expect(scripts.map(({ script }) => script).join()).toContain("'/etc/network/interfaces.d/enp1s0'");
});

test('asks again for a reboot that was left to a person, and then sees the new names', async () => {
  const model = withOtherNames(['pf3']);
  const [link] = model.node('pf3').links;
  Object.assign(link ?? expect.fail(), { next: 'eth0', by: 'hq-1' });
  const servers = model.all.map((node, i) => node.serverSeen(`192.0.2.${11 + i}`));
  const seen = model.all.map((node) => node.see());
  const plan = await planned(seen, { workflow: 'prepareNodes', clusterConf: model.clusterConf, besides: { servers } });
  expect(plan.verdict.join()).toMatch(/pf3: .* hq-1 has written its files: it is rebooted, after a question/);
  expect(plan.way.next).toMatchObject([{ kind: 'question', name: 'reboot' }]);
  expect(JSON.stringify(plan.way.next)).toMatch(/"choice":"go".*"phase":"done"/);
  expect(Object.values(plan.commands).map(({ verb }) => verb)).not.toContain('renameInterfaces');
});

test('names what each server lacks, and ends well', async () => {
  const model = justInstalled();
  const addresses = Object.fromEntries(model.all.map(({ name }) => [name, model.addressOf(name)]));
  const servers = await allActivities(model).servers({ cluster: 'hq', nodes: Object.keys(addresses), addresses });
  const { verdict, way } = await planned(
    model.all.map((node) => node.see()),
    { workflow: 'prepareNodes', besides: { servers } },
  );
  expect(verdict.join()).toMatch(/pf1, pf2 and pf3 lack the tools for a full copy/);
  const titles = JSON.stringify(way);
  for (const title of ['Install mariabackup and socat on pf3', 'Comment out all of cluster.conf on pf2'])
    expect(titles).toContain(title);
  expect(titles).not.toContain('cluster.conf on pf1');
  expect(way.next).toMatchObject([{ kind: 'end', phase: 'done' }]);
});
