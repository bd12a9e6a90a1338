/** What would stop a recovery only after the choice, from what was read of the held nodes before it. */
import { list } from './finding.js';
import type { Rejoin, SealSeen } from './recovery.js';
import type { NodeName } from './words.js';

/** Whichever way it comes back, or if it is kept: why its database would not start. */
export function startsNot(seals: readonly SealSeen[], node: NodeName): string | undefined {
  const reasons = of(seals, node, 'start');
  return reasons.length > 0 ? list(reasons) : undefined;
}

/** Of those that come back this way: who cannot, and why. A sentence each. */
export function inTheWay(seals: readonly SealSeen[], rejoins: readonly Pick<Rejoin, 'node' | 'way'>[]) {
  return rejoins.flatMap(({ node, way }) => {
    const reasons = [...of(seals, node, 'start'), ...(way === 'full copy' ? of(seals, node, 'full copy') : [])];
    return reasons.length > 0 ? [{ node, words: `${node} cannot come back yet by ${way}: ${list(reasons)}.` }] : [];
  });
}

const of = (seals: readonly SealSeen[], node: NodeName, to: 'start' | 'full copy'): readonly string[] =>
  seals.flatMap((seal) =>
    seal.node === node ? seal.obstacles.flatMap((one) => (one.to === to ? [one.because] : [])) : [],
  );
