/**
 * Every failure that leaves an activity is worded here. Four kinds, because an operator does four different things next.
 * Shape: where, what was being done, what was seen, what has or has not changed, what to do next.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Change } from '../cluster/words.js';

export type Kind = 'Refused' | 'Unreachable' | 'Failed' | 'OutcomeUnknown';

export function fail(kind: Kind, { node, title }: Pick<Change, 'node' | 'title'>, what: string, facts: object = {}): ApplicationFailure {
  return ApplicationFailure.create({
    type: kind,
    nonRetryable: kind !== 'Unreachable',
    message: `${node}: ${title}: ${what}`,
    details: [{ node, ...facts }],
    ...(kind === 'Unreachable' && { nextRetryDelay: '1 second' as const }),
  });
}
