/** A child process that is started again whenever it ends: at once, then ever more slowly while it keeps failing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface KeptOptions {
  /** Both streams are appended to this file. */
  readonly log: string;
  /** Called after each start, and after each end with how it ended. */
  readonly told: (event: 'started' | 'ended', words: string) => void;
  /** Milliseconds until one that keeps ending is started again, at most. */
  readonly slowest?: number;
}

/** One that has lived this long was well: it is started again at once. */
const wellAfter = 30_000;

export class Kept {
  restarts = 0;
  private child: ChildProcess | undefined;
  private again: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopping = false;

  constructor(
    private readonly command: Command,
    private readonly options: KeptOptions,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    const { file, args, env } = this.command;
    const log = openSync(this.options.log, 'a', 0o600);
    const startedAt = Date.now();
    const child = spawn(file, args, { env: env ?? process.env, stdio: ['ignore', log, log] });
    this.child = child;
    child.once('spawn', () => this.options.told('started', `process ${child.pid}`));
    child.once('error', (error) => this.ended(startedAt, error.message)); // it could not be started: no 'exit' follows
    child.once('exit', (code, signal) => this.ended(startedAt, signal ?? `exit code ${code}`));
  }

  private ended(startedAt: number, how: string): void {
    this.child = undefined;
    this.options.told('ended', how);
    if (this.stopping) return;
    this.failures = Date.now() - startedAt > wellAfter ? 0 : this.failures + 1;
    this.restarts++;
    const { slowest = 15_000 } = this.options;
    this.again = setTimeout(() => this.start(), Math.min(slowest, 100 * 2 ** this.failures));
  }

  /** Asks it to end, and makes it end after the limit. */
  async stop(limit: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.again);
    const { child } = this;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const hurry = setTimeout(() => child.kill('SIGKILL'), limit);
    await ended;
    clearTimeout(hurry);
  }
}
