/**
 * The order in which a change is made once, as the runner's shell text does it (runner/runner.sh), for a node that is
 * not reached over SSH: the model.
 */
import { createHash } from 'node:crypto';
import type { Change } from '../cluster/words.js';
import type { ChangeOrder, Done, LedgerSeen, Made, Meeting } from './contract.js';
import { failed, ledgerInDoubt, outcomeUnknown, refused } from './outcomes.js';
import type { Claim } from './runner/lock.js';

/** What a node's ledger says of one change. `digest`: of the change as it was begun. */
export interface Entry {
  readonly digest: string;
  readonly done?: Done;
}

/** One node, as a change needs it. */
export interface NodePort {
  readonly ledger: {
    seen(): LedgerSeen;
    find(key: string): Entry | undefined;
    begin(key: string, digest: string): void;
    end(key: string, digest: string, done: Done): void;
  };
  /** Takes the lock where it may. Undefined: the run holds the node; else why not, in the runner's words. */
  lock(claim: Claim): string | undefined;
  holds(change: Change, what: 'requires' | 'wanted'): Promise<boolean>;
  act(change: Change): Promise<void>;
}

/** Several changes on one node, as one. */
export function allMade(orders: readonly ChangeOrder[], made: readonly Made[]): Made {
  const last = made.at(-1);
  if (!last) throw new TypeError('a call without a change');
  const found = orders.filter((_, i) => made[i]?.done === 'found done').map(({ change }) => change.title);
  const done = found.length === orders.length ? 'found done' : 'done';
  return { ...last, done, ...(found.length > 0 && { found }) };
}

/** The next order for this node: the changes made just before it are known too. */
export const after = (made: readonly Made[], order: ChangeOrder): ChangeOrder => {
  const known = made.at(-1)?.ledger;
  return known ? { ...order, known } : order;
};

/** A change without an act: wherever it is made, it is found done, and counted. */
export const meetingOrder = ({ node, ...order }: Meeting): ChangeOrder => ({
  ...order,
  change: { verb: 'meet', node, title: 'Meet its ledger', script: ':', wanted: ':' },
});

/** Of the whole change, with references for secrets: the same key with another digest is another change. */
export function digestOf(change: Change): string {
  return createHash('sha256').update(JSON.stringify(change)).digest('hex').slice(0, 16);
}

/**
 * Run twice: the ledger answers. Already so: "found done". Begun and never seen to end: only a repeatable act runs
 * again; otherwise a person looks.
 */
export async function performChange(node: NodePort, order: ChangeOrder): Promise<Made> {
  const done = await perform(node, order);
  return { done, ledger: node.ledger.seen() };
}

async function perform(node: NodePort, { change, key, epoch, holder, known }: ChangeOrder): Promise<Done> {
  const { ledger } = node;
  const said = ledger.seen();
  const why = known && doubt(known, said);
  if (why) throw ledgerInDoubt(change, { why, said }, known);
  const entry = `${key.run}/${key.step}/${change.node}/${key.generation}`;
  const digest = digestOf(change);
  const begun = ledger.find(entry);
  if (begun && begun.digest !== digest)
    throw ledgerInDoubt(change, { why: 'another change under this key', said }, known);
  if (begun?.done) return begun.done;
  const notOurs = node.lock({ run: key.run, epoch, ...holder });
  if (notOurs !== undefined) throw refused(change, notOurs, epoch);
  if (await node.holds(change, 'wanted')) {
    const done = begun ? 'done' : 'found done';
    ledger.end(entry, digest, done);
    return done;
  }
  if (begun && !change.repeatable) throw outcomeUnknown(change, 'It began, and nobody saw it end.');
  if (!(await node.holds(change, 'requires'))) throw refused(change, 'what it requires does not hold', epoch);
  ledger.begin(entry, digest);
  await node.act(change);
  if (!(await node.holds(change, 'wanted'))) throw failed(change, 0);
  ledger.end(entry, digest, 'done');
  return 'done';
}

/** Why the node is not the one that is known. */
export function doubt(known: LedgerSeen, said: LedgerSeen): string | undefined {
  if (known.ledger !== said.ledger) return 'another ledger than before';
  if (known.machine !== said.machine) return 'another machine than before';
  return known.counter > said.counter ? 'the ledger has gone back' : undefined;
}
