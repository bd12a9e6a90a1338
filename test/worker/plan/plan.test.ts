/** What a plan says, and that a run then does it. */
import { expect, test } from 'vitest';
import type { ChangeOrder } from '../../../activities/contract.js';
import { ModelCluster } from '../../../model/cluster.js';
import { gateOf } from '../../../worker/plan/explore.js';
import { planToMarkdown } from '../../../worker/plan/markdown.js';
import { linesOf, type Next, type Plan, type PlanStep, type Section } from '../../../worker/plan/plan.js';
import { difference } from '../../../workflows/difference.js';
import type { Decided } from '../../../workflows/messages.js';
import { allActivities, approves, type Desk, decides, run } from '../../workflows/drive.js';
import { scenes } from '../../workflows/scenes.js';
import { captured, planned } from './planned.js';

const names = ['pf1', 'pf2', 'pf3'];
type Question = Extract<Next, { kind: 'question' }>;
const questionIn = ({ next }: Section): Question | undefined => next.find((one) => one.kind === 'question');
const branch = (plan: Section, choice: string): Section => {
  const found = questionIn(plan)?.branches.find((one) => one.choice === choice);
  if (!found) throw new Error(`no branch ${choice}`);
  return found.section;
};
const titles = (steps: readonly PlanStep[]) => steps.flatMap(({ orders }) => orders.map(({ title }) => title));

test('of a power cut with a torn view names what is certain, and every branch of the question', async () => {
  const plan = await planned(captured('power-cut-torn-view'));
  const { way } = plan;
  expect(titles(way.steps)).toEqual([
    ...names.flatMap((node) => [
      `Stop galera-autofix on ${node}`,
      `Stop monit on ${node}`,
      `Suspend the start timeout and the automatic restart of MariaDB on ${node}`,
    ]),
    ...names.flatMap((node) => [
      `Stop MariaDB on ${node} and hold it`,
      `Read what ${node} last committed, and seal it`,
    ]),
  ]);
  expect(way.steps.flatMap(({ dependsOn }) => dependsOn)).toEqual([]);
  const keep = questionIn(way);
  expect(keep).toMatchObject({
    name: 'keep',
    dependsOn: ['read of the histories of pf1, pf2, pf3: unless they are two'],
  });
  expect(keep?.branches.map(({ choice }) => choice)).toEqual([...names, 'abort']);

  const kept = branch(way, 'pf2');
  expect(titles(kept.steps)[0]).toBe('Start a new cluster on pf2, from its own data');
  const aside = kept.steps.find(({ title }) => title === 'Set the data of pf1 aside');
  expect(aside?.dependsOn).toEqual([
    'gate keep: pf2',
    'read of the histories of pf1, pf2, pf3: if that of pf1 is not proven, or that of pf2 is not proven, or none is proven, or they are one, and no cache holds what another lacks',
  ]);
  expect(aside?.orders[0]?.loses).toMatch(/goes on without it/);
  expect(kept.steps.find(({ title }) => title === 'Start MariaDB on pf1 (IST)')?.usual).toBe(true);
  expect(questionIn(kept)).toMatchObject({ name: 'content', dependsOn: expect.arrayContaining(['gate keep: pf2']) });

  const abort = branch(way, 'abort');
  expect(titles(abort.steps)).not.toContain('Start a new cluster on pf1, from its own data');
  expect(titles(abort.steps)).toContain('Start monit on pf3');
  // The command of the plan is the node's: digested together by the ledger.
  const hold = way.steps.flatMap(({ orders }) => orders).find(({ title }) => title.includes('and hold it'));
  expect(plan.commands[hold?.command ?? '']?.script).toMatch(/systemctl mask packetfence-mariadb/);
});

test('of a living cluster is the refusal, and no command', async () => {
  const { way, commands } = await planned(captured('well'));
  expect(way.next).toMatchObject([
    { kind: 'end', phase: 'refused', because: expect.stringMatching(/offer database service/) },
  ]);
  expect(commands).toEqual({});
});

test('of a node that stays off asks for it first, and raises the barrier against it', async () => {
  const { way } = await planned(captured('power-cut-one-stays-off'));
  expect(titles(way.steps)).toEqual([]);
  expect(questionIn(way)?.name).toBe('absent');
  const kept = branch(branch(way, 'go'), 'pf1');
  expect(titles(kept.steps)).toEqual(expect.arrayContaining(['Keep pf3 out, on pf1', 'Keep pf3 out, on pf2']));
});

test('has one hash while only numbers move, and another, with the difference, when a node’s state changed', async () => {
  const seen = captured('power-cut-torn-view');
  const plan = await planned(seen);
  const moved = seen.map((one) =>
    one.reachable
      ? {
          ...one,
          host: { ...one.host, clockAheadMs: 12, varFreeBytes: 1, addresses: [] },
          database: {
            ...one.database,
            processes: one.database.processes.map((each) => ({ ...each, pid: each.pid + 7 })),
          },
        }
      : one,
  );
  expect((await planned(moved)).hash).toBe(plan.hash);
  const quiet = seen.map((one, i) =>
    one.reachable && i === 1
      ? { ...one, units: { ...one.units, monit: { active: 'inactive', enabled: 'disabled', mainPid: 0 } } }
      : one,
  );
  const other = await planned(quiet);
  expect(other.hash).not.toBe(plan.hash);
  const changed = difference(linesOf(plan), linesOf(other));
  expect(changed).toContainEqual(expect.stringMatching(/^no longer: Stop monit on pf2 \(pf2, [0-9a-f]{6}\): certain$/));
  expect(changed.filter((line) => /pf[13]/.test(line) && !/pf2/.test(line))).toEqual([]);
  expect((await planned(seen, { args: { resyncFromScratch: true } })).hash).not.toBe(plan.hash);
});

