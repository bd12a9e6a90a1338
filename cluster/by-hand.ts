/** What no runbook does yet, and how it is done until then. Section numbers are the clustering guide's. */
import { list } from './finding.js';
import type { NodeName } from './words.js';

export const splitBrainByHand =
  'No runbook heals it yet. By hand (guide 5.3): decide which side is kept, copy the data directory of the other away before anything else, then give its nodes a full copy (guide 5.4.1).';

export const joinByHand = (nodes: readonly NodeName[]): string =>
  `To bring ${list(nodes)} back, start packetfence-mariadb there; where it does not join, copy its data directory away and give it a full copy (guide 5.4.1).`;
