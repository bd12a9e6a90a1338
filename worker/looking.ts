/** What every program ends with that looks at nodes without Temporal: bad settings are words and exit code 2, no connection stays, and all is said. */
import { SshPool } from '../activities/ssh/pool.js';
import { nothingTouched } from '../cluster/text.js';
import { BadSettings } from './settings.js';

export async function looking(act: (pool: SshPool) => Promise<number>): Promise<number> {
  const pool = new SshPool();
  try {
    return await act(pool);
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    console.error(nothingTouched(error.message));
    return 2;
  } finally {
    await pool.close();
    await new Promise((done) => process.stdout.write('', done)); // the end of the process cuts off what a pipe has not taken yet
  }
}
