/** What every program ends with that looks at nodes without Temporal: bad settings are words and exit code 2, and no connection stays. */
import { SshPool } from '../activities/ssh/pool.js';
import { BadSettings } from './settings.js';

export async function looking(act: (pool: SshPool) => Promise<number>): Promise<number> {
  const pool = new SshPool();
  try {
    return await act(pool);
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    console.error(error.message);
    return 2;
  } finally {
    await pool.close();
  }
}
