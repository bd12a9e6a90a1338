/** A busy machine measures its neighbours: each turn waits until nobody queues for a processor, for a while. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './results.js';

const calm = 25; // % of the last ten seconds in which something waited for a processor
const patience = Number(process.env.BENCH_PATIENCE ?? 600) * 1000;

/** That share when the turn begins: it stands beside the samples. Past the patience the turn goes on as things are. */
export async function quiet(): Promise<number> {
  const end = Date.now() + patience;
  for (let told = false; ; told = true) {
    const waiting = await pressure();
    if (waiting < calm || Date.now() > end) return waiting;
    if (!told) say(`the machine is busy (${waiting} % of the time something waits for a processor): waiting`);
    await pause(2_000);
  }
}

async function pressure(): Promise<number> {
  const text = await readFile('/proc/pressure/cpu', 'utf8').catch(() => '');
  return Number(/^some avg10=([\d.]+)/m.exec(text)?.[1] ?? 0);
}
