/** The activities that take the lock of a cluster's nodes and give it back: for real nodes over SSH, and for imagined ones. */
import {
  epochFor,
  heldLocks,
  isTooFew,
  type LockSeen,
  lockFromLine,
  lockInWords,
  type Offer,
  offerFew,
  offerToTakeOver,
  overFromLine,
} from '../cluster/lock.js';
import type { NodeName } from '../cluster/words.js';
import { beating } from './beat.js';
import type { Resolve } from './change.js';
import type { Acts, LedgerSeen, Locked, LockOrder } from './contract.js';
import { fail, Unreachable } from './errors.js';
import { assignments, type Claim, lockFields, lockFunctions } from './runner/lock.js';
import { type LedgerPlaces, ledgerPlaces, takeLock } from './runner/request.js';
import type { Remote, SshPool } from './ssh/pool.js';

/** One node, as the lock needs it. Every call may throw Unreachable. */
export interface LockPort {
  readonly node: NodeName;
  see(): Promise<LockSeen>;
  /** Its ledger: it is held, and that was counted there. Else why not, in the runner's words. */
  take(claim: Claim): Promise<LedgerSeen | string>;
  give(claim: Claim): Promise<void>;
}

export function lockActivities(
  portsOf: (cluster: string) => Promise<readonly LockPort[]>,
): Pick<Acts, 'lock' | 'unlock'> {
  return {
    lock: (order) => beating(async () => lock(order, await portsOf(order.cluster.name))),
    unlock: ({ cluster, holder }) =>
      beating(async () => {
        const ports = await portsOf(cluster.name);
        const kept = await Promise.all(
          ports.map((port) =>
            unlessAway(
              port.give({ ...holder, epoch: 0 }).then(() => []),
              () => [port.node],
            ),
          ),
        );
        return kept.flat();
      }),
  };
}

/** Looks first: who is refused has not touched what another run may yet meet. */
async function lock(
  { cluster, title, holder, over, few, asked }: LockOrder,
  ports: readonly LockPort[],
): Promise<Locked> {
  const looked = await Promise.all(
    ports.map(async (port) => ({ port, seen: await unlessAway(port.see(), () => undefined) })),
  );
  const here = looked.flatMap(({ port, seen }) => (seen ? [{ port, seen }] : []));
  const seen = here.map((one) => one.seen);
  const nodes = seen.map(({ node }) => node);
  const away = cluster.nodes.filter((node) => !nodes.includes(node));
  const where = { node: cluster.name, title };
  const refuse = (what: readonly string[], next: string, offer?: Offer) =>
    fail(
      'Refused',
      where,
      { seen: what.join(' '), changed: 'Nothing was changed.', next },
      { ...(offer && { offer }) },
    );

  const foreign = heldLocks(seen).filter((one) => one.lock.run !== holder.run);
  const inTheWay = foreign.filter((one) => !over.includes(one.lock.run));
  if (inTheWay.length > 0)
    throw refuse(
      inTheWay.map(
        ({ node, lock: one, last }) =>
          `${node} is held by ${lockInWords(one)}. ${last ? `Last begun there: ${last}.` : 'It has begun nothing there.'}`,
      ),
      'See with its owner what it is at (pfrunbook show, in its own Temporal). When it has ended, retry.',
      offerToTakeOver(
        inTheWay.map((one) => one.lock),
        asked,
      ),
    );
  if (isTooFew(cluster, nodes) && !few)
    throw refuse(
      [
        `Only ${nodes.length} of ${cluster.nodes.length} nodes can be reached, and locked: somebody else may be at work on ${away.join(', ')}.`,
      ],
      'Repair the way to the others, then retry.',
      offerFew(nodes),
    );

  const epoch = epochFor(holder.run, seen);
  const overtaken = [...over, ...seen.flatMap(({ lock: one }) => (one?.held ? [one.run] : []))];
  const claim = { ...holder, epoch, over: overtaken };
  const answers = await Promise.all(
    here.map(async ({ port, seen: { lock: before } }) => ({
      port,
      mine: before?.held === true && before.run === holder.run,
      said: await unlessAway(port.take(claim), ({ because }) => because),
    })),
  );
  const failed = answers.flatMap(({ port: { node }, said }) => (typeof said === 'string' ? [{ node, why: said }] : []));
  const ledgers = answers.flatMap(({ port: { node }, said }) =>
    typeof said === 'string' ? [] : [[node, said] as const],
  );
  if (failed.length === 0) return { epoch, ledgers: Object.fromEntries(ledgers), away };
  const locks = failed.flatMap(({ why }) => (why.startsWith('locked: ') ? (lockFromLine(why.slice(8)) ?? []) : []));
  // Two began at once, and neither keeps half. Not where a last change of the other is waited for: no new one may begin. Nor
  // where the run held a node before: one that is given back says that the run is over.
  if (!answers.some(({ mine }) => mine) && !failed.every(({ why }) => why.startsWith('busy')))
    for (const { port, said } of answers)
      if (typeof said !== 'string') await unlessAway(port.give(claim), () => undefined);
  throw refuse(
    failed.map(({ node, why }) => `${node}: ${why}.`),
    'Retry; where another run is at work, when that has ended.',
    locks.length > 0 ? offerToTakeOver(locks, asked) : undefined,
  );
}

