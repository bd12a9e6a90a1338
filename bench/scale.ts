/**
 * Many full recoveries that wait at their gate, each over a model cluster of its own, on one worker: what they cost in
 * memory, how soon a decision is served, and how long the list of them takes, as they grow in number.
 */
import { readFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { until } from '../lab/shell.js';
import { attributes, messages, type Order } from '../workflows/messages.js';
import { taskQueue } from '../workflows/release.js';
import { quiet } from './quiet.js';
import { keep, say, spread, timed } from './results.js';
import { embedded } from './temporal.js';

const nodes = ['pf1', 'pf2', 'pf3'];
const atOnce = 20; // that are started together
const decisions = 50; // at each size; who was decided on ends, and another takes its place
const waiting = `${attributes.waitingFor} IS NOT NULL AND ExecutionStatus = 'Running'`;
const token = defineSearchAttributeKey(attributes.waitingFor, 'KEYWORD');

export async function scale(home: string, sizes: readonly number[]): Promise<void> {
  const { client, pids, close } = await embedded(home, './model-worker.ts');
  const runs = starter(client);
  try {
    const curve = [];
    for (const size of sizes) {
      await runs.growTo(size);
      const busyPercentBefore = await quiet();
      const served = spread(await decideOn(client, runs.open.splice(0, decisions)));
      await runs.growTo(size);
      curve.push({
        runs: size,
        busyPercentBefore,
        workerMiB: await memory(pids.worker),
        serverMiB: await memory(pids.server),
        decisionServedMs: served,
        listMs: spread(await fiveTimes(() => count(client, "ExecutionStatus = 'Running'"))),
        filterMs: spread(await fiveTimes(() => count(client, waiting))),
      });
    }
    console.table(
      curve.map(({ decisionServedMs, listMs, filterMs, ...rest }) => ({
        ...rest,
        decisionP95: decisionServedMs.p95,
        list: listMs.median,
        filter: filterMs.median,
      })),
    );
    const last = curve.at(-1);
    await keep('scale', {
      curve,
      reached: { workerMiB: last?.workerMiB, decisionP95Ms: last?.decisionServedMs.p95 },
      goal: { runs: 1_000, workerMiB: 1_024, decisionP95Ms: 1_000 },
    });
  } finally {
    await close();
  }
}

function starter(client: Client) {
  const open: string[] = [];
  let begun = 0;
  const start = async (): Promise<string> => {
    const name = `site${++begun}`;
    const order: Order = {
      run: `${name}/20261123-0312-0000`,
      cluster: { name, nodes },
      ...{ by: 'bench', host: 'bench', searchAttributes: true, args: {} },
    };
    const workflowId = `cluster:${name}`;
    await client.workflow.start('fullRecovery', { workflowId, taskQueue, args: [order] });
    return workflowId;
  };
  return {
    open,
    /** Returns when all of them wait. */
    growTo: async (size: number): Promise<void> => {
      while (open.length < size) {
        const more = Math.min(atOnce, size - open.length);
        open.push(...(await Promise.all(Array.from({ length: more }, start))));
        await until(`${open.length} runs that wait`, 120, async () =>
          (await client.workflow.count(waiting)).count >= open.length ? true : undefined,
        );
        if (open.length % 100 === 0) say(`${open.length} wait`);
      }
    },
  };
}

/** From the update's request to its answer; whoever is not in the worker's cache is replayed for it. */
async function decideOn(client: Client, ids: readonly string[]): Promise<number[]> {
  const served: number[] = [];
  for (const id of ids) {
    const handle = client.workflow.getHandle(id);
    const asked = (await handle.describe()).typedSearchAttributes.get(token);
    const decision = { token: asked, choice: 'abort', by: 'bench' };
    served.push(await timed(() => handle.executeUpdate(messages.decide, { args: [decision] })));
    await handle.result().catch(() => undefined); // aborted: its result is a failure
  }
  return served;
}

async function count(client: Client, query: string): Promise<void> {
  for await (const _ of client.workflow.list({ query }));
}

async function fiveTimes(act: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await timed(act));
  return times;
}

/** Resident, in MiB. */
async function memory(pid: number): Promise<number> {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}
