/** Runbooks that only the tests know: each shows one thing that the frame does. */
import { proxyActivities } from '@temporalio/workflow';
import { maskAutofix, stopMonit } from '../../cluster/commands/automation.js';
import { holdDatabase, setDataAside, startMember, startNewCluster } from '../../cluster/commands/database.js';
import { recoverPosition } from '../../cluster/commands/recover-position.js';
import type { NodeName } from '../../cluster/words.js';
import type { Order } from '../../workflows/messages.js';
import { look, watch } from '../../workflows/proxies.js';
import { type Guard, type Run, runbook } from '../../workflows/runbook.js';
import { dialect } from './dialect.js';
import type { TestJudges } from './judges.js';

const judge = proxyActivities<TestJudges>({ startToCloseTimeout: '10 seconds', retry: { initialInterval: 1 } });

export interface PracticeArgs {
  readonly keep: NodeName;
  /** Whether the hold stays on abort. */
  readonly doubt?: boolean;
  readonly expires?: '200 ms';
}

/** A small recovery: guards, a hold, a gate, the point of no return, waits, a confirmation. */
export const practice = (order: Order<PracticeArgs>) =>
  runbook('Practice', order, async (run) => {
    const { nodes } = order.cluster;
    const { keep, doubt, expires } = order.args;
    const which = { cluster: order.cluster.name, nodes, run: order.run };

    await run.lower(autofix(run));
    await run.change(
      'Stop monit',
      nodes.map((node) => stopMonit(node, dialect)),
    );
    const hold: Guard = {
      title: 'Stop MariaDB on every node, and hold it',
      back: 'Let MariaDB start again',
      changes: nodes.map((node) => holdDatabase(node, dialect, true)),
    };
    await run.lower(hold);
    await run.change(
      'Read positions',
      nodes.map((node) => recoverPosition(node, dialect, order.run)),
    );
    if (doubt) run.keep(hold, 'not of one history');
    const { choice } = await run.gate('keep', {
      question: 'Which node’s data is kept?',
      cost: 'ten minutes',
      ...(expires && { expires }),
      evidence: async () =>
        run.judge('Propose', judge.propose, {
          keep,
          nodes,
          seals: await run.read('Look at the seals', look.seals, which),
        }),
    });
    run.commit(`From here on the cluster is what ${choice} holds`);
    await run.change(`Start a new cluster on ${choice}`, [startNewCluster(choice, dialect, order.run)]);
    for (const node of nodes.filter((name) => name !== choice)) {
      await run.change(`Set the data of ${node} aside`, [
        { ...setDataAside(node, dialect, order.run, '/var/lib/mysql'), loses: 'its own copy' },
      ]);
      await run.change(`Start ${node}`, [startMember(node, dialect, 'full copy')]);
      await run.until(
        `Wait until ${node} is Synced`,
        watch.untilSynced,
        { cluster: order.cluster.name, node },
        '1 minute',
      );
    }
    await run.confirm('Check that all are Synced', judge.allSynced, async () => ({
      seen: await run.read('Look', look.nodes, which),
    }));
    return { kept: choice };
  });

function autofix(run: Run): Guard {
  const { name: cluster, nodes } = run.order.cluster;
  return {
    title: 'Stop galera-autofix',
    back: 'Let galera-autofix work again',
    changes: nodes.map((node) => maskAutofix(node, dialect, true)),
    condition: 'every node is Synced',
    mayReturn: async () =>
      run.judge('May it return?', judge.allSynced, {
        seen: await run.read('Look, for galera-autofix', look.nodes, { cluster, nodes }),
      }),
  };
}

/** A bug in the middle: nothing may be taken back on its account. */
export const buggy = (order: Order) =>
  runbook('Buggy', order, async (run) => {
    await run.change(
      'Hold',
      order.cluster.nodes.map((node) => holdDatabase(node, dialect, true)),
    );
    throw new TypeError('nobody thought of this');
  });

/** Loses data without a commit: a bug as well, caught before the act. */
export const careless = (order: Order) =>
  runbook('Careless', order, async (run) => {
    const [node = ''] = order.cluster.nodes;
    await run.change('Stop monit', [stopMonit(node, dialect)]);
    await run.change('Set aside', [
      { ...setDataAside(node, dialect, order.run, '/var/lib/mysql'), loses: 'its own copy' },
    ]);
  });

export const skippable = (order: Order) =>
  runbook('Skippable', order, async (run) => {
    await run.change(
      'Stop monit',
      order.cluster.nodes.map((node) => stopMonit(node, dialect)),
      { maySkip: 'monit only watches' },
    );
  });

/** One gate, before the first change or after it, or one that refuses. */
export const asking = (
  order: Order<{
    readonly after?: boolean;
    readonly expires?: '200 ms';
    readonly goOn?: boolean;
    readonly refusal?: string;
  }>,
) =>
  runbook('Asking', order, async (run) => {
    const { after, expires, ...question } = order.args;
    if (after)
      await run.change(
        'Stop monit',
        order.cluster.nodes.map((node) => stopMonit(node, dialect)),
      );
    await run.gate('sure', {
      question: 'Sure?',
      ...(expires && { expires }),
      evidence: () => run.judge('Think', judge.sure, question),
    });
  });

/** Three guards in one step; two go back before the end. */
export const guarding = (order: Order) =>
  runbook('Guarding', order, async (run) => {
    const { nodes } = order.cluster;
    const monit: Guard = {
      title: 'Stop monit',
      back: 'Start monit',
      changes: nodes.map((node) => stopMonit(node, dialect)),
    };
    const hold: Guard = {
      title: 'Hold MariaDB',
      back: 'Let MariaDB start again',
      changes: nodes.map((node) => holdDatabase(node, dialect, false)),
    };
    await run.lower(autofix(run), monit, hold);
    await run.putBack(hold, monit);
    return { monit: 'is back' };
  });
