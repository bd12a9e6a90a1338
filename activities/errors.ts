/**
 * Every failure that leaves an activity is worded here. Four kinds, because an operator does four different things next.
 * Shape: where, what was being done, what was seen, what has or has not changed, what to do next.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Change, NodeName } from '../cluster/words.js';

export type Kind = 'Refused' | 'Unreachable' | 'Failed' | 'OutcomeUnknown';

/** Whole sentences, each with its full stop. */
export interface Words {
  readonly seen: string;
  readonly changed: string;
  readonly next: string;
}

/** `where`: the node, and the title of what was being done there. `facts` go into the details, as plain data. */
export function fail(
  kind: Kind,
  { node, title }: Pick<Change, 'node' | 'title'>,
  what: string | Words,
  facts: object = {},
): ApplicationFailure {
  const words = typeof what === 'string' ? what : `${what.seen} ${what.changed} ${what.next}`;
  return ApplicationFailure.create({
    type: kind,
    nonRetryable: kind !== 'Unreachable',
    message: `${node}: ${title}: ${words}`,
    details: [{ node, title, ...(typeof what !== 'string' && what), ...facts }],
    ...(kind === 'Unreachable' && { nextRetryDelay: '1 second' as const }),
  });
}

/**
 * A node did not answer over SSH. Thrown by ssh/; a look turns it into `because`, anything else lets it pass: Temporal
 * retries it under the type Unreachable.
 */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(
    readonly node: NodeName,
    /** Without a full stop: "no route to host", "its host key has changed: ...". */
    readonly because: string,
    /** What to do about it: a sentence. */
    readonly next: string,
    /** Asking again by itself would give the same answer: a key or a login is wrong. */
    readonly lasting = false,
  ) {
    super(`${node}: cannot be reached over SSH: ${because}. ${next}`);
  }
}

/** The failure that a workflow sees when a node could not be reached while `title` was being done. */
export function unreachable(title: string, error: Unreachable, changed: string): ApplicationFailure {
  const words = { seen: `The node cannot be reached over SSH: ${error.because}.`, changed, next: error.next };
  const failure = fail('Unreachable', { node: error.node, title }, words);
  return error.lasting ? ApplicationFailure.fromError(failure, { nonRetryable: true }) : failure;
}