/**
 * Once more where the node shows a run as its holder that is over: it was away at that run's end, and those that were
 * there know. Then the lock is taken first.
 */
export async function evenIfOver<T>(
  ports: () => Promise<readonly LockPort[]>,
  { node, ...claim }: Claim & { readonly node: NodeName },
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const all = await ports();
    const seen = (await Promise.all(all.map((port) => unlessAway(port.see(), () => [])))).flat();
    const lock = seen.find((one) => one.node === node)?.lock;
    if (!lock?.held || lock.run === claim.run || heldLocks(seen).some((one) => one.node === node)) throw error;
    const taken = await all.find((port) => port.node === node)?.take({ ...claim, over: [lock.run] });
    if (typeof taken !== 'object') throw error;
    return attempt();
  }
}

/** Over SSH. */
export function remoteLocks(pool: SshPool, resolve: Resolve, places: LedgerPlaces = ledgerPlaces) {
  return async (cluster: string): Promise<readonly LockPort[]> => {
    const access = await resolve(cluster);
    return access.nodes.map(({ node }) => {
      const reach = () => pool.reach(access, node);
      return {
        node,
        see: async () => readLock(await reach(), places),
        take: async (claim) => takeLock(await reach(), claim, places),
        give: async (claim) => {
          const script = `umask 077; ${assignments(lockFields(claim, places))}${lockFunctions}k_give`;
          const { code, stderr } = await (await reach()).sh(script);
          if (code !== 0)
            throw new Unreachable(node, `its lock cannot be written: ${stderr.trim()}`, 'Make room under /var there.');
        },
      };
    });
  };
}

/** What stands on a node. Changes nothing. */
export async function readLock(node: Remote, { dir }: LedgerPlaces = ledgerPlaces): Promise<LockSeen> {
  const { stdout } = await node.sh(`${assignments({ lock: `${dir}/lock` })}${lockFunctions}k_tell`);
  const [line = '', ...more] = stdout.trim().split('\n');
  const lock = lockFromLine(line);
  const ends = more.filter((told) => told.startsWith('over '));
  const last = lock && lastInWords(more[ends.length] ?? '', lock.run);
  const over = ends.map((told) => overFromLine(told.slice('over '.length)));
  return { node: node.node, ...(lock && { lock }), ...(over.length > 0 && { over }), ...(last && { last }) };
}

/** "2026-11-23T03:12:04Z hq/20261123-0312-7f3a anna ops1 2026-...: Stop monit on pf1" -> what and when, where that run did it. */
function lastInWords(line: string, run: string): string | undefined {
  const [, at = '', of, what = ''] = /^(\S+) (\S+) \S+ \S+ \S+: (.*)$/.exec(line) ?? [];
  return of === run ? `${what} (${at.slice(0, 19).replace('T', ' ')} UTC)` : undefined;
}

async function unlessAway<T, U>(answer: Promise<T>, away: (error: Unreachable) => U): Promise<T | U> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Unreachable) return away(error);
    throw error;
  }
}
