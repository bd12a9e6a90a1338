/** `pfrunbook handoff RUN`: what of a run is left, for people to do by hand. The worker's program tells it from the run's history. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { execa } from 'execa';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits } from '../exit.js';
import { programCommand } from '../program.js';
import { findRun } from '../runs.js';

export async function handoff(name: string, { json = false }: { json?: boolean }): Promise<ExitCode | number> {
  const input = await withTemporal(async ({ client }) => {
    const { handle } = await findRun(client, name);
    return historyToJSON(await handle.fetchHistory());
  });
  const [file, ...args] = programCommand('worker/handoff', json ? ['--json'] : []);
  const { exitCode } = await execa(file, args, { input, stdout: 'inherit', stderr: 'inherit', reject: false });
  return exitCode ?? exits.failed;
}
