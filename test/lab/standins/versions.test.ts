/** Holds the programs of the other version profiles to what they do otherwise. */
import { afterAll, beforeAll, describe } from 'vitest';
import { down } from '../../../lab/down.js';
import { holdTable, labNode } from './hold.js';
import type { Destination } from './run.js';
import { nineOne, sevenFour, thirteenTwo } from './versions.cases.js';

const LAB = 'versions';

describe.each([
  ['13.2', thirteenTwo],
  ['9.1', nineOne],
  ['7.4', sevenFour],
] as const)('profile %s', (profile, table) => {
  let destination: Destination;

  beforeAll(async () => {
    destination = await labNode(LAB, profile);
  });

  afterAll(() => down(LAB));

  holdTable(table, () => destination);
});
