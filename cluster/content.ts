/** What the content check after a rejoin says: Synced is proven by content, or the report says that it was not compared. */
import { count, list, type Unhashed } from './finding.js';
import type { NodeName, Proposal } from './words.js';

export interface ContentSeen {
  /** The node that the others were compared with. */
  readonly reference: NodeName;
  readonly others: readonly {
    readonly node: NodeName;
    readonly result: 'equal' | 'differs' | 'not compared';
    /** Tables that differ. */
    readonly tables: readonly string[];
    /** Why it was not compared. */
    readonly because?: string;
  }[];
  readonly tables: number;
  readonly seconds: number;
}

export interface ContentVerdict extends Proposal {
  /** Nodes whose tables differ: a gate where there are any. */
  readonly differing: readonly NodeName[];
}

export function contentVerdict({
  content,
}: {
  readonly content: Omit<ContentSeen, 'seconds'>;
}): Unhashed<ContentVerdict> {
  const { reference, others } = content;
  const differing = others.filter(({ result }) => result === 'differs').map(({ node }) => node);
  return {
    differing,
    verdict: others.map(({ node, result, tables, because }) => {
      if (result === 'equal') return `${node} holds what ${reference} holds (${count(content.tables, 'table')}).`;
      if (result === 'differs') return `${node} differs from ${reference} in ${list(tables)}.`;
      return `${node} was not compared with ${reference}: ${because ?? 'no reason given'}.`;
    }),
    choices:
      differing.length === 0
        ? {}
        : {
            'full-copy': `set the data of ${list(differing)} aside, and copy all from ${reference}`,
            accept: 'leave the difference as it is: each node goes on answering with its own rows',
          },
  };
}
