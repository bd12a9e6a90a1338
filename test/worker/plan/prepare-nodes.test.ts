/** A plan of preparing servers: it says what they lack, not what a model of prepared ones does. */
import { expect, test } from 'vitest';
import { allActivities } from '../../workflows/drive.js';
import { justInstalled } from '../../workflows/installed.js';
import { planned } from './planned.js';

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
