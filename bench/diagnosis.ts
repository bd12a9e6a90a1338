/** The command line, cold, as a whole process: each time it is started anew, and so are its connections to the nodes. */
import { cli } from './cli.js';
import { quiet } from './quiet.js';
import { keep, sayTable, spread, timed } from './results.js';
import type { Site } from './site.js';

export async function diagnosis({ lab }: Site, repetitions: number): Promise<void> {
  await cli(['up']); // `list` asks the server
  const commands: Readonly<Record<string, readonly string[]>> = {
    diagnose: ['diagnose', lab.name],
    '--help': ['--help'],
    list: ['list'],
  };
  const samples = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  const busyPercentBeforeTurns: number[] = [];
  for (let turn = 0; turn <= repetitions; turn++) {
    busyPercentBeforeTurns.push(await quiet());
    for (const [name, args] of Object.entries(commands)) {
      const ms = await timed(async () => {
        const { exitCode, stderr } = await cli(args);
        if (exitCode !== 0) throw new Error(`pfrunbook ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
      });
      if (turn > 0) samples.get(name)?.push(ms); // the first fills the page cache
    }
  }
  const rows = Object.fromEntries([...samples].map(([name, ms]) => [name, spread(ms)]));
  sayTable(rows);
  await keep('diagnosis', {
    milliseconds: rows,
    busyPercentBeforeTurns,
    goals: { diagnose: 1000, '--help': 200, list: 700 },
  });
}
