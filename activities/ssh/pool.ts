/**
 * How the worker reaches nodes: one SSH connection per node, shared by everything that is done there, made again when
 * it was lost.
 */
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { quote } from '../../cluster/commands/quote.js';
import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess } from '../access.js';
import { Unreachable } from '../errors.js';
import { connect } from './connect.js';
import { refusalOfSudo } from './sudo.js';
import { type Target, targetOf, wayTo } from './target.js';

/** What a command said when it ended. */
export interface Answer {
  /** The exit code; 255 where a signal ended it. */
  readonly code: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly stdin?: string | Buffer;
  /** Milliseconds for everything, connecting included; 30 s unless told. What runs on the node is not ended by it. */
  readonly deadline?: number;
  /** Both streams, as they come. */
  readonly onOutput?: (text: string) => void;
}

/** One node, as root. Every call may throw Unreachable; none is repeated by itself. */
export interface Remote {
  readonly node: NodeName;
  readonly access: ClusterAccess;
  /** The command stands in argv, so it holds no secret and no user's data. */
  exec(command: string, options?: ExecOptions): Promise<Answer>;
  /** The script goes over stdin: nothing of it stands in argv. Its own stdin is empty. */
  sh(script: string, options?: Omit<ExecOptions, 'stdin'>): Promise<Answer>;
  /** A connection to a socket file of the node, as the login user. Throws Unreachable, or NotForwarded. */
  stream(path: string, options?: Pick<ExecOptions, 'deadline'>): Promise<Duplex>;
}

/** sshd forwards no sockets, or nothing listens there: it does not say which. */
export class NotForwarded extends Error {
  override readonly name = 'NotForwarded';
}

/** Reads a script whole before the first line of it runs: one that is cut off anywhere does nothing. */
export const wholeScript = 'r=$(cat);eval "$r"';

const outputLimit = 16 * 1024 * 1024; // bytes; more is a command that should not have been asked

export class SshPool {
  private readonly connections = new Map<string, Promise<Client>>();

  /** Connects, so that a node that is not there is told now. */
  async reach(access: ClusterAccess, node: NodeName): Promise<Remote> {
    const target = targetOf(access, node);
    const once = (line: string, { stdin = '', deadline = 30_000, ...more }: ExecOptions = {}) =>
      within(node, deadline, (signal) =>
        this.client(target).then((client) => session(node, client, { command: line, stdin, signal, ...more })),
      );
    const run = async (command: string, options?: ExecOptions) => {
      if (!access.ssh.sudo) return once(command, options);
      const answer = await once(bySudo(command), options);
      // sudo's own refusal looks like any failure: only where there was one is sudo asked for nothing but itself.
      if (answer.code === 0 || answer.stderr === '') return answer;
      const refusal = refusalOfSudo(access.ssh.user, await once(bySudo(':'), { deadline: 10_000 }));
      if (refusal) throw new Unreachable(node, refusal.because, refusal.next, true);
      return answer;
    };
    await this.client(target);
    return {
      node,
      access,
      exec: run,
      sh: (script, options) => run(`sh -c ${quote(wholeScript)}`, { ...options, stdin: script }),
      stream: (path, { deadline = 10_000 } = {}) =>
        within(node, deadline, (signal) => this.client(target).then((client) => forward(node, client, path, signal))),
    };
  }

  /** Ends every connection. What runs on the nodes goes on. */
  async close(): Promise<void> {
    const open = [...this.connections.values()];
    this.connections.clear();
    for (const client of await Promise.allSettled(open)) if (client.status === 'fulfilled') client.value.end();
  }

  private client(target: Target): Promise<Client> {
    const key = wayTo(target);
    const open = this.connections.get(key);
    if (open) return open;
    const { node, via } = target;
    const opening = via
      ? this.client(via).then(
          (jump) => connect(target, jump),
          (error: unknown) => Promise.reject(error instanceof Unreachable ? beforeIt(node, via, error) : error),
        )
      : connect(target);
    const forget = () => {
      if (this.connections.get(key) === opening) this.connections.delete(key);
    };
    this.connections.set(key, opening);
    opening.then((client) => client.once('close', forget), forget);
    return opening;
  }
}

const bySudo = (command: string): string => `sudo -n sh -c ${quote(command)}`;

/** What kept a jump host from being reached keeps this node from it. */
function beforeIt(node: NodeName, via: Target, { because, next, lasting }: Unreachable): Unreachable {
  return new Unreachable(node, `its jump host ${via.address}: ${because}`, next, lasting);
}

/** Gives up waiting after `deadline` milliseconds: whatever `act` holds open by then is closed through the signal. */
async function within<T>(node: NodeName, deadline: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const clock = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      clock.abort();
      reject(
        new Unreachable(
          node,
          `no answer within ${deadline / 1000} s`,
          'Is the node overloaded, or a disk of it stuck?',
        ),
      );
    }, deadline);
  });
  try {
    return await Promise.race([act(clock.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function lost(node: NodeName, seen = 'the connection was lost before the command ended'): Unreachable {
  return new Unreachable(node, seen, 'Is the node up, and the network to it?');
}

/** Makes a promise that also fails when the connection dies: a channel that was being opened then gets no answer. */
async function unlessLost<T>(
  node: NodeName,
  client: Client,
  open: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  let onClose: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      onClose = () => reject(lost(node));
      client.once('close', onClose);
      try {
        open(resolve, reject);
      } catch (error) {
        reject(lost(node, error instanceof Error ? error.message : String(error))); // "Not connected", while it closes
      }
    });
  } finally {
    if (onClose) client.off('close', onClose);
  }
}

interface Session extends Pick<ExecOptions, 'stdin' | 'onOutput'> {
  readonly command: string;
  readonly signal: AbortSignal;
}

function session(node: NodeName, client: Client, { command, stdin, signal, onOutput }: Session): Promise<Answer> {
  return unlessLost(node, client, (resolve, reject) => {
    client.exec(command, (error, channel) => {
      // Also said of the eleventh session at once: sshd's MaxSessions is 10 unless set.
      if (error) return reject(lost(node, `sshd opened no session (${error.message})`));
      signal.addEventListener('abort', () => channel.close());
      const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
      let bytes = 0;
      const keep = (to: Buffer[]) => (data: Buffer) => {
        bytes += data.length;
        if (bytes > outputLimit) {
          channel.close();
          return reject(new RangeError(`${node}: a command printed more than ${outputLimit} bytes`));
        }
        to.push(data);
        onOutput?.(data.toString());
      };
      let ended: Pick<Answer, 'code' | 'signal'> | undefined;
      channel.on('exit', (code: number | null, name?: string) => {
        ended = { code: code ?? 255, ...(name && { signal: name }) };
      });
      channel.on('close', () => {
        if (!ended) return reject(lost(node));
        resolve({
          ...ended,
          stdout: Buffer.concat(said.stdout).toString(),
          stderr: Buffer.concat(said.stderr).toString(),
        });
      });
      channel.on('error', () => undefined); // EPIPE where the command read only part of its stdin; its exit tells
      channel.on('data', keep(said.stdout));
      channel.stderr.on('data', keep(said.stderr));
      channel.end(stdin);
    });
  });
}

function forward(node: NodeName, client: Client, path: string, signal: AbortSignal): Promise<Duplex> {
  return unlessLost(node, client, (resolve, reject) => {
    client.openssh_forwardOutStreamLocal(path, (error, channel) => {
      if (error) return reject(new NotForwarded(`${path}: ${error.message}`));
      if (signal.aborted) return channel.close();
      resolve(channel);
    });
  });
}
