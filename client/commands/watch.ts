/** `pfrunbook watch RUN`, and what `start` does after starting. */
import type { Reached } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { follow } from '../follow.js';
import { type Run, withRun } from '../runs.js';
import { someoneIsThere } from '../settings.js';
import { sightToJson } from '../show/json.js';
import { noScreen, openScreen } from '../show/screen.js';

export interface WatchOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const watch = (name: string, options: WatchOptions): Promise<ExitCode> =>
  withRun(
    name,
    (reached, run) => followHere(reached, run, options),
    async ({ run, open }, why) => {
      throw new Mistake(why, open ? `${run} stands still meanwhile.` : `What is left of ${run}: pfrunbook show ${run}`);
    },
  );

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
