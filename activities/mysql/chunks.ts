/** The statements of a comparison. Source of the sum: reference/lineage, "Content check after a rejoin". */
import type { Row, Sql } from './query.js';

/** As "schema.table". Only tables that Galera replicates. */
export async function tablesOf(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.ask(`select concat(table_schema, '.', table_name) as t from information_schema.tables
    where engine = 'InnoDB' and table_type = 'BASE TABLE'
      and table_schema not in ('mysql', 'sys', 'information_schema', 'performance_schema') order by 1`);
  return rows.map((row) => cell(row, 't'));
}

/** Twice as fast as sums of our own (3.9 s/GB), and only good while nothing is written. */
export async function checksum(sql: Sql, table: string): Promise<string> {
  const [row = {}] = await sql.ask(`checksum table ${quoted(table)}`);
  return cell(row, 'Checksum');
}

/** What the statements need to know of a table. */
export interface Shape {
  readonly table: string;
  readonly columns: readonly string[];
  /** First column of the primary key, and how a value of it is written; absent: no primary key, or none that can be cut. */
  readonly key?: { readonly column: string; readonly binary: boolean };
  /** All columns of the primary key. */
  readonly keyColumns: readonly string[];
}

export async function shapeOf(sql: Sql, table: string): Promise<Shape> {
  const [schema = '', name = ''] = split(table);
  const where = `table_schema = ${text(schema)} and table_name = ${text(name)}`;
  const columns = await sql.ask(
    `select column_name as c, data_type as t from information_schema.columns where ${where} order by ordinal_position`,
  );
  const keys = await sql.ask(
    `select column_name as c from information_schema.statistics where ${where} and index_name = 'PRIMARY' order by seq_in_index`,
  );
  const keyColumns = keys.map((row) => cell(row, 'c'));
  const first = columns.find((row) => row.c === keyColumns[0]);
  const type = first ? cell(first, 't') : 'float';
  return {
    table,
    columns: columns.map((row) => cell(row, 'c')),
    keyColumns,
    // A float written as text is not the float.
    ...(!/^(float|double)$/.test(type) && {
      key: { column: keyColumns[0] ?? '', binary: /binary|blob|bit|uuid|inet/.test(type) },
    }),
  };
}

/** Rows whose key is above `from` and not above `to`; both are literals of SQL. */
export interface Chunk {
  readonly from?: string;
  readonly to?: string;
}

const rowsInChunk = 20_000; // smaller ones cost more: 12 s/GB with 1,000 against 8.7

/** The next chunk, cut on one node; the last has no end, so that rows beyond are seen too. */
export async function chunkAfter(sql: Sql, { table, key }: Shape, from: string | undefined): Promise<Chunk> {
  const start = from === undefined ? {} : { from };
  if (!key) return start;
  const column = quotedName(key.column);
  const shown = key.binary ? `hex(${column})` : column;
  const above = from === undefined ? '' : `where ${column} > ${from}`;
  const [row] = await sql.ask(
    `select ${shown} as k from ${quoted(table)} force index (primary) ${above} order by ${column} limit 1 offset ${rowsInChunk - 1}`,
  );
  const value = row && cell(row, 'k');
  return value === undefined ? start : { ...start, to: key.binary ? `x'${value}'` : text(value) };
}

/** One text for the rows of a chunk: equal texts, equal rows. `bit_xor(crc32())` would not see two values swapped. */
export async function sumOf(sql: Sql, shape: Shape, chunk: Chunk): Promise<string> {
  const sum = `bit_xor(cast(conv(left(${rowSum(shape)}, 16), 16, 10) as unsigned))`;
  const [row = {}] = await sql.ask(`select count(*) as n, ${sum} as s from ${source(shape, chunk)}`);
  return `${cell(row, 'n')} ${cell(row, 's')}`;
}

/** Key -> sum, row by row; without a primary key, sum -> how many such rows. */
export async function rowSums(sql: Sql, shape: Shape, chunk: Chunk): Promise<ReadonlyMap<string, string>> {
  const keyed = shape.keyColumns.length > 0;
  const key = keyed ? `hex(concat_ws('#', ${shape.keyColumns.map(bytes).join(', ')}))` : rowSum(shape);
  const rows = await sql.ask(
    `select ${key} as k, ${keyed ? rowSum(shape) : 'count(*)'} as s from ${source(shape, chunk)}${keyed ? '' : ' group by 1'}`,
  );
  return new Map(rows.map((row) => [cell(row, 'k'), cell(row, 's')]));
}

function rowSum({ columns }: Shape): string {
  const nulls = columns.map((column) => `isnull(${quotedName(column)})`); // concat_ws passes over NULLs
  return `md5(concat_ws('#', ${columns.map(bytes).join(', ')}, concat(${nulls.join(', ')})))`;
}

function source({ table, key }: Shape, { from, to }: Chunk): string {
  if (!key) return quoted(table);
  const column = quotedName(key.column);
  const limits = [from !== undefined && `${column} > ${from}`, to !== undefined && `${column} <= ${to}`].filter(
    Boolean,
  );
  return `${quoted(table)} force index (primary)${limits.length > 0 ? ` where ${limits.join(' and ')}` : ''}`;
}

/** As bytes: columns of different character sets and collations do not mix. */
const bytes = (column: string): string => `cast(${quotedName(column)} as binary)`;
const quotedName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const quoted = (table: string): string => split(table).map(quotedName).join('.');
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** At the first dot: PacketFence's schemas have none in their names. */
function split(table: string): readonly string[] {
  const dot = table.indexOf('.');
  return [table.slice(0, dot), table.slice(dot + 1)];
}

function cell(row: Row, name: string): string {
  return row[name] ?? '';
}
