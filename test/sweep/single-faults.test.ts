/**
 * One fault at a time: each call of a recovery, with each kind of fault, in a random order until the time is up. Every
 * run ends as the one without faults did, or at a question; never with a second cluster, or data gone without proof.
 * PFRUNBOOK_SEED repeats an order, PFRUNBOOK_MINUTES gives it longer; it ends earlier when the whole grid is tried.
 */
import { activityInfo } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeOrder } from '../../activities/contract.js';
import { ModelCluster } from '../../model/cluster.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { type Activities, allActivities, type Desk, run } from '../workflows/drive.js';
import { answerLost, comparable, type Fault, failsForGood, failsRetryably, wrapped } from '../workflows/fault-kinds.js';

const seed = Number(process.env.PFRUNBOOK_SEED ?? Date.now() % 1_000_000);
const minutes = Number(process.env.PFRUNBOOK_MINUTES ?? 3);
const atOnce = 4;

interface Case {
  readonly cluster: () => ModelCluster;
  readonly args?: object;
  /** Gate -> choice, where going on is not the answer. */
  readonly answers?: Readonly<Record<string, string>>;
}
const names = ['pf1', 'pf2', 'pf3'];
const torn = (more: Parameters<ModelCluster['powerCut']>[0] = {}) =>
  new ModelCluster(names).powerCut({ last: { pf1: 100, pf3: 90 }, torn: ['pf2'], ...more });

const cases: Readonly<Record<string, Case>> = {
  'of one history': { cluster: () => torn() },
  'from scratch': { cluster: () => torn(), args: { resyncFromScratch: true } },
  'without a node': { cluster: () => torn({ off: ['pf3'] }), answers: { absent: 'go', keep: 'pf2' } },
  'without evidence': {
    cluster: () => {
      const model = torn();
      for (const node of model.all) node.evidence = false;
      return model;
    },
    answers: { keep: 'pf2' },
  },
  'that heals': {
    cluster: () => {
      const model = new ModelCluster(names);
      for (const node of model.all) node.crash();
      return model;
    },
  },
  'of a node behind a barrier': {
    cluster: () => {
      const model = torn({ off: ['pf3'] });
      for (const name of ['pf1', 'pf2']) {
        const node = model.node(name);
        node.barriers.add('pf3');
        node.owed[`hq_0.keepOut-pf3.${name}.sh`] = `Let pf3 in again, on ${name}`;
      }
      model.startNewCluster(model.node('pf2'));
      model.settle();
      model.arrive(model.node('pf1'));
      return model.boot('pf3');
    },
  },
};

const faults: Readonly<Record<string, { readonly fault: Fault; readonly forgets?: boolean }>> = {
  'fails once for good': { fault: failsForGood },
  'fails once': { fault: failsRetryably },
  'loses its answer': { fault: answerLost },
  'loses its answer to a worker that forgets': { fault: answerLost, forgets: true },
};

/** "startMember pf2 #1", "nodes #3": the same in every run. */
function calls(): (name: string, input: unknown) => string {
  const counts = new Map<string, number>();
  return (name, input) => {
    const orders = Array.isArray(input) ? (input as ChangeOrder[]) : [];
    const what = orders.length > 0 ? orders.map(({ change }) => `${change.verb} ${change.node}`).join(' + ') : name;
    if (activityInfo().attempt === 1) counts.set(what, (counts.get(what) ?? 0) + 1);
    return `${what} #${counts.get(what) ?? 1}`;
  };
}

const watching = (activities: Activities, told: (call: string) => Fault | undefined): Activities => {
  const nameOf = calls();
  return wrapped(activities, (name, call) => async (input) => {
    const fault = told(nameOf(name, input));
    return fault ? fault(call)(input) : call(input);
  });
};

/** Goes on at every question; where only a named choice will do and none is foreseen, leaves it at that. */
function answering({ answers = {} }: Case): { readonly desk: Desk; readonly left: string[] } {
  const left: string[] = [];
  const decide = (handle: WorkflowHandle, token: string, choice: string) =>
    handle.executeUpdate('decide', { args: [{ token, choice, by: 'anna' }] });
  return {
    left,
    desk: async (token, handle) => {
      const { question } = await handle.query<Progress>(messages.progress);
      const choice = answers[token.replace(/\d*-\d+-[0-9a-z]+$/, '')] ?? question?.evidence.goOn;
      if (choice === undefined) left.push(token);
      return decide(handle, token, choice ?? 'abort');
    },
  };
}

async function recovery(one: Case, told: (call: string) => Fault | undefined, forgets = false) {
  const cluster = one.cluster();
  const { desk, left } = answering(one);
  const { report } = await run('fullRecovery', cluster, {
    ...(one.args && { args: one.args }),
    desk,
    activities: watching(allActivities(cluster), told),
    ...(forgets && { worker: { maxCachedWorkflows: 0 } }),
  });
  return { cluster, left, report, end: { cluster: comparable(cluster, report.run), acts: cluster.acts.toSorted() } };
}

test(
  `every single fault leaves a recovery where it would have ended (seed ${seed})`,
  async () => {
    const plain = await Promise.all(
      Object.entries(cases).map(async ([name, one]) => {
        const seen: string[] = [];
        const ended = await recovery(one, (call) => void seen.push(call));
        expect([name, ended.report.phase, ended.cluster.destroyed]).toEqual([name, 'done', []]);
        return { name, one, end: ended.end, seen };
      }),
    );
    const grid = plain.flatMap(({ seen, ...scene }) =>
      [...new Set(seen)].flatMap((call) =>
        Object.entries(faults).flatMap(([kind, { fault }]) =>
          // Settings that cannot be read are tried until they can: that call knows no other failure.
          fault === failsForGood && call.startsWith('whoMayDecide') ? [] : [{ ...scene, call, kind }],
        ),
      ),
    );
    const [cells = []] = fc.sample(fc.shuffledSubarray(grid, { minLength: grid.length }), { seed, numRuns: 1 });

    const wrong: string[] = [];
    const stop = Date.now() + minutes * 60_000;
    let tried = 0;
    const work = async (): Promise<void> => {
      for (let cell = cells.pop(); cell && Date.now() < stop; cell = cells.pop()) {
        const { name, one, call, kind, end } = cell;
        const { fault, forgets } = faults[kind] ?? { fault: answerLost };
        const ended = await recovery(one, (which) => (which === call ? fault : undefined), forgets);
        tried += 1;
        const asEver = JSON.stringify(ended.end) === JSON.stringify(end);
        const asked = ended.left.length > 0 && ended.report.phase === 'aborted';
        if (ended.cluster.destroyed.length > 0 || !(asked || (asEver && ended.report.phase === 'done')))
          wrong.push(
            [
              `recovery ${name}, ${call} ${kind}: ${ended.report.phase} ${ended.report.because ?? ''}`,
              ...ended.cluster.destroyed,
              ...differences(end, ended.end),
            ].join('\n  '),
          );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    console.info(`seed ${seed}: ${tried} of ${grid.length} single faults tried`);
    expect(wrong.join('\n')).toBe('');
  },
  minutes * 60_000 + 300_000,
);

function differences(before: unknown, after: unknown): readonly string[] {
  const lines = (what: unknown) => JSON.stringify(what, null, 1).split('\n');
  const [one, other] = [lines(before), lines(after)];
  return [
    ...one.filter((line) => !other.includes(line)).map((line) => `- ${line.trim()}`),
    ...other.filter((line) => !one.includes(line)).map((line) => `+ ${line.trim()}`),
  ].slice(0, 12);
}
