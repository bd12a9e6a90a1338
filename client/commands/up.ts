/** `pfrunbook up`. */
import { mkdirSync } from 'node:fs';
import { bringUp, flockArguments, supervisor } from '../embedded.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { runChild } from '../program.js';
import { places } from '../settings.js';

export async function up({ foreground = false }: { foreground?: boolean }): Promise<ExitCode | number> {
  const { state } = places();
  const before = await supervisor(state);
  if (foreground) {
    if (before) throw new Mistake(`It is up already (process ${before.pid}). End that one first: pfrunbook down`);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    return runChild(['flock', ...flockArguments(state)]);
  }
  const status = await bringUp(state, (words) => console.error(words));
  console.log(before ? `Up already, since ${status.startedAt}.` : 'Up.');
  console.log(`  Temporal ${status.address}${status.ui ? `, Web UI ${status.ui}` : ''}`);
  return exits.done;
}
