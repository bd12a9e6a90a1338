/** How a change can end other than well, in words: the same for a real node's ledger (runner/) and an imagined one's (perform.ts). */
import type { ApplicationFailure } from '@temporalio/common';
import { list } from '../cluster/finding.js';
import { type Lock, lockFromLine, lockInWords, mayTakeOver, offerToTakeOver } from '../cluster/lock.js';
import type { Change } from '../cluster/words.js';
import type { LedgerSeen } from './contract.js';
import { fail, type Words } from './errors.js';

/** Nothing was touched. Keys: what the runner says, up to the first colon. */
const refusals: Readonly<Record<string, Omit<Words, 'changed'>>> = {
  'epoch too old': {
    seen: 'Another run has taken over this node.',
    next: 'Abort this one.',
  },
  'a later change has begun': {
    seen: 'A later change of this run has already begun on this node: this one comes too late.',
    next: 'Look at the node, then retry or abort.',
  },
  busy: {
    seen: 'Another change is at work on this node.',
    next: 'Wait until it has ended, then retry.',
  },
  'what it requires does not hold': {
    seen: 'What must be so before it is not so.',
    next: 'Look at the node; put right what is missing and retry, or abort.',
  },
};

/** `epoch`: of the run that was refused; `seen`: what the node says of it, where it was asked. */
export function refused(
  change: Change,
  why: string,
  epoch: number,
  seenThere: readonly string[] = [],
): ApplicationFailure {
  const [reason = why, detail] = why.split(': ');
  const lock = reason === 'locked' ? lockFromLine(detail ?? '') : undefined;
  if (lock) return lockedBy(change, lock, epoch);
  const known = refusals[reason] ?? {
    seen: `The node's ledger cannot take it: ${reason}.`,
    next: 'Make room under /var on the node, then retry.',
  };
  const requires = reason.startsWith('what it requires') && (change.tells?.requires ?? change.requires);
  const seen = [known.seen, detail && `(${detail})`, requires && `Needed: ${requires}.`, seenInWords(seenThere)];
  return fail('Refused', change, { ...known, seen: seen.filter(Boolean).join(' '), changed: 'Nothing was done.' });
}

/** Another run holds the node, or has held it since this one took its lock. */
function lockedBy(change: Change, lock: Lock, epoch: number): ApplicationFailure {
  const mayTake = mayTakeOver(lock, epoch);
  const words = {
    seen: lock.held
      ? `Another run holds this node: ${lockInWords(lock)}.`
      : `Another run has worked on this node since this one took its lock: ${lock.run}.`,
    changed: 'Nothing was done.',
    next: mayTake
      ? 'See with its owner what it is at, and which of the two is to end.'
      : 'This run was overtaken: what it decided on is no longer so. Abort it.',
  };
  return fail('Refused', change, words, mayTake ? { offer: offerToTakeOver([lock]) } : {});
}

/** `code`: of its script; 0 where the script ended well and the wanted state is not there. */
export function failed(
  change: Change,
  code: number,
  { output, seen = [] }: { readonly output?: string; readonly seen?: readonly string[] } = {},
  facts: object = {},
): ApplicationFailure {
  const { wanted } = change.tells ?? {};
  const ended = code === 0 ? 'It ran, and the wanted state is not there.' : `It ended with code ${code}.`;
  const told = [ended, wanted && `Wanted: ${wanted}.`, seenInWords(seen), output && `Its last words: ${output}`];
  return fail(
    'Failed',
    change,
    {
      seen: told.filter(Boolean).join(' '),
      changed: 'Part of it may have been done; it is not done again by itself.',
      next: 'Look at the node. A retry runs it once more, and finds it done if the wanted state is there by then.',
    },
    { code, ...facts },
  );
}

const seenInWords = (seen: readonly string[]): string => (seen.length > 0 ? `Seen: ${list(seen)}.` : '');

export function outcomeUnknown(change: Change, seen: string, facts: object = {}): ApplicationFailure {
  return fail(
    'OutcomeUnknown',
    change,
    {
      seen,
      changed: 'It may have been done, in part or whole; it was not done again.',
      next: 'Look at the node. A retry runs it once more, unless the wanted state is there by then.',
    },
    facts,
  );
}

/** What is said of a ledger that cannot be relied on, and of the run whose change is its newest. */
export interface Doubt {
  readonly why: string;
  readonly said: LedgerSeen;
  readonly newestOf?: string | undefined;
}

/** The ledger answers for another change, another node or an earlier time: nothing it says can be relied on. What it says is in the details. */
export function ledgerInDoubt(
  change: Change,
  { why, said, newestOf }: Doubt,
  known: LedgerSeen | undefined,
): ApplicationFailure {
  const differs = known && [
    known.machine !== said.machine && `Its machine-id was ${known.machine}, and is ${said.machine}.`,
    known.ledger !== said.ledger && `Its ledger was ${known.ledger}, and is ${said.ledger}.`,
    `It had counted ${known.counter} changes, and counts ${said.counter}.`,
  ];
  const damaged = { 'the ledger is damaged': 'newest', 'the lock is damaged': 'lock' }[why];
  const cause = damaged
    ? `Look at the node, and move /var/lib/pfrunbook/${damaged} on it aside.`
    : 'Was the node restored from a copy, or replaced? Look at it.';
  const newest = newestOf && `Its newest change is of run ${newestOf}.`;
  return fail(
    'OutcomeUnknown',
    change,
    {
      seen: [`The node's ledger is in doubt: ${why}.`, ...(differs ?? []), newest].filter(Boolean).join(' '),
      changed: 'Nothing was done to it as it is now; whether this change was begun before is not known.',
      next: `${cause} A retry takes it as it is now, and makes the change unless the wanted state is there; else abort.`,
    },
    { ledger: said },
  );
}
