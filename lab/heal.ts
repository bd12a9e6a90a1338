/** Undoes what can be undone: links, disks, nodes that are off. Data that was lost stays lost, a torn view stays torn. */
import type { Lab } from './lab.js';
import { boot } from './machine.js';
import { joinAgain } from './network.js';
import { freeDisk } from './scenarios/disk-full.js';

export async function heal(lab: Lab): Promise<void> {
  await joinAgain(lab);
  await Promise.all(lab.nodes.map((node) => boot(lab, node)));
  await Promise.all(lab.nodes.map((node) => freeDisk(lab, node)));
}
