/** The sessions of a comparison: all are asked at once; a node that gives no answer leaves, and it is kept why. */
import { sleep } from '@temporalio/activity';
import type { NodeName } from '../../cluster/words.js';
import { Unreachable } from '../errors.js';
import type { Remote } from '../ssh/pool.js';
import { NoAnswer, openSql, type Sql } from './query.js';

/** The comparison ends early: `because` for the nodes that are still in it. */
export class Over extends Error {
  override readonly name = 'Over';
}

const setUp = [
  // Another character set or time zone would change the sums.
  'set names utf8mb4',
  "set session time_zone = '+00:00'",
  // PacketFence switches dirty reads on, and with them wsrep_sync_wait waits for nothing (seen).
  'set session wsrep_dirty_reads = off',
  'set session wsrep_sync_wait = 1',
];

export class Readers {
  readonly because = new Map<NodeName, string>();
  private readonly sessions = new Map<NodeName, Sql>();
  private readonly end: number;

  constructor(
    readonly reference: NodeName,
    private readonly limitSeconds: number,
  ) {
    this.end = Date.now() + limitSeconds * 1000;
  }

  async open(nodes: readonly NodeName[], reach: (node: NodeName) => Promise<Remote>): Promise<void> {
    // A question that is open when the limit passes may still end.
    const options = { deadline: (this.limitSeconds + 10) * 1000, setUp };
    await Promise.all(
      nodes.map((node) =>
        reach(node)
          .then((remote) => openSql(remote, options))
          .then((sql) => this.sessions.set(node, sql))
          .catch((error: unknown) => this.leave(node, error)),
      ),
    );
  }

  /** Then rests half as long as it took. Errors: Over. */
  async ask<T>(
    question: (sql: Sql) => Promise<T>,
    only: readonly NodeName[] = [...this.sessions.keys()],
  ): Promise<Map<NodeName, T>> {
    const began = Date.now();
    if (began > this.end) throw new Over(`the limit of ${this.limitSeconds} s ended it`);
    const answers = new Map<NodeName, T>();
    await Promise.all(
      [...this.sessions]
        .filter(([node]) => only.includes(node))
        .map(([node, sql]) =>
          question(sql).then(
            (answer) => answers.set(node, answer),
            (error: unknown) => this.leave(node, error),
          ),
        ),
    );
    if (!this.sessions.has(this.reference)) throw new Over(`${this.reference}: ${this.because.get(this.reference)}`);
    if (this.sessions.size < 2) throw new Over('nobody is left to compare with');
    await sleep((Date.now() - began) / 2);
    return answers;
  }

  async askReference<T>(question: (sql: Sql) => Promise<T>): Promise<T> {
    const answers = await this.ask(question, [this.reference]);
    for (const answer of answers.values()) return answer;
    throw new Over(`${this.reference} gave no answer`);
  }

  /** Those whose answer is not the reference's. */
  apart(answers: ReadonlyMap<NodeName, string>): NodeName[] {
    return [...answers].filter(([, answer]) => answer !== answers.get(this.reference)).map(([node]) => node);
  }

  close(): void {
    for (const sql of this.sessions.values()) sql.close();
  }

  private leave(node: NodeName, error: unknown): void {
    if (!(error instanceof NoAnswer || error instanceof Unreachable)) throw error;
    // Not a lock: what a wait for what others committed (wsrep_sync_wait) says when it gives up.
    const behind = error instanceof NoAnswer && error.errno === 1205;
    this.because.set(node, behind ? 'it is behind: what another had committed did not arrive in time' : error.because);
    this.sessions.get(node)?.close();
    this.sessions.delete(node);
  }
}
