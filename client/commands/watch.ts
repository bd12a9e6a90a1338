/** `pfrunbook watch RUN`, and what `start` does after starting. */
import { type Reached, withTemporal } from '../connect.js';
import { type ExitCode, exits } from '../exit.js';
import { follow } from '../follow.js';
import { findRun, type Run } from '../runs.js';
import { someoneIsThere } from '../settings.js';
import { sightToJson } from '../show/json.js';
import { noScreen, openScreen } from '../show/screen.js';

export interface WatchOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const watch = (name: string, options: WatchOptions): Promise<ExitCode> =>
  withTemporal(async (reached) => followHere(reached, await findRun(reached.client, name), options));

export async function followHere(
  reached: Reached,
  run: Run,
  { yes = false, json = false }: WatchOptions,
): Promise<ExitCode> {
  const screen = json ? noScreen : openScreen(run.name);
  const { exit, sight } = await follow(reached, run, { screen, person: !json && someoneIsThere(), yes });
  if (json) console.log(JSON.stringify({ ...(sight ? sightToJson(reached, run, sight) : { run: run.name }), exit }));
  else if (exit === exits.waits)
    console.log(`\n${run.name} waits for a decision. Answer as above, or: pfrunbook watch ${run.name}`);
  else if (exit === exits.goesOn) console.log(`\n${run.name} goes on. Come back: pfrunbook watch ${run.name}`);
  else console.log(`pfrunbook report ${run.name}`);
  return exit;
}
