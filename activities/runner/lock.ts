/** The lock as a node's ledger knows it: lock.sh, told who asks. */
import { readFileSync } from 'node:fs';
import { quote } from '../../cluster/commands/quote.js';
import type { Holder } from '../../cluster/lock.js';
import type { LedgerPlaces } from './request.js';

/** A run that asks for a node, or holds it. */
export interface Claim extends Holder {
  readonly epoch: number;
  /** Runs whose lock may be taken. */
  readonly over?: readonly string[];
}

export const lockFunctions = readFileSync(new URL('./lock.sh', import.meta.url), 'utf8');

/** What lock.sh is told. A word there is a word here: names of people and machines may hold anything. */
export function lockFields({ run, owner, host, epoch, over = [] }: Claim, { dir }: LedgerPlaces) {
  const words = [run, owner, host, new Date().toISOString()].map((word) => word.replaceAll(/[^\w.:@+/-]/g, '_') || '-');
  return { lock: `${dir}/lock`, holder: words.join(' '), epoch, over: over.join(' ') };
}

export const assignments = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `c_${name}=${quote(String(value))}\n`)
    .join('');

/** Runs first in a script that only who holds the lock may run: else it ends with 4, and has said why. */
export const whoHoldsTheLock = (claim: Claim, places: LedgerPlaces): string =>
  `${assignments(lockFields(claim, places))}${lockFunctions}k_take || { echo "$k_why"; exit ${notHeld}; }\n`;
export const notHeld = 4;
