/** This machine, as the doctor judges it: its network, its state folder, and the way to Temporal. Starts and fetches nothing. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { execa } from 'execa';
import type { Machine, TemporalSeen } from '../cluster/doctor/kit.js';
import { type SupervisorStatus, supervisorFiles } from '../cluster/places.js';
import { taskQueue } from '../workflows/release.js';
import { places } from './settings.js';
import { presentTemporal } from './temporal/binary.js';

/** `patience`: milliseconds in which a worker that was just started may begin to ask for work. */
export async function readMachine(patience = 15_000): Promise<Machine> {
  const { state } = places();
  const [gateways, freeBytes, temporal] = await Promise.all([
    readGateways(),
    freeAt(state),
    readTemporal(state, patience),
  ]);
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address, mac }) => ({ name, address, mac })),
  );
  return { interfaces, gateways, state: { path: state, freeBytes }, temporal };
}

/** Empty where there is no ip(8), or no way out. */
async function readGateways(): Promise<readonly string[]> {
  const { stdout, failed } = await execa('ip', ['-json', '-4', 'route', 'show', 'default'], { reject: false });
  if (failed) return [];
  const routes: readonly { readonly gateway?: string }[] = JSON.parse(stdout || '[]');
  return routes.flatMap(({ gateway }) => gateway ?? []);
}

/** Of the file system that the folder stands on, or will. */
async function freeAt(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return freeAt(dirname(folder));
  }
}

async function readTemporal(state: string, patience: number): Promise<TemporalSeen> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const elsewhere = connectionOptions.address;
  const program = elsewhere ? undefined : await presentTemporal().catch(() => undefined); // `up` says what is wrong with it
  const known = { ...(elsewhere && { elsewhere }), ...(program && { program }) };
  const address = elsewhere ?? supervisedAddress(state);
  if (!address) return { ...known, server: 'not up' };
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: '3 seconds' });
    try {
      return await connection.withDeadline(Date.now() + patience + 5_000, async () => {
        const { config } = await connection.workflowService.describeNamespace({ namespace });
        const retentionDays = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
        return {
          ...known,
          server: 'answers',
          retentionDays,
          workers: await workersOf(connection, namespace, patience),
        };
      });
    } finally {
      await connection.close();
    }
  } catch (error) {
    return { ...known, server: 'silent', because: error instanceof Error ? error.message : String(error) };
  }
}

async function workersOf(connection: Connection, namespace: string, patience: number): Promise<number> {
  for (const end = Date.now() + patience; ; await pause(500)) {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      ...{ namespace, taskQueue: { name: taskQueue } },
      taskQueueType: 1, // of workflow tasks
    });
    if (pollers?.length || Date.now() > end) return pollers?.length ?? 0;
  }
}

/** The file outlives the supervisor: it counts while that process lives. */
function supervisedAddress(state: string): string | undefined {
  try {
    const status: SupervisorStatus = JSON.parse(readFileSync(supervisorFiles(state).status, 'utf8'));
    process.kill(status.pid, 0);
    return status.address;
  } catch {
    return undefined;
  }
}
