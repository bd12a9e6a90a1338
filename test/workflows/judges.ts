/** Judgements that only the tests know, as simple as they can be. */
import { createHash } from 'node:crypto';
import type { NodeSeen } from '../../cluster/observation.js';
import type { SealSeen } from '../../cluster/recovery.js';
import type { Finding, NodeName, Proposal } from '../../cluster/words.js';

const hash = (verdict: readonly string[]): string => createHash('sha256').update(verdict.join()).digest('hex');

export const testJudges = {
  async propose({
    keep,
    nodes,
    seals,
  }: {
    keep: NodeName;
    nodes: readonly NodeName[];
    seals: readonly SealSeen[];
  }): Promise<Proposal> {
    const verdict = [
      `${keep} has the most recent data`,
      ...seals.flatMap(({ node, broken }) => broken.map((what) => `${node}: ${what}`)),
    ];
    return {
      verdict,
      choices: Object.fromEntries(nodes.map((node) => [node, 'loses nothing'])),
      goOn: keep,
      hash: hash(verdict),
    };
  },

  async allSynced({ seen }: { seen: readonly NodeSeen[] }): Promise<Finding> {
    const missing = seen.filter(
      (one) => !one.reachable || one.database.sql.kind !== 'answers' || one.database.sql.state !== 'Synced',
    );
    const names = missing.map(({ node }) => node).join(', ');
    const verdict = [names ? `not Synced: ${names}` : 'every node is Synced'];
    return { verdict, hash: hash(verdict), ...(names && { refusal: `not Synced: ${names}` }) };
  },

  async sure({ goOn, refusal }: { goOn?: boolean; refusal?: string }): Promise<Proposal> {
    return {
      verdict: ['as you like'],
      choices: { yes: 'goes on' },
      hash: hash([]),
      ...(goOn !== false && { goOn: 'yes' }),
      ...(refusal && { refusal }),
    };
  },
};
export type TestJudges = typeof testJudges;
