/** The lock on the nodes, as a run holds it: taken before its first look, so that nobody else changes what it decides on. */
import type { Locked } from '../activities/contract.js';
import { type Conduct, skipped } from './conduct.js';
import type { Order } from './messages.js';
import { act } from './proxies.js';

const asked = 'lock'; // its question's name

export class LockOnNodes {
  private locked: Locked | undefined;
  private begun = false;
  private over: readonly string[] = [];
  private few = false;

  constructor(
    private readonly order: Order,
    private readonly conduct: Conduct,
    private readonly met: (ledgers: Locked['ledgers']) => void,
  ) {}

  /** Who changes a node says so to it. */
  get claim(): { readonly epoch: number; readonly holder: { readonly owner: string; readonly host: string } } {
    if (!this.locked) throw new Error('a runbook that changes nodes holds their lock: it was told to take none');
    const { by: owner, host } = this.order;
    return { epoch: this.locked.epoch, holder: { owner, host } };
  }

  /** The runs whose place this one has taken. */
  get takenOver(): readonly string[] {
    const { takeOver } = this.order;
    return [...new Set([...(takeOver ? [takeOver.run] : []), ...this.over])];
  }

  /** On every node that can be reached; another is locked when it is met. Once more where the run takes over what it meets: under a higher epoch. */
  async take(): Promise<void> {
    const { cluster, run, by: owner, host, takeOver } = this.order;
    const title = 'Take the lock on the nodes';
    await this.conduct.safeBoundary();
    const step = this.conduct.tree.begin(title);
    this.begun = true;
    if (takeOver) step.said.push(`to take over ${takeOver.run}, by ${owner}: ${takeOver.reason}`);
    const make = () =>
      act.lock.executeWithOptions({ summary: title }, [
        {
          cluster,
          title,
          holder: { run, owner, host },
          over: this.over,
          few: this.few,
          ...(takeOver && { asked: takeOver.run }),
        },
      ]);
    const [locked] = await this.conduct.attempt(step, [{ node: '', make }], undefined, asked);
    if (locked === undefined || locked === skipped) return; // it may not be skipped
    this.locked = locked;
    this.met(locked.ledgers);
    if (locked.away.length > 0) step.said.push(`not reachable, locked when met: ${locked.away.join(', ')}`);
  }

  /** A person's answer to what a refused lock offers; `take` hears of it in its next try. */
  async answered(choice: string, over: readonly string[], question: string): Promise<void> {
    this.over = [...this.over, ...over];
    if (choice === 'go-on') this.few = true;
    if (question !== asked) await this.take();
  }

  /** Also where it was never held on every node: an attempt may have got some. */
  async giveBack(): Promise<void> {
    if (!this.begun) return;
    const { cluster, run, by: owner, host } = this.order;
    const title = 'Give the lock on the nodes back';
    const step = this.conduct.tree.begin(title);
    const make = () => act.unlock.executeWithOptions({ summary: title }, [{ cluster, holder: { run, owner, host } }]);
    const [kept] = await this.conduct.attempt(step, [{ node: '', make }], undefined, 'unlock');
    if (kept !== undefined && kept !== skipped && kept.length > 0)
      step.said.push(`not reachable: ${kept.join(', ')}. The next run sees on the others that this one is over`);
  }
}
