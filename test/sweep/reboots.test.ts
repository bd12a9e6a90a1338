/** A set-up under which servers are rebooted in each phase, and everything of ours dies: the same end. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { allowNonlocalBind, configure } from '../../lab/configure.js';
import { stopWriter } from '../../lab/writer.js';
import { places } from '../../worker/settings.js';
import { messages } from '../../workflows/messages.js';
import { upWith } from '../lab/fixtures/up-with.js';
import { Stage, seen } from '../lab/stage.js';
import { isCalm } from './fixtures/calm.js';
import { type Shake, shaken, shakes } from './fixtures/shakes.js';

const name = 'reboots';
const [first, second, third] = ['pf1', 'pf2', 'pf3'];
let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open(name, { blank: true });
});
afterEach(() => stage.close());

const inJoin = ['syncFrom', 'restart', 'generateMariadbConf', 'setDataAside', 'startMember', 'untilSynced'];

test('a joiner rebooted in each of its phases; worker, server and connections killed while another joins', async () => {
  const within = (node: string) => ({ lab: name, from: `syncFrom ${node}`, to: `enableServices ${node}` });
  await begin([
    { name: 'joiner', reboot: second, ...within(second) },
    { name: 'worker', ...within(third) },
  ]);
  const faults = new Set<string>();
  await stage.approveToTheEnd(1_800_000, async (titles) => {
    if (faults.size > 0 || !titles.some((title) => title.startsWith(`Reload the configuration of ${third}`))) return;
    faults.add('server').add('connections');
    process.kill((await stage.supervisor()).serverPid ?? 0, 'SIGKILL');
    await stage.onAll("pkill -9 -f '^sshd: root' || :");
  });
  expect(faults.size).toBe(2);
  expect(await phases('joiner')).toEqual(expect.arrayContaining(inJoin));
  expect(await phases('worker')).toEqual(expect.arrayContaining(inJoin));
  await isWhole();
}, 2_400_000);

test('the first server rebooted in each phase after the bootstrap', async () => {
  await begin([{ name: 'first', reboot: first, lab: name, from: `enableServices ${first}`, to: `noteSetUp ${first}` }]);
  await stage.approveToTheEnd(2_400_000, () => {}); // it asks while nobody holds the cluster, and while the first is away
  expect(await phases('first')).toEqual(
    expect.arrayContaining([...inJoin, 'enableServices', 'untilServed', 'restartAsMember', 'startServices']),
  );
  await isWhole();
}, 3_000_000);

/** Up to the configurator's answer. */
async function begin(plan: readonly Shake[]): Promise<void> {
  const { lab } = stage;
  await allowNonlocalBind(stage.lab);
  await upWith(stage, new URL('./fixtures/shaking-worker.ts', import.meta.url), {
    [shakes]: JSON.stringify(plan),
  });
  expect((await stage.type('start', 'setup-cluster', name, '--detach')).code).toBe(0);
  const { token } = await stage.asked();
  expect(token).toMatch(/^configurator-/);
  for (const node of lab.nodes) await configure(lab, node, { onlyNetwork: node !== first });
  await (await stage.handle()).signal(messages.approve, `${token} anna`);
}

async function told(): Promise<readonly string[]> {
  const file = join(places().state, shaken);
  return existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n') : [];
}

const phases = async (of: string): Promise<readonly string[]> =>
  (await told()).flatMap((line) => (line.startsWith(`${of}: `) ? line.slice(of.length + 2).split(', ') : []));

/** One cluster, in service, with nothing owed. */
async function isWhole(): Promise<void> {
  const { lab } = stage;
  expect((await stage.type('report', name)).all).toContain('Ended: **done**');
  await seen('a healthy cluster', 90_000, async () =>
    (await stage.json<Diagnosis>('diagnose', name)).condition === 'healthy' ? true : undefined,
  );
  await isCalm(stage);
  await stage.writes();
  await stopWriter(lab);
  expect(await stage.verify()).toMatchObject({ good: true, differing: [] });
}
