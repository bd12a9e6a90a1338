/** The embedded Temporal with the bench's worker, beside the operator's own: another state folder, other ports. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { findTemporal } from '../worker/temporal/binary.js';
import { addressOf, choosePorts, ready, serverCommand } from '../worker/temporal/server.js';
import type { Order, Report } from '../workflows/messages.js';
import { taskQueue } from '../workflows/release.js';
import type { BenchArgs } from './runbooks.js';
import type { Site } from './site.js';

/** A server and one worker, on a state folder of their own. `program`: the worker's file beside this one. */
export async function embedded(home: string, program: string) {
  const state = `${home}/bench-state`;
  await mkdir(state, { recursive: true });
  const binary = await findTemporal();
  const ports = await choosePorts(undefined);
  const { file, args } = serverCommand(binary, state, ports);
  const server = execa(file, args, { stdio: 'ignore', reject: false });
  await ready(binary, ports);
  const worker = execa(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(program, import.meta.url))], {
    env: { TEMPORAL_ADDRESS: addressOf(ports), PFRUNBOOK_HOME: home },
    stdio: ['ignore', 'ignore', 'inherit'],
    reject: false,
  });
  const connection = await Connection.connect({ address: addressOf(ports) });
  return {
    client: new Client({ connection }),
    pids: { server: server.pid ?? 0, worker: worker.pid ?? 0 },
    close: async (): Promise<void> => {
      await connection.close();
      worker.kill('SIGTERM');
      await worker;
      server.kill('SIGTERM');
      await server;
    },
  };
}

export interface BenchTemporal {
  readonly client: Client;
  /** Starts a runbook of the bench under an id of its own. */
  start(runbook: string, count: number): ReturnType<Client['workflow']['start']>;
  close(): Promise<void>;
}

export async function benchTemporal({ home, lab }: Site): Promise<BenchTemporal> {
  const { client, close } = await embedded(home, './worker.ts');
  let runs = 0;
  const start = (runbook: string, count: number) => {
    const run = `${lab.name}/${Date.now()}-${++runs}`;
    const order: Order<BenchArgs> = {
      run,
      cluster: { name: lab.name, nodes: lab.nodes },
      ...{ by: 'bench', host: 'bench', searchAttributes: true, args: { count } },
    };
    const options = { workflowId: `bench:${run}`, taskQueue, args: [order], workflowRunTimeout: '10 minutes' } as const;
    return client.workflow.start(runbook, options);
  };
  const warmUp = await start('benchReads', 1); // the worker bundles and connects meanwhile
  await (warmUp.result() as Promise<Report<unknown>>);
  return {
    client,
    start,
    close,
  };
}
