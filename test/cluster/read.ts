/** Nodes that were read, and pairs that were judged, as a test needs them. */
import type { Kinship, Pair, Recovered } from '../../cluster/recovery.js';
import { clusterUuid } from './generate.js';

export const at = (node: string, seqno: number, more: Partial<Recovered> = {}): Recovered => ({
  node,
  position: { node, kind: 'known', uuid: clusterUuid, seqno },
  before: {},
  touched: [],
  seal: { bootId: node, stamps: {} },
  ...more,
});

export const pairs = (kinship: Kinship): Pair[] =>
  [
    ['pf1', 'pf2'],
    ['pf1', 'pf3'],
    ['pf2', 'pf3'],
  ].map(([lower = '', higher = '']) => ({ lower, higher, kinship, because: 'of the test' }));
