/**
 * A recovery before this one kept nodes out, or left them held, and the cluster lives: each is held, judged against a living one, and let in.
 * Who began that cluster, and was never restarted since, is restarted as an ordinary member.
 * Who comes back keeps out those that are not judged yet, like every other: they would join through it.
 */
import { keepOut } from '../cluster/commands/barrier.js';
import { recoverPosition } from '../cluster/commands/recover-position.js';
import type { Inventory } from '../cluster/inventory.js';
import type { Reached } from '../cluster/observation.js';
import type { Rejoin } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';
import * as guards from './guards.js';
import { judge, look } from './proxies.js';
import {
  addressesOf,
  asMember,
  contentCheck,
  copyMinutes,
  inService,
  rejoin,
  rejoined,
  type Scene,
  wholeAtTheEnd,
} from './rejoining.js';
import type { Guard } from './runbook.js';

export async function bringBack(scene: Scene, barred: readonly NodeName[]) {
  const { run, dialect, present } = scene;
  const addresses = await addressesOf(run);
  const returning = present.filter(({ node }) => barred.includes(node));
  const names = returning.map(({ node }) => node);
  /** Those, and the ones on which a run before this one, that never came to its end, still owes it. */
  const and = (verb: string) => present.filter((seen) => names.includes(seen.node) || guards.owes(seen, verb));
  const timers = and('suspendUnitTimers').map(({ node }) => node);
  const lowered = [guards.monit(and('stopMonit'), dialect), guards.unitTimers(timers, dialect)];
  await run.lower(scene.autofix, ...lowered);
  const living = present.filter(({ node }) => !barred.includes(node));
  const rejoins: Rejoin[] = [];
  const left: NodeName[] = [];
  const walls = new Map(present.map(({ node, flags }) => [node, new Set(flags.barrier)]));
  // Held by a run that ended before it had let them in, or kept them out: until judged they are kept out like the others.
  const open = names.filter((node) => ![...walls.values()].some((out) => out.has(node)));
  // Who is away stays kept out as well, and that is owed on.
  const keptOut = [...barred.filter((node) => !names.includes(node)), ...open];
  const serving = living.map(({ node }) => node);
  if (keptOut.length > 0) await run.lower(guards.barrier(keptOut, serving, addresses));
  for (const node of serving) for (const other of open) walls.get(node)?.add(other);

  for (const one of returning) {
    const { node } = one;
    const survivors = [...walls].flatMap(([survivor, out]) => (out.has(node) ? [survivor] : []));
    const hold = guards.hold([one], dialect, `Stop MariaDB on ${node}, and hold it`);
    run.keep(hold, guards.heldBefore([one]));
    const { way, because } = await judgeReturn(scene, node, hold, survivors);
    run.commit(`From here on ${node} takes what the cluster holds`);
    if (way === 'full copy') run.keep(hold, `the data of ${node} is to be set aside before it rejoins`);
    const out = barred.filter((other) => other !== node && !rejoins.some((back) => back.node === other));
    if (out.length > 0) await run.lower(guards.barrier(out, [node], addresses));
    walls.set(node, new Set(out));
    await liftBarrier(scene, node, survivors, addresses);
    if (!(await rejoin(scene, { node, way, because }))) {
      left.push(node);
      run.keep(hold, `${node} did not come back`);
      await run.lower(guards.barrier([node], survivors, addresses));
      continue;
    }
    run.keep(hold, undefined);
    await run.putBack(hold);
    for (const survivor of survivors) walls.get(survivor)?.delete(node);
    rejoins.push({ node, way, because });
  }

  const back = { ...scene, present: present.filter(({ node }) => !left.includes(node)) };
  const others = living.length + rejoins.length > 1;
  for (const { node, database } of living) if (database.beginsCluster && others) await asMember(scene, node);
  await inService(back, lowered);
  await tickOffHolds(scene, living);
  const [reference] = living;
  const { tables, ...end } = reference ? await contentCheck(back, reference.node, rejoins) : back;
  await wholeAtTheEnd(end);
  return {
    kept: 'the living cluster',
    rejoined: rejoined(back, rejoins),
    ...(tables && { tables }),
    ...(left.length > 0 && { leftOut: left }),
  };
}

/** Holds it, where that is not done yet; it is read, and judged against the living cluster, at a gate. `beside`: living nodes whose cache may tell. */
export async function judgeReturn(
  { run, dialect, resyncFromScratch }: Scene,
  node: NodeName,
  hold: Guard,
  beside: readonly NodeName[],
  held = false,
): Promise<Pick<Rejoin, 'way' | 'because'>> {
  const { name: cluster, nodes } = run.order.cluster;
  const read = [recoverPosition(node, dialect, run.order.run)];
  if (held) await run.change(`Read what ${node} last committed, and seal it`, read);
  else
    await run.change(`Stop MariaDB on ${node}, and hold it; read what it last committed, and seal it`, read, {
      lowering: [hold],
    });
  const asked = { cluster, nodes: [node], run: run.order.run };
  const { recovered, caches, seals } = await run.read(
    `Collect what was read of ${node}, and what the caches hold of it`,
    look.histories,
    { ...asked, beside: beside.slice(0, 1) },
  );
  const { evidence } = await run.gate('return', {
    question: `Let ${node} in again?`,
    cost: 'the cluster goes on serving meanwhile',
    minutes: `about 1, ${copyMinutes}`,
    lastExit: `this question. After it ${node} takes what the cluster holds`,
    irreversible: true,
    evidence: async (again) => {
      const judged = await run.judge(`Judge the history of ${node} against the living cluster`, judge.bringBack, {
        recovered,
        seals: again ? await run.read(`Check that ${node} was not touched`, look.seals, asked) : seals,
        seen: await run.read('Look at every node', look.nodes, { cluster, nodes }),
        caches,
        resyncFromScratch,
      });
      if (judged.refusal === undefined) run.keep(hold, judged.goOn === undefined ? judged.because : undefined);
      return judged;
    },
  });
  return evidence;
}

export async function liftBarrier(
  { run }: Scene,
  node: NodeName,
  survivors: readonly NodeName[],
  addresses: Inventory['addresses'],
): Promise<void> {
  await run.change(
    `Lift the barrier against ${node}`,
    survivors.map((survivor) => keepOut(survivor, node, addresses[node] ?? '').inverse),
  );
}

/** What serves is not held: that a run before this one noted it so is only ticked off. What is still held stays so, and is named. */
async function tickOffHolds({ run, dialect }: Scene, living: readonly Reached[]): Promise<void> {
  const nodes = living.filter((seen) => guards.owes(seen, 'holdDatabase')).map(({ node }) => node);
  if (nodes.length === 0) return;
  const hold = guards.holdServing(nodes, dialect, `A run before this one held ${nodes.join(', ')}`);
  run.keep(hold, 'this run has not judged it');
  run.progress.owed.push(...(await run.putBack(hold)));
}