test('reads as a change document', async () => {
  const text = planToMarkdown({
    plan: await planned(captured('power-cut-torn-view')),
    ...{ title: 'Full recovery', guide: '5.4', purpose: 'No node serves.', by: 'anna', madeAt: new Date(0) },
    ...{ summary: 'No node is Primary.', table: [['Node'], ['pf1']], histories: [] },
  });
  for (const heading of [
    '# Plan: Full recovery of hq',
    '## The way',
    '### Question `keep`',
    '#### `keep` = **abort**',
    '## What is set aside, or given up',
    '## The way back',
    '## Commands',
  ])
    expect(
      text.split('\n').some((line) => line.startsWith(heading)),
      heading,
    ).toBe(true);
  expect(text).toContain('Certain: 15 commands, on pf1, pf2, pf3');
});

type Did = ChangeOrder | { readonly gate: true };
const isGate = (did: Did): did is { readonly gate: true } => 'gate' in did;

/** Goes with the run through the plan: each step of the run stands in the plan, and after the one before. Else throws. */
function follow({ way, commands }: Plan, did: readonly Did[], decisions: readonly Decided[]): void {
  let section = way;
  let at = 0;
  let gates = 0;
  for (const one of did) {
    if (isGate(one)) {
      const decided = decisions[gates++];
      expect(questionIn(section)?.name).toBe(decided && gateOf(decided));
      section = branch(section, decided?.choice ?? '');
      at = 0;
      continue;
    }
    const { title, script } = one.change;
    const steps = [...section.steps, ...section.next.flatMap((next) => next.steps)];
    const found = steps.findIndex(
      ({ orders }, i) =>
        i >= at && orders.some((order) => order.title === title && commands[order.command]?.script === script),
    );
    if (found < 0) throw new Error(`the plan does not say here: ${title}`);
    at = found; // what goes out at once is one step
  }
}

const outages: [string, () => ModelCluster, Desk][] = [
  [
    'one history, approved',
    () => new ModelCluster(names).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'] }),
    approves,
  ],
  [
    'one history, another node named',
    () => new ModelCluster(names).powerCut({ last: { pf1: 100 }, torn: ['pf2'] }),
    decides('pf1'),
  ],
  ['no evidence', () => dark(), decides('pf3')],
  ['two histories', () => new ModelCluster(names).powerCut({ torn: ['pf2'] }).fork('pf3', 90, 5), approves],
  ['aborted', () => new ModelCluster(names).powerCut({ torn: ['pf2'] }), decides('abort')],
];

function dark(): ModelCluster {
  const model = new ModelCluster(names).powerCut({ last: { pf1: 100 }, torn: ['pf2'] });
  for (const node of model.all) node.evidence = false;
  return model;
}

/** Plans, and then runs: what the run did, and where it was asked. */
async function planAndRun(model: ModelCluster, answers: Desk) {
  const plan = await planned(model.all.map((node) => node.see()));
  const did: Did[] = [];
  const activities = allActivities(model);
  const { report } = await run('fullRecovery', model, {
    order: { run: 'hq/THE-RUN' },
    desk: async (token, ...rest) => {
      did.push({ gate: true });
      await answers(token, ...rest);
    },
    activities: {
      ...activities,
      change: async (orders) => {
        did.push(...orders);
        return activities.change(orders);
      },
    },
  });
  return { plan, did, report };
}

test.each(outages)('a run does what was planned: %s', async (_, made, answers) => {
  const { plan, did, report } = await planAndRun(made(), answers);
  expect(did.length).toBeGreaterThan(20);
  follow(plan, did, report.decisions);
  expect(() => follow(plan, did.toReversed(), report.decisions)).toThrow();
});

test('a node that comes back to a living cluster is planned, and brought back, behind its barrier', async () => {
  const model = new ModelCluster(names).powerCut({ off: ['pf3'] });
  const first: Desk = (token, ...rest) => decides(token.startsWith('absent') ? 'go' : 'pf1')(token, ...rest);
  expect((await run('fullRecovery', model, { desk: first })).report.phase).toBe('done');
  Object.assign(model.node('pf3'), { reachable: true, process: true });
  model.settle();
  const { plan, did, report } = await planAndRun(model, approves);
  expect(report.phase).toBe('done');
  expect(titles(plan.way.steps)).toContain('Stop MariaDB on pf3 and hold it');
  follow(plan, did, report.decisions);
});

test.each(Object.entries(scenes))('every runbook can be planned: %s', async (workflow, { cluster, args }) => {
  const seen = cluster().all.map((node) => node.see());
  const { way } = await planned(seen, { workflow, ...(args && { args }) });
  expect(way.next).not.toEqual([]);
});
