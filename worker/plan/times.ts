/**
 * How long each step of a plan will take: as it took in earlier runs on this cluster, where they left reports; else as in
 * the lab. A full copy is counted by what there is to be copied.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { NodeSeen } from '../../cluster/observation.js';
import { runFolder } from '../../cluster/places.js';
import type { Report, Step } from '../../workflows/messages.js';
import type { Expected, Plan, PlanStep, Section } from './plan.js';

type Seconds = Readonly<Record<string, number>>;

/** Medians of bench/results, the recovery of three nodes with 0.2 GB: seconds by verb of a change, by activity of a look. */
const inTheLab: Seconds = {
  maskAutofix: 1.6,
  stopMonit: 1.6,
  suspendUnitTimers: 1.6,
  holdDatabase: 7,
  recoverPosition: 1.1,
  histories: 3,
  startNewCluster: 2.2,
  setDataAside: 1,
  startMember: 1,
  untilSynced: 4.5,
  restartAsMember: 1,
  startServices: 0.3,
  untilServed: 2,
  compareContent: 2.1,
  unmaskAutofix: 0.8,
  startMonit: 0.9,
  resumeUnitTimers: 0.9,
  releaseDatabase: 0.9,
  keepOut: 1,
  letIn: 1,
};
const aLook = 0.5;
const copyRate = 100e6; // bytes/s: 1 Gbit/s, filled well

export function withTimes(
  plan: Plan,
  earlier: ReadonlyMap<string, readonly number[]>,
  seen: readonly NodeSeen[],
): Plan {
  const most = Math.max(0, ...seen.map((one) => (one.reachable ? one.database.datadir.usedBytes : 0)));
  const expected = ({ title, activity, orders }: PlanStep): Expected => {
    const before = earlier.get(title)?.toSorted((a, b) => a - b) ?? [];
    if (before.length > 0)
      return { seconds: before[Math.floor(before.length / 2)] ?? 0, from: `${before.length} earlier here` };
    if (title.endsWith('(full copy)'))
      return { seconds: 10 + most / copyRate, from: `a full copy of ${(most / 1e9).toFixed(1)} GB at 1 Gbit/s` };
    const parts = activity ? [activity] : orders.map(({ command }) => plan.commands[command]?.verb ?? '');
    return { seconds: Math.max(...parts.map((part) => inTheLab[part] ?? aLook)), from: 'the lab' };
  };
  const all = (steps: readonly PlanStep[]) => steps.map((step) => ({ ...step, expected: expected(step) }));
  const timed = ({ steps, next }: Section): Section => ({
    steps: all(steps),
    next: next.map((one) => ({
      ...one,
      steps: all(one.steps),
      ...(one.kind === 'question' && {
        branches: one.branches.map((branch) => ({ ...branch, section: timed(branch.section) })),
      }),
    })),
  });
  return { ...plan, way: timed(plan.way) };
}

/** Title of a step -> the seconds that it took, in the runs of this cluster that left a report here. */
export async function earlierTimes(state: string, cluster: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>();
  const folder = runFolder(state, cluster);
  const add = ({ title, state: how, seconds, said, steps }: Step): void => {
    // One that failed meanwhile waited for a person.
    if (how === 'done' && said.length === 0 && seconds !== undefined)
      times.set(title, [...(times.get(title) ?? []), seconds]);
    steps.forEach(add);
  };
  for (const run of await readdir(folder).catch(() => [])) {
    const text = await readFile(`${folder}/${run}/report.json`, 'utf8').catch(() => undefined);
    if (text) (JSON.parse(text) as Report<unknown>).steps.forEach(add);
  }
  return times;
}
