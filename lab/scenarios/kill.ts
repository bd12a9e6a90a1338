/** kill -9 of everything on the nodes, and a boot: milder than a power cut, as everything written is still there. */
import type { Lab } from '../lab.js';
import { boot, kill } from '../machine.js';

export async function killAll(lab: Lab, nodes: readonly string[]): Promise<void> {
  await Promise.all(nodes.map((node) => kill(lab, node)));
  await Promise.all(nodes.map((node) => boot(lab, node)));
}

/** One node dies and stays off. */
export async function loseNode(lab: Lab, node: string): Promise<void> {
  await kill(lab, node);
}
