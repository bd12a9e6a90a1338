/** Counts what became of the writer's rows, and compares the nodes' tables by content. */

import { rowsOnNoDisk } from './census.js';
import type { Lab } from './lab.js';
import { askSql, runSql } from './sql.js';
import { writerPaused, writerRows } from './writer.js';

export interface Verification {
  readonly lab: string;
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly nodes: readonly {
    readonly node: string;
    /** False: no server in a Primary answered, so nothing is known of it. */
    readonly answered: boolean;
    /** Of the acknowledged rows. */
    readonly present: number;
    readonly missing: number;
  }[];
  /** Numbers that stand more than once on some node. */
  readonly duplicated: number;
  /** Acknowledged, and on no node's disk after a power cut: no recovery could have kept them. */
  readonly lostOnNoDisk: number;
  /** Acknowledged, held somewhere, and now missing on a node that answers. Must be 0. */
  readonly lostByChoice: number;
  readonly firstLostByChoice: readonly number[];
  /** Tables whose content is not the same on all the nodes that answer. */
  readonly differing: readonly string[];
  /** All nodes answered, nothing duplicated, nothing lost by a choice, all tables equal. */
  readonly good: boolean;
}

export async function verify(lab: Lab): Promise<Verification> {
  return writerPaused(lab, async () => {
    const seen = await Promise.all(
      lab.nodes.map(async (node) => ({ node, rows: await askSql(lab, node, NUMBERS, 60_000) })),
    );
    const answering = seen.flatMap(({ node, rows }) =>
      rows === undefined
        ? []
        : [{ node, counts: new Map(rows.map(([number, times]) => [Number(number), Number(times)])) }],
    );
    const { acknowledged, unanswered } = await writerRows(lab);
    const noDisk = await rowsOnNoDisk(lab);
    const missingOn = (counts: ReadonlyMap<number, number>): number[] =>
      acknowledged.filter((number) => !counts.has(number));

    const missing = new Set(answering.flatMap(({ counts }) => missingOn(counts)));
    const chosen = [...missing].filter((number) => !noDisk.has(number));
    const twice = new Set(
      answering.flatMap(({ counts }) => [...counts].filter(([, times]) => times > 1).map(([number]) => number)),
    );
    const differing = await differences(
      lab,
      answering.map(({ node }) => node),
    );
    return {
      lab: lab.name,
      acknowledged: acknowledged.length,
      unanswered,
      nodes: seen.map(({ node, rows }) => {
        const counts = answering.find((one) => one.node === node)?.counts ?? new Map<number, number>();
        const gone = missingOn(counts).length;
        return { node, answered: rows !== undefined, present: acknowledged.length - gone, missing: gone };
      }),
      duplicated: twice.size,
      lostOnNoDisk: missing.size - chosen.length,
      lostByChoice: chosen.length,
      firstLostByChoice: chosen.slice(0, 10),
      differing,
      good: answering.length === lab.nodes.length && twice.size === 0 && chosen.length === 0 && differing.length === 0,
    };
  });
}

/** wsrep_sync_wait: what the others committed before this moment is applied here before it is read. */
const NUMBERS = 'set session wsrep_sync_wait = 1; select number, count(*) from pf.lab_rows group by number';

/** CHECKSUM TABLE reads every row; its sum does not depend on where in the file a row lies. */
async function differences(lab: Lab, nodes: readonly string[]): Promise<string[]> {
  const sums = await Promise.all(
    nodes.map(async (node) => {
      const tables = (await runSql(lab, node, TABLES)).map(([table = '']) => table);
      if (tables.length === 0) return new Map<string, string>();
      const rows = await runSql(
        lab,
        node,
        `set session wsrep_sync_wait = 1; checksum table ${tables.join(', ')} extended`,
      );
      return new Map(rows.map(([table = '', sum = '']) => [table, sum]));
    }),
  );
  const tables = new Set(sums.flatMap((one) => [...one.keys()]));
  return [...tables].filter((table) => new Set(sums.map((one) => one.get(table))).size > 1).sort();
}

const TABLES = `select concat('\`', table_schema, '\`.\`', table_name, '\`') from information_schema.tables
  where table_type = 'BASE TABLE' and table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys') order by 1`;

export function verificationWords(seen: Verification): string {
  return [
    `${seen.acknowledged} rows acknowledged, ${seen.unanswered} sent and not answered`,
    ...seen.nodes.map(({ node, answered, present, missing }) =>
      answered
        ? `  ${node}  ${present} present, ${missing} missing`
        : `  ${node}  does not answer: nothing is known of it`,
    ),
    `duplicated:                 ${seen.duplicated}`,
    `lost, held by no disk:      ${seen.lostOnNoDisk}`,
    `lost by a choice:           ${seen.lostByChoice}${seen.lostByChoice > 0 ? ` (${seen.firstLostByChoice.join(', ')}${seen.lostByChoice > seen.firstLostByChoice.length ? '...' : ''})` : ''}`,
    `tables that differ:         ${seen.differing.length === 0 ? 'none' : seen.differing.join(', ')}`,
    ...(seen.lostOnNoDisk > 0
      ? [
          'No recovery could have kept what no disk held: a power cut takes the last second (innodb_flush_log_at_trx_commit=2).',
        ]
      : []),
    seen.good
      ? 'Good: nothing is missing that a disk held.'
      : `Not good: ${seen.nodes.every(({ answered }) => answered) ? 'rows or tables are not as they were' : 'not every node answers'}.`,
  ].join('\n');
}
