/** From servers just installed to a cluster, with the first server switched off in the middle. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowNonlocalBind, configure } from '../../lab/configure.js';
import { boot, cutPower } from '../../lab/machine.js';
import { stopWriter } from '../../lab/writer.js';
import { messages } from '../../workflows/messages.js';
import { Stage } from '../lab/stage.js';
import { isCalm } from './fixtures/calm.js';

const name = 'setup';
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open(name, { blank: true });
});
afterAll(() => stage.close());

const start = () => stage.type('start', 'setup-cluster', name);
const wsrep = (what: string) =>
  `MYSQL_PWD=practice4root mariadb -NBe "show global status like 'wsrep_${what}'" | cut -f 2`;

test('a server that is not prepared is refused, with nothing touched', async () => {
  const { code, all } = await start();
  expect([code, all]).toEqual([1, expect.stringMatching(/ip_nonlocal_bind is not 1.*prepare-nodes/s)]);
  expect(await stage.onAll('ls /var/lib/pfrunbook/set-up-begun 2>/dev/null')).toEqual(['', '', '']);
});

test('they become a cluster, though the first is switched off after the bootstrap', async () => {
  const { lab } = stage;
  const [first = '', ...others] = lab.nodes;
  await allowNonlocalBind(stage.lab);
  expect((await start()).code).toBe(3);
  const question = await stage.asked();
  expect(question.token).toMatch(/^configurator-/);
  expect(question.evidence.shown?.join(' ')).toMatch(/pf.conf says nothing of eth0.*no database pf/);
  await configure(lab, first);
  for (const node of others) await configure(lab, node, { onlyNetwork: true });
  await (await stage.handle()).signal(messages.approve, `${question.token} anna`);

  let cut = process.env.PFRUNBOOK_NO_CUT !== undefined;
  await stage.approveToTheEnd(900_000, async (titles) => {
    if (cut || !titles.some((title) => title.startsWith('Wait until the virtual addresses'))) return;
    cut = true;
    await cutPower(lab, [first]);
    await boot(lab, first);
  });
  expect(cut).toBe(true);
  const report = await stage.type('report', name);
  expect(report.all).toContain('Ended: **done**');

  expect(
    await stage.onAll(`${wsrep('cluster_status')}; ${wsrep('local_state_comment')}; ${wsrep('cluster_size')}`),
  ).toEqual(lab.nodes.map(() => 'Primary\nSynced\n3'));
  await isCalm(stage);
  await stage.writes();
  await stopWriter(lab);
  expect(await stage.verify()).toMatchObject({ good: true });
  const again = await start();
  expect([again.code, again.all]).toEqual([1, expect.stringMatching(/pf1 is in a cluster: Primary, with 3 members/)]);
});
