/** A recovery before this one kept a node out, and the cluster lives: the node is held, judged against a living one, and let in. */
import { keepOut } from '../cluster/commands/barrier.js';
import { holdDatabase } from '../cluster/commands/database.js';
import { recoverPosition } from '../cluster/commands/recover-position.js';
import type { Rejoin } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';
import * as guards from './guards.js';
import { judge, look } from './proxies.js';
import { contentCheck, inService, rejoin, rejoined, type Scene } from './rejoining.js';

export async function bringBack(scene: Scene, barred: readonly NodeName[]) {
  const { run, dialect, present, resyncFromScratch } = scene;
  const { name: cluster, nodes } = run.order.cluster;
  const { addresses } = await run.read('Read our cluster.conf', look.inventory, { cluster });
  const rejoins: Rejoin[] = [];
  const lowered = [
    guards.monit(
      present.filter(({ node }) => barred.includes(node)),
      dialect,
    ),
    guards.unitTimers(barred, dialect),
  ];
  await run.lower(guards.autofix(run, present, dialect), ...lowered);
  for (const node of barred) {
    const survivors = present.filter(({ flags }) => flags.barrier.includes(node)).map((one) => one.node);
    await run.change(`Stop MariaDB on ${node}, and hold it`, [holdDatabase(node, dialect, false)]);
    await run.change(`Read what ${node} last committed, and seal it`, [recoverPosition(node, dialect, run.order.run)]);
    const { recovered, caches } = await run.read(
      `Collect what was read of ${node}, and what the caches hold of it`,
      look.histories,
      { cluster, nodes: [node], run: run.order.run, beside: survivors.slice(0, 1) },
    );
    const { evidence } = await run.gate('return', {
      question: `Let ${node} in again?`,
      cost: 'the cluster goes on serving meanwhile',
      evidence: async () =>
        run.judge(`Judge the history of ${node} against the living cluster`, judge.bringBack, {
          recovered,
          seen: await run.read('Look at every node', look.nodes, { cluster, nodes }),
          caches,
          resyncFromScratch,
        }),
    });
    run.commit(`From here on ${node} takes what the cluster holds`);
    await run.change(
      `Lift the barrier against ${node}`,
      survivors.map((survivor) => keepOut(survivor, node, addresses[node] ?? '').inverse),
    );
    const { way, because } = evidence;
    await rejoin(scene, { node, way, because });
    rejoins.push({ node, way, because });
  }
  await inService(scene, lowered);
  const [reference] = present.map(({ node }) => node).filter((node) => !barred.includes(node));
  if (reference) await contentCheck(scene, reference, rejoins);
  return { kept: 'the living cluster', rejoined: rejoined(scene, rejoins) };
}
