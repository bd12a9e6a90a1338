/**
 * The embedded Temporal: the real dev server on a SQLite file, for loopback only. Two of them open the same file
 * without complaint and spoil it, hence the lock: flock(1) hands it to the server itself, so that it ends with it.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import pRetry from 'p-retry';
import { supervisorFiles } from '../../cluster/places.js';
import { attributes } from '../../workflows/messages.js';
import type { Command, Kept } from '../kept.js';

const loopback = '127.0.0.1';
const usual: Ports = { port: 7233, ui: 8233 };

export interface Ports {
  readonly port: number;
  readonly ui: number;
}

export const addressOf = ({ port }: Ports): string => `${loopback}:${port}`;
export const uiOf = ({ ui }: Ports): string => `http://${loopback}:${ui}`;

/** Those of last time, so that links and open terminals stay good; else Temporal's usual ones; else any two. */
export async function choosePorts(lastTime: Ports | undefined): Promise<Ports> {
  for (const ports of [lastTime, usual]) {
    if (ports && (await portIfFree(ports.port)) && (await portIfFree(ports.ui))) return ports;
  }
  const [port, ui] = [await portIfFree(0), await portIfFree(0)];
  if (!port || !ui) throw new Error('No free port on 127.0.0.1.');
  return { port, ui };
}

function portIfFree(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, loopback, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

/** Ends when the supervisor ends, however that happens (pdeathsig): no orphan keeps the database. */
export function serverCommand(binary: string, state: string, { port, ui }: Ports): Command {
  const { serverLock, database } = supervisorFiles(state);
  return {
    file: 'setpriv',
    args: [
      ...['--pdeathsig', 'KILL', 'flock', '--nonblock', '--no-fork', serverLock, binary, 'server', 'start-dev'],
      ...['--ip', loopback, '--port', `${port}`, '--ui-ip', loopback, '--ui-port', `${ui}`, '--ui-disable-news-fetch'],
      ...['--db-filename', database, '--log-level', 'warn', '--log-format', 'json'],
      ...Object.values(attributes).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
  };
}

/**
 * True once that very process listens on both; false where it ended before, or takes too long. An answer proves nothing: it may come from a
 * server of somebody else's who took the port in the same moment.
 */
export async function listens(server: Kept, { port, ui }: Ports): Promise<boolean> {
  for (const end = Date.now() + 30_000; server.restarts === 0 && Date.now() < end; ) {
    const own = await portsOf(server.pid);
    if (own.has(port) && own.has(ui)) return true;
    await pause(50);
  }
  return false;
}

/** On which that process listens: proc(5), net/tcp. */
async function portsOf(pid: number | undefined): Promise<ReadonlySet<number>> {
  const ports = new Set<number>();
  const files = await readdir(`/proc/${pid}/fd`).catch((): string[] => []);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  for (const line of (await readFile('/proc/net/tcp', 'utf8')).split('\n')) {
    const [, local = '', , listening, , , , , , inode] = line.trim().split(/\s+/);
    if (listening === '0A' && links.includes(`socket:[${inode}]`)) ports.add(Number.parseInt(local.slice(-4), 16));
  }
  return ports;
}

/** Waits until the server answers, and lets it keep closed runs for a year: left alone it forgets them after a day. */
export async function ready(binary: string, ports: Ports): Promise<void> {
  const ask = ['operator', 'namespace', 'update', '--namespace', 'default', '--retention', '8760h'];
  await pRetry(() => execa(binary, [...ask, '--address', addressOf(ports)], { timeout: 5_000 }), {
    retries: 1000,
    minTimeout: 100,
    factor: 1,
    maxRetryTime: 30_000,
  });
}
