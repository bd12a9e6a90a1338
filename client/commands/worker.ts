/** `pfrunbook worker`: for a Temporal that somebody else runs. */
import { isElsewhere } from '../connect.js';
import { Mistake } from '../exit.js';
import { runProgram } from '../program.js';

export async function worker(): Promise<number> {
  if (!isElsewhere())
    throw new Mistake(
      'No Temporal server is named: set TEMPORAL_ADDRESS, or a profile. For the embedded one: pfrunbook up',
    );
  return runProgram('worker/main', []);
}
