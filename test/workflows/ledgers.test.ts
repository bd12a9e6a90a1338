import { describe, expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import type { Proposal } from '../../cluster/words.js';
import { ModelCluster } from '../../model/cluster.js';
import type { ModelNode } from '../../model/node.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { allActivities, approves, decides } from './drive.js';
import { run } from './rehearsed.js';

/** A run at whose first gate something befalls pf3, while it is held. The questions that follow, and what is answered. */
async function befallen(what: (node: ModelNode) => void, answer = decides('retry')) {
  const cluster = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
  const node = cluster.node('pf3');
  const questions: Proposal[] = [];
  let before: readonly string[] = [];
  const { report } = await run('practice', cluster, {
    args: { keep: 'pf2' },
    desk: async (token, handle) => {
      if (token.startsWith('keep')) {
        what(node);
        before = acts(cluster);
        return approves(token, handle);
      }
      const { question } = await handle.query<Progress>(messages.progress);
      questions.push(question?.evidence ?? expect.fail());
      return answer(token, handle);
    },
  });
  return { cluster, node, before, questions, report };
}
const acts = (cluster: ModelCluster) => cluster.acts.filter((act) => act.endsWith('pf3'));

describe.concurrent('a node that has forgotten what this run did there', () => {
  test.each([
    [
      'as it was put back to an older copy',
      (node: ModelNode) => {
        node.ledger = new Map([...node.ledger].slice(0, 2));
      },
      'the ledger has gone back. It had counted 5 changes, and counts 2.',
    ],
    [
      'as it is another machine',
      (node: ModelNode) => {
        Object.assign(node, { machineId: 'new', ledgerId: 'fresh', ledger: new Map() });
      },
      'another ledger than before. Its machine-id was machine-pf3, and is new. Its ledger was ledger-pf3, and is fresh.',
    ],
  ])('%s, is a question that names what is known; a retry takes it as it is', async (_, what, words) => {
    const { cluster, questions, report } = await befallen(what);
    expect(questions).toMatchObject([{ verdict: [expect.stringContaining(words)] }]);
    expect(questions[0]?.goOn).toBeUndefined(); // a bare approval says nothing of the node
    expect(questions[0]?.verdict[0]).toContain(
      'By its own history, this run did there before, or found done: Stop galera-autofix on pf3',
    );
    expect(report.phase).toBe('done');
    expect(acts(cluster).filter((act) => act.startsWith('setDataAside'))).toHaveLength(1);
    expect(report.steps.find(({ title }) => title === 'Set the data of pf3 aside')?.said[1]).toMatch(/^retry, /);
  });

  test('is asked about until a person retries: nothing is done there meanwhile', async () => {
    const forget = (pf3: ModelNode) => {
      pf3.ledgerId = 'fresh';
    };
    const { cluster, node, before, questions, report } = await befallen(forget, decides('abort'));
    expect(report.phase).toBe('aborted');
    expect(questions.length).toBeGreaterThan(1);
    expect(acts(cluster)).toEqual(before);
    expect(Object.values(node.owed)).toContainEqual(expect.stringContaining('Let MariaDB start again on pf3'));
  });
});

test.concurrent('another machine in a node’s place gets neither the lock nor the note of a guard', async () => {
  const cluster = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
  const pf2 = cluster.node('pf2');
  const activities = allActivities(cluster);
  let reimaged = false;
  const { report } = await run('fullRecovery', cluster, {
    desk: decides('abort'),
    activities: {
      ...activities,
      change: async (orders) => {
        if (orders.some(({ change }) => change.verb === 'holdDatabase' && change.node === 'pf2') && !reimaged) {
          reimaged = true;
          Object.assign(pf2, { machineId: 'new', ledgerId: 'fresh', ledger: new Map(), lock: undefined });
          for (const file of Object.keys(pf2.owed)) delete pf2.owed[file];
        }
        return activities.change(orders);
      },
    },
  });
  expect(report.phase).toBe('aborted');
  expect([pf2.lock, pf2.owed]).toEqual([undefined, {}]);
});

test.concurrent('every change of a run carries what was learnt by the one before it', async () => {
  const cluster = new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
  const activities = allActivities(cluster);
  const orders: ChangeOrder[] = [];
  await run('practice', cluster, {
    args: { keep: 'pf2' },
    activities: {
      ...activities,
      change: async (asked) => {
        orders.push(...asked);
        return activities.change(asked);
      },
    },
  });
  const counters = orders.filter(({ change }) => change.node === 'pf3').map(({ known }) => known?.counter);
  expect(counters).toEqual(counters.map((_, i) => i + 1));
});
