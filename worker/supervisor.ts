/**
 * One process that runs the embedded Temporal server and the workers, and starts each again when it ends: the runs
 * go on. It owns the state folder while it lives (its lock is held by whoever started it through flock).
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { pino } from 'pino';
import { type SupervisorStatus, supervisorFiles } from '../cluster/places.js';
import { type Command, Kept } from './kept.js';
import { OtherReleases } from './other-releases.js';
import { findTemporal } from './temporal/binary.js';
import { addressOf, choosePorts, listens, type Ports, ready, serverCommand, uiOf } from './temporal/server.js';

export interface Supervised {
  readonly state: string;
  readonly release: string;
  /** The one that it serves: see namedTemporal. */
  readonly temporal: string;
  /** Why its worker runs from the installation, and not from a kept one. */
  readonly notKept?: string;
  /** Finds Temporal by TEMPORAL_ADDRESS and its kin. */
  readonly worker: Command;
  /** See Kept. */
  readonly slowest?: number;
}

/** Ends on SIGTERM or SIGINT, the worker first: it still reports to the server what it was told. */
export async function supervise({ state, release, temporal, notKept, worker, slowest }: Supervised): Promise<void> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  // Also what the server, the worker and flock write: no program of this folder has anything for others.
  process.umask(0o077);
  const files = supervisorFiles(state);
  chmodSync(state, 0o700);
  if (existsSync(files.lock)) chmodSync(files.lock, 0o600); // made by flock, before us
  const logOf = (what: string) => keptShort(`${state}/${what}.log`);
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: keptShort(files.log), sync: true }),
  );
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const external = connectionOptions.address;
  const kept: { server?: Kept; worker?: Kept } = {};
  let status: SupervisorStatus = {
    ...{ pid: process.pid, release, startedAt: new Date().toISOString(), phase: 'starting', words: 'starting' },
    ...{ address: external ?? '', namespace, restarts: { server: 0, worker: 0 }, others: [] },
    ...(notKept && { notKept }),
  };
  const tell = (change: Partial<SupervisorStatus> = {}) => {
    const { serverPid: _server, workerPid: _worker, ...rest } = status;
    status = {
      ...rest,
      ...change,
      ...(kept.server?.pid && { serverPid: kept.server.pid }),
      ...(kept.worker?.pid && { workerPid: kept.worker.pid }),
      restarts: { server: kept.server?.restarts ?? 0, worker: kept.worker?.restarts ?? 0 },
      others: others.told(),
    };
    writeFileSync(`${files.status}.new`, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${files.status}.new`, files.status); // a reader never sees half of it
  };
  const keep = (what: string, command: Command): Kept => {
    const child = new Kept(command, {
      log: logOf(what),
      ...(slowest !== undefined && { slowest }),
      told: (event, words) => {
        log.info({ what, event, words });
        tell();
      },
    });
    child.start();
    return child;
  };
  const others = new OtherReleases({
    ...{ state, current: release, temporal, start: keep, changed: tell },
    failed: (error) => log.warn({ what: 'other releases', words: String(error) }),
  });
  const ended = new AbortController();
  let watching: Promise<void> | undefined;
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });

  const lastTime = portsOfLastTime(files.status);
  try {
    let address = external;
    if (!address) {
      const binary = await findTemporal({ cache: `${state}/bin`, say: (words) => tell({ words }) });
      const ports = await serve(binary);
      await ready(binary, ports);
      address = addressOf(ports);
    }
    Object.assign(process.env, { TEMPORAL_ADDRESS: address, TZ: 'UTC' }); // the workers'
    kept.worker = keep('worker', worker);
    const connection = Connection.lazy({ ...connectionOptions, address });
    const client = new Client({ connection, namespace });
    watching = others.watch(client, ended.signal).finally(() => connection.close());
    tell({ phase: 'up', words: 'up' });
    log.info({ words: `stopping: ${await stopped}` });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    log.error({ words });
    tell({ phase: 'failed', words });
    process.exitCode = 1;
  }
  ended.abort();
  await Promise.all([kept.worker?.stop(20_000), watching]);
  await kept.server?.stop(10_000);

  /** On ports that are its own: another `up` may have chosen the same ones in the same moment. */
  async function serve(binary: string): Promise<Ports> {
    for (let tries = 1; ; tries++) {
      const ports = await choosePorts(tries === 1 ? lastTime : undefined);
      tell({ address: addressOf(ports), ui: uiOf(ports), words: 'starting the Temporal server' });
      kept.server = keep('server', serverCommand(binary, state, ports));
      if (await listens(kept.server, ports)) return ports;
      await kept.server.stop(10_000);
      if (tries === 5)
        throw new Error(`The Temporal server ended ${tries} times before it listened. See ${state}/server.log.`);
      await pause(200 * tries);
    }
  }
}

function portsOfLastTime(file: string): Ports | undefined {
  try {
    const { address, ui }: Partial<SupervisorStatus> = JSON.parse(readFileSync(file, 'utf8'));
    const ports = { port: Number(address?.split(':')[1]), ui: Number(ui?.split(':')[2]) };
    return ports.port > 0 && ports.ui > 0 ? ports : undefined;
  } catch {
    return undefined; // no last time
  }
}

/** A log is set aside when it has grown: one old copy is kept. */
function keptShort(file: string): string {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > 10_000_000) renameSync(file, `${file}.old`);
  return file;
}
