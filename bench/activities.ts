/** Trivial activities over the real SSH pool: what is measured is the way there, not what is done. */
import type { Resolve } from '../activities/change.js';
import type { SshPool } from '../activities/ssh/pool.js';
import type { Nodes, Proposal } from '../cluster/words.js';

/** What every contender asks of a node in a read. */
export const trivialRead = 'cat /proc/loadavg';

export interface BenchLooks {
  trivial(which: Nodes): Promise<readonly string[]>;
  /** A gate's evidence, read from the nodes; always the same verdict. */
  trivialEvidence(which: Nodes): Promise<Proposal>;
}

export function benchActivities(pool: SshPool, resolve: Resolve): BenchLooks {
  const trivial = async ({ cluster, nodes }: Nodes) => {
    const access = await resolve(cluster);
    return Promise.all(
      nodes.map(async (node) => (await (await pool.reach(access, node)).exec(trivialRead)).stdout.trim()),
    );
  };
  return {
    trivial,
    trivialEvidence: async (which) => {
      const answers = await trivial(which);
      return {
        verdict: [`${answers.filter(Boolean).length} nodes answer`],
        choices: { go: 'on' },
        goOn: 'go',
        hash: 'abcdef',
      };
    },
  };
}
