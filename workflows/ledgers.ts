/**
 * What a run remembers of the nodes' ledgers, and sends with every change: a node that was replaced, or put back to an
 * earlier time, has forgotten what was done to it, and is not taken for one where nothing was done.
 */
import { type ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ChangeOrder, LedgerSeen, Locked } from '../activities/contract.js';
import type { NodeName } from '../cluster/words.js';
import type { LockOnNodes } from './lock.js';
import type { Order } from './messages.js';
import { act } from './proxies.js';

export class Ledgers {
  private readonly known = new Map<NodeName, LedgerSeen>();
  private readonly meetings = new Map<NodeName, number>();
  private readonly doubted = new Set<NodeName>();
  /** Titles of what this run did there, or found done. */
  private readonly did = new Map<NodeName, readonly string[]>();
  private ordinal = 0;

  constructor(
    private readonly order: Order,
    private readonly lock: Pick<LockOnNodes, 'claim'>,
  ) {}

  /** With the lock. What is known of a node already is not learnt anew: only what was done to it moves that. */
  met(ledgers: Locked['ledgers']): void {
    for (const [node, ledger] of Object.entries(ledgers)) if (!this.known.has(node)) this.known.set(node, ledger);
  }

  /**
   * What goes with all that one call asks of a node; it is met first, where that was not done. A later generation is a person's
   * retry: who was asked about a node in doubt has looked at it, and what was known of it is dropped.
   */
  async before(node: NodeName, generation: number): Promise<Pick<ChangeOrder, 'ordinal' | 'known'>> {
    if (generation > 1 && this.doubted.delete(node)) this.known.delete(node);
    const known = this.known.get(node) ?? (await this.meet(node));
    return { ordinal: ++this.ordinal, known };
  }

  after(node: NodeName, titles: readonly string[], ledger: LedgerSeen): void {
    this.known.set(node, ledger);
    this.did.set(node, [...this.done(node), ...titles]);
  }

  /** For the question, where one of these changes failed because its node's ledger is in doubt: what was done there by the run's own history. */
  inDoubt(node: NodeName, titles: readonly string[], { cause }: ActivityFailure): string | undefined {
    const [details] = (cause instanceof ApplicationFailure && cause.details) || [];
    if (!isDoubt(details)) return undefined;
    this.doubted.add(node);
    const failed = titles.indexOf(details.title); // the first that fails ends a call
    const justNow = titles.slice(0, Math.max(0, failed));
    const did = [...this.done(node), ...justNow].join('; ');
    return did
      ? `By its own history, this run did there before, or found done: ${did}.`
      : 'By its own history, this run did nothing there before.';
  }

  private done(node: NodeName): readonly string[] {
    return this.did.get(node) ?? [];
  }

  private async meet(node: NodeName): Promise<LedgerSeen> {
    const { run, cluster } = this.order;
    const generation = (this.meetings.get(node) ?? 0) + 1;
    this.meetings.set(node, generation);
    const key = { run, step: 'meet', generation };
    const meeting = { cluster: cluster.name, node, key, ordinal: ++this.ordinal, ...this.lock.claim };
    const seen = await act.meet.executeWithOptions({ summary: `Meet the ledger of ${node}` }, [meeting]);
    this.known.set(node, seen);
    return seen;
  }
}

const isDoubt = (details: unknown): details is { readonly title: string } =>
  typeof details === 'object' && details !== null && 'ledger' in details;
