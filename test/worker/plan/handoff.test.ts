/** What is left of a run, when the tool must leave; and what a person did meanwhile is found done. */
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ModelCluster } from '../../../model/cluster.js';
import { type Handoff, handoffOf, handoffToMarkdown } from '../../../worker/plan/handoff.js';
import { recordOf } from '../../../worker/plan/record.js';
import { allActivities, approves, run } from '../../workflows/drive.js';
import { theSandbox } from './planned.js';

const inventory = {
  addresses: { pf1: '192.0.2.11', pf2: '192.0.2.12', pf3: '192.0.2.13' },
  vips: ['192.0.2.10'],
  managementVips: {},
  logins: {},
  zones: [],
  files: { clusterConf: '', networksConf: '' },
};
const tornView = () => new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'] });
const handoff = async (handle: WorkflowHandle): Promise<Handoff> =>
  handoffOf(theSandbox(), recordOf(await handle.fetchHistory()), {
    inventory,
    runbook: 'full-recovery',
    release: 'test',
  });
const titles = ({ steps }: Handoff['plan']['way']) => steps.flatMap(({ orders }) => orders.map(({ title }) => title));

test('at a step that failed: what is done, held and owed, and the rest; done by hand, retry finds it done', async () => {
  const model = tornView();
  const activities = allActivities(model);
  let burns = true;
  const told: Handoff[] = [];
  const { report } = await run('fullRecovery', model, {
    activities: {
      ...activities,
      change: async (orders) => {
        if (burns && orders.some(({ change }) => change.verb === 'holdDatabase' && change.node === 'pf2'))
          throw ApplicationFailure.nonRetryable('pf2: it burns', 'Failed');
        return activities.change(orders);
      },
    },
    desk: async (token, handle, ...rest) => {
      if (burns) {
        told.push(await handoff(handle));
        const pf2 = model.node('pf2'); // by hand
        pf2.stop(false);
        pf2.masked = true;
        burns = false;
      }
      await approves(token, handle, ...rest);
    },
  });
  expect(report.phase).toBe('done');
  expect(model.acts).not.toContain('holdDatabase pf2');
  expect(JSON.stringify(report.steps)).toContain(
    'pf2: found done, nothing was done again: Stop MariaDB on pf2 and hold it',
  );

  const [left] = told;
  expect(left?.question).toMatchObject({
    token: expect.stringMatching(/^step\d+-1-/),
    evidence: { verdict: ['pf2: it burns'] },
  });
  expect(left?.held).toEqual(['pf1', 'pf3']);
  expect(left?.done).toContain('Stop MariaDB on pf1 and hold it');
  expect(left?.done).not.toContain('Stop MariaDB on pf2 and hold it');
  expect(left?.owed.map(({ back }) => back)).toContain('Let galera-autofix work again on pf2');
  expect(left?.owed.find(({ node, title }) => node === 'pf2' && title.includes('hold'))?.wanted).toMatch(
    /systemctl is-/,
  );
  const question = left?.plan.way.next.find((one) => one.kind === 'question');
  const retry = question?.branches.find(({ choice }) => choice === 'retry');
  expect(titles(retry?.section ?? { steps: [], next: [] }).slice(0, 2)).toEqual([
    'Stop MariaDB on pf2 and hold it',
    'Read what pf2 last committed, and seal it',
  ]);
  const text = left ? handoffToMarkdown(left, 'Full recovery') : '';
  for (const heading of [
    '# Handoff: Full recovery, hq/',
    '## The open question',
    '## Held now',
    '## Owed on the nodes',
    '## What is left',
    'Done when:',
    `When you are done: \`pfrunbook decide ${left?.run} ${left?.question?.token} retry\`.`,
  ])
    expect(text).toContain(heading);
});

test('at the choice of a node: what was read decides how each comes back, and the run then does just that', async () => {
  const model = tornView();
  const told: Handoff[] = [];
  const { report } = await run('fullRecovery', model, {
    desk: async (token, handle, ...rest) => {
      told.push(await handoff(handle));
      model.acts.splice(0);
      await approves(token, handle, ...rest);
    },
  });
  expect(report.phase).toBe('done');
  const [left] = told;
  expect(left?.held).toEqual(['pf1', 'pf2', 'pf3']);
  const { run: name = '', question: { token = '' } = {} } = left ?? {};
  const answers = ['pf1', 'pf2', 'pf3'].map((node) => `\`pfrunbook decide ${name} ${token} ${node}\``).join(', or ');
  expect(left && handoffToMarkdown(left, 'Full recovery')).toContain(
    `When you are done: ${answers}, as you chose by hand.`,
  );
  const question = left?.plan.way.next.find((one) => one.kind === 'question');
  expect(question).toMatchObject({ name: 'keep', dependsOn: [] });
  const kept = question?.branches.find(({ choice }) => choice === 'pf2')?.section;
  const all = { steps: [...(kept?.steps ?? []), ...(kept?.next[0]?.steps ?? [])], next: [] };
  const verbs = all.steps.flatMap(({ orders }) =>
    orders.map(({ node, command }) => `${left?.plan.commands[command]?.verb} ${node}`),
  );
  // What is found as wanted is no act: the services ran, and MariaDB had been let go.
  expect(verbs).toEqual(expect.arrayContaining([...model.acts]));
  expect(verbs.filter((verb) => /startNewCluster|startMember|setDataAside/.test(verb))).toEqual(
    model.acts.filter((verb) => /startNewCluster|startMember|setDataAside/.test(verb)),
  );
});

test('of a run that is over: only what it owes', async () => {
  const model = tornView();
  for (const node of model.all) node.evidence = false;
  const { handle } = await run('fullRecovery', model, {
    desk: (token, one) => one.executeUpdate('decide', { args: [{ token, choice: 'abort', by: 'anna' }] }),
  });
  const left = await handoff(handle);
  expect(left.plan.way).toMatchObject({ steps: [], next: [{ kind: 'end', phase: 'aborted' }] });
  expect(handoffToMarkdown(left, 'Full recovery')).toContain('The run is over: only what it owes is left.');
  expect(left.held).toEqual(['pf1', 'pf2', 'pf3']);
  expect(left.owed.map(({ title }) => title).filter((title) => title.startsWith('Stop MariaDB'))).toHaveLength(3);
});
