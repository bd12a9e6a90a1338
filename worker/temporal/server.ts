/**
 * The embedded Temporal: the real dev server on a SQLite file, for loopback only. Two of them open the same file
 * without complaint and spoil it, hence the lock: flock(1) hands it to the server itself, so that it ends with it.
 */
import { createServer } from 'node:net';
import { execa } from 'execa';
import pRetry from 'p-retry';
import { supervisorFiles } from '../../cluster/places.js';
import { attributes } from '../../workflows/messages.js';
import type { Command } from '../kept.js';

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
