/** Twenty trivial steps on three nodes: ours against the others, in turn, so that the machine's mood is the same for all. */
import type { WorkflowHandle } from '@temporalio/client';
import { ansible, bash, type Contender, type Kind, rawSsh2 } from './contenders.js';
import { quiet } from './quiet.js';
import { keep, ratio, say, sayTable, spread, timed } from './results.js';
import type { Site } from './site.js';
import { type BenchTemporal, benchTemporal } from './temporal.js';
import { stepCount } from './trivial.js';

const runbooks = { reads: 'benchReads', changes: 'benchChanges' };
const wanted = { reads: { bash: 1.5, ansible: 15 }, changes: { bash: 2.5, ansible: 15 } };

export async function steps(site: Site, repetitions: number): Promise<void> {
  const temporal = await benchTemporal(site);
  const events: Record<Kind, number> = { reads: 0, changes: 0 };
  const contenders = [
    ours(temporal, events),
    bash(site, true),
    bash(site, false),
    await rawSsh2(site),
    await ansible(site),
  ];
  try {
    const kinds: Record<string, object> = {};
    for (const kind of ['reads', 'changes'] as const) {
      const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
      const busy: number[] = [];
      for (let turn = 0; turn <= repetitions; turn++) {
        busy.push(await quiet());
        for (const { name, run } of contenders) {
          const ms = await timed(() => run(kind));
          if (turn > 0) samples.get(name)?.push(ms); // the first turn warms up: connections, caches, the worker's code
        }
        say(`${kind}: turn ${turn} of ${repetitions}`);
      }
      const spreads = Object.fromEntries([...samples].map(([name, ms]) => [name, spread(ms)]));
      sayTable(spreads);
      const [mine, recorded, , , slow] = Object.values(spreads);
      if (!mine || !recorded || !slow) continue;
      kinds[kind] = {
        milliseconds: spreads,
        busyPercentBeforeTurns: busy,
        toRecordedBash: { reached: ratio(mine, recorded), goal: wanted[kind].bash },
        timesFasterThanAnsible: { reached: ratio(slow, mine), goal: wanted[kind].ansible },
        eventsOfOneStep: (events[kind] - (await oneStep(temporal, kind))) / (stepCount - 1),
      };
      await keep('steps', { steps: stepCount, nodes: site.lab.nodes.length, ...kinds });
    }
  } finally {
    for (const { close } of contenders) close?.();
    await temporal.close();
  }
}

function ours(temporal: BenchTemporal, events: Record<Kind, number>): Contender {
  return {
    name: 'pfrunbook',
    run: async (kind) => {
      const handle = await temporal.start(runbooks[kind], stepCount);
      await handle.result();
      events[kind] = await eventCount(handle);
    },
  };
}

/** The events of a run of one step: what twenty have beyond it is theirs. */
async function oneStep(temporal: BenchTemporal, kind: Kind): Promise<number> {
  const handle = await temporal.start(runbooks[kind], 1);
  await handle.result();
  return eventCount(handle);
}

const eventCount = async (handle: WorkflowHandle): Promise<number> => (await handle.fetchHistory()).events?.length ?? 0;
