/** The lock on the nodes: one run at a time changes a cluster, whichever Temporal it lives in, and by whatever name it calls the cluster. */
import { list } from './finding.js';
import type { Cluster, NodeName } from './words.js';

/** Who asks for a node, or holds it. */
export interface Holder {
  /** "hq/20261123-0312-7f3a" */
  readonly run: string;
  /** Who started the run, and on which machine. */
  readonly owner: string;
  readonly host: string;
}

/** As it stands on a node. Not held: given back at the run's end, and kept there for its epoch. */
export interface Lock extends Holder {
  /** Higher than that of every run before: who asks with a lower one has been overtaken. */
  readonly epoch: number;
  /** ISO 8601 */
  readonly since: string;
  readonly held: boolean;
}

/** A run that gave its lock back. Under a higher epoch it may have taken it once more. */
export type Over = Pick<Lock, 'run' | 'epoch'>;

export interface LockSeen {
  readonly node: NodeName;
  /** Absent: no run of ours was ever there. */
  readonly lock?: Lock;
  /** Runs that gave the node's lock back before that one. */
  readonly over?: readonly Over[];
  /** What was begun last on the node, in words. */
  readonly last?: string;
}

/** What a person may answer where the lock is not got. */
export interface Offer {
  readonly choices: Readonly<Record<string, string>>;
  readonly goOn?: string;
  /** The runs that `take-over` means. */
  readonly over: readonly string[];
}

/** "5 hq/20261123-0312-7f3a anna ops1 2026-11-23T03:12:04.000Z held .", as lock.sh writes it. Undefined: no lock. */
export function lockFromLine(line: string): Lock | undefined {
  const [epoch = '', run = '', owner = '', host = '', since = '', state] = line.trim().split(' ');
  return epoch === '' ? undefined : { run, owner, host, epoch: Number(epoch), since, held: state !== 'free' };
}

/** "hq/20261123-0312-7f3a 5" */
export function overFromLine(line: string): Over {
  const [run = '', epoch] = line.trim().split(' ');
  return { run, epoch: Number(epoch) };
}

export const lockInWords = ({ run, owner, host, since }: Omit<Lock, 'held' | 'epoch'>): string =>
  `${run} (${owner} on ${host}, since ${since.slice(0, 19).replace('T', ' ')} UTC)`;

type Held = LockSeen & { readonly lock: Lock };

/** Held by a run that is not known to be over: a node that was away at a run's end does not know, and another that knows tells. */
export function heldLocks(seen: readonly LockSeen[]): readonly Held[] {
  return seen.flatMap(({ lock, ...rest }) => {
    const over = lock && seen.flatMap(endsTold).some(({ run, epoch }) => run === lock.run && epoch >= lock.epoch);
    return lock?.held && !over ? [{ ...rest, lock }] : [];
  });
}

/** The runs that are open on these nodes, or were never ended: usually one. */
export function runsHolding(
  seen: readonly LockSeen[],
): readonly { readonly lock: Lock; readonly nodes: readonly NodeName[] }[] {
  const held = heldLocks(seen);
  const runs = [...new Map(held.map(({ lock }) => [lock.run, lock])).values()];
  return runs.map((lock) => ({ lock, nodes: held.filter((one) => one.lock.run === lock.run).map(({ node }) => node) }));
}

const endsTold = ({ lock, over = [] }: LockSeen): readonly Over[] => (lock && !lock.held ? [lock, ...over] : over);

/** The same again for a run that holds all it can: an attempt whose answer was lost. */
export function epochFor(run: string, seen: readonly LockSeen[]): number {
  const locks = seen.flatMap(({ lock }) => lock ?? []);
  const highest = (of: readonly Lock[]) => Math.max(0, ...of.map(({ epoch }) => epoch));
  const isOurs = (lock: Lock) => lock.held && lock.run === run;
  const ours = highest(locks.filter(isOurs));
  return ours > highest(locks.filter((lock) => !isOurs(lock))) ? ours : highest(locks) + 1;
}

/** A person may take what an older run holds; a run that has itself been overtaken may not take its nodes back. */
export const mayTakeOver = (lock: Lock, epoch: number): boolean => lock.held && lock.epoch <= epoch;

/** `asked`: the run that was named to be taken over when this one was started. */
export function offerToTakeOver(locks: readonly Lock[], asked?: string): Offer {
  const over = [...new Set(locks.map(({ run }) => run))];
  return {
    over,
    choices: {
      'take-over': `${list(over)} is gone for good, or stopped by you: take its lock. What it still owes goes over to this run`,
    },
    ...(over.every((run) => run === asked) && { goOn: 'take-over' }),
  };
}

/** Fewer than a majority: the others may be worked on by somebody else. None at all: there is nothing to work on. */
export function isTooFew({ nodes }: Cluster, locked: readonly NodeName[]): boolean {
  return locked.length > 0 && locked.length * 2 <= nodes.length;
}

export const offerFew = (locked: readonly NodeName[]): Offer => ({
  over: [],
  choices: {
    'go-on': `go on with ${list(locked)}: I made sure that nobody works on the others. They are locked when they are met`,
  },
});
