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
import { ink } from './ink.js';
import { looking } from './looking.js';
import { loadCluster } from './settings.js';

const command = new Command('pfrunbook diagnose')
  .description('look at a cluster and say what state it is in; changes nothing, needs no Temporal')
  .argument('<cluster>', 'its folder under clusters/')
  .option('--lineage', 'read too whether the nodes share one history (reads galera.cache: seconds)')
  .option('--json', 'print what was found, and every fact seen, as one JSON object')
  .addHelpText('after', '\nExit code: 0 healthy, 1 not healthy, 2 bad input.')
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

function inWords({
  condition,
  summary,
  table: [head = [], ...rows],
  findings,
  recommended,
  wouldChange,
  verdict,
}: Diagnosis): string {
  const table = new Table({
    head: head.map(ink.bold),
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: widths(rows.length > 0 ? head.length : 0),
  });
  for (const row of rows) table.push([...row]);
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? ['', ink.bold(title), ...lines.map((line) => `  ${line}`)] : [];
  return [
    ink.bold(condition === 'healthy' ? ink.green('healthy') : ink.red(condition)),
    summary,
    '',
    table.toString(),
    ...section(
      'Histories',
      verdict.filter((line) => / (SAME|DIFFERENT|UNKNOWN) history/.test(line)),
    ),
    ...section(
      'Found besides',
      findings
        .filter(({ words }) => !summary.includes(words))
        .map(({ node, words, remedy }) => `${node ? `${node}: ` : ''}${words}${remedy ? ` ${remedy}` : ''}`),
    ),
    ...section('What would change this answer', wouldChange),
    ...section('Recommended', recommended ? [recommended.command] : []),
  ].join('\n');
}

/** Fits the terminal, 80 columns where there is none. */
function widths(columns: number): number[] {
  const total = (process.stdout.columns ?? 80) - 1;
  const shares = [1, 2, 2, 2, 4].slice(0, columns);
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => Math.max(7, Math.floor(((total - columns - 1) * share) / sum)));
}
