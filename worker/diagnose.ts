/**
 * `pfrunbook diagnose CLUSTER [--lineage] [--json]`: the activities of `start diagnose` in one process, without Temporal, so that
 * a dead server never stands between an operator and what is to be seen. Changes nothing. Exit 0: healthy; 1: not; 2: bad input.
 */
import Table from 'cli-table3';
import { Command } from 'commander';
import { judges } from '../activities/judge.js';
import { lookActivities } from '../activities/look/index.js';
import type { SshPool } from '../activities/ssh/pool.js';
import type { Diagnosis } from '../cluster/diagnosis.js';
import { cellsThatFit, hanging, untouched, wrap } from '../cluster/text.js';
import { diagnosisInWords } from '../workflows/result.js';
import { ink, room } from './ink.js';
import { looking } from './looking.js';
import { loadCluster } from './settings.js';

const command = new Command('pfrunbook diagnose')
  .description('look at a cluster and say what state it is in; changes nothing, needs no Temporal')
  .argument('<cluster>', 'its folder under clusters/')
  .option('--lineage', 'read too whether the nodes share one history (reads galera.cache: seconds)')
  .option('--json', 'print what was found, and every fact seen, as one JSON object')
  .addHelpText('after', '\nExit code: 0 healthy, 1 not healthy, 2 bad input.')
  .configureOutput(untouched)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const [cluster = ''] = command.args;
const options = command.opts<{ lineage?: boolean; json?: boolean }>();
process.exit(await looking(main));

async function main(pool: SshPool): Promise<number> {
  const access = await loadCluster(cluster);
  const looks = lookActivities(pool, async () => access);
  const order = access.nodes.map(({ node }) => node);
  const asked = { cluster: access.name, nodes: order };
  const seen = await looks.nodes(asked);
  const pairs = options.lineage
    ? await judges.pairs({ order, ...(await looks.lineage({ cluster: access.name, seen })) })
    : [];
  const diagnosis = await judges.diagnosis({
    cluster: { name: access.name, nodes: order },
    seen,
    vips: access.vips,
    pairs,
  });
  console.log(options.json ? JSON.stringify({ ...diagnosis, seen, pairs }, null, 2) : inWords(diagnosis));
  return diagnosis.condition === 'healthy' ? 0 : 1;
}

function inWords(diagnosis: Diagnosis): string {
  const { condition, summary } = diagnosis;
  const paint = condition === 'healthy' ? ink.green : ink.red;
  return diagnosisInWords(diagnosis)
    .flatMap(({ heading, lines, table: rows = [] }) => [
      ...(heading
        ? ['', ink.bold(heading), ...lines.flatMap((line) => hanging('  ', line, room))]
        : [ink.bold(paint(condition)), ...wrap(summary, room), '']),
      ...(rows.length > 0 ? [table(rows)] : []),
    ])
    .join('\n');
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = cellsThatFit([head, ...rows], room);
  const colWidths = widths.map((width) => width + 2);
  const drawn = new Table({ head: head.map(ink.bold), style: { head: [], border: [] }, wordWrap: true, colWidths });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}
