/**
 * Compares what Synced nodes hold: a node can be Synced and hold other rows (reference/lineage). CHECKSUM TABLE first;
 * where it differs there may only have been a write in between, so the table is then read in chunks, an unequal
 * chunk three times, and at last row by row: only what differs in the same way twice is called a difference.
 */
import { sleep } from '@temporalio/activity';
import type { ContentSeen } from '../../cluster/content.js';
import type { NodeName } from '../../cluster/words.js';
import type { Remote } from '../ssh/pool.js';
import { type Chunk, checksum, chunkAfter, rowSums, type Shape, shapeOf, sumOf, tablesOf } from './chunks.js';
import { Over, Readers } from './readers.js';

export interface Comparison {
  /** The first is the reference. */
  readonly nodes: readonly NodeName[];
  readonly reach: (node: NodeName) => Promise<Remote>;
  readonly limitSeconds: number;
  readonly tell: (details: object) => void;
}

const pauseForWrites = 300; // ms for what is in flight to arrive

/** Errors: only the activity's cancellation. What cannot be compared says so in the result. */
export async function compareContent({ nodes, reach, limitSeconds, tell }: Comparison): Promise<ContentSeen> {
  const started = Date.now();
  const [reference = '', ...others] = nodes;
  const readers = new Readers(reference, limitSeconds);
  const found = new Map(others.map((node): [NodeName, Found] => [node, { tables: [], moving: [] }]));
  let compared = 0;
  let over: string | undefined;
  try {
    await readers.open(nodes, reach);
    const listed = await readers.ask(tablesOf);
    const ours = listed.get(reference) ?? [];
    for (const [node, theirs] of listed) found.get(node)?.tables.push(...onlyOnOne(reference, ours, node, theirs));
    for (const table of ours.filter((name) => [...listed.values()].every((names) => names.includes(name)))) {
      tell({ comparing: table, compared, of: ours.length });
      const apart = readers.apart(await readers.ask((sql) => checksum(sql, table)));
      if (apart.length > 0) await compareRows(readers, table, found);
      compared += 1;
    }
  } catch (error) {
    if (!(error instanceof Over)) throw error;
    over = `${error.message}, after ${compared} tables`;
  } finally {
    readers.close();
  }
  return {
    reference,
    others: others.map((node) => resultOf(node, found.get(node), readers.because.get(node) ?? over)),
    tables: compared,
    seconds: (Date.now() - started) / 1000,
  };
}

interface Found {
  readonly tables: string[];
  /** Tables with rows that change too often to be compared. */
  readonly moving: string[];
}

function resultOf(
  node: NodeName,
  found: Found = { tables: [], moving: [] },
  notAll?: string,
): ContentSeen['others'][number] {
  const moving =
    found.moving.length > 0 ? `rows change too often to be compared in ${found.moving.join(', ')}` : undefined;
  const because = notAll ?? moving;
  const result = found.tables.length > 0 ? 'differs' : because ? 'not compared' : 'equal';
  return { node, result, tables: found.tables, ...(because && { because }) };
}

function onlyOnOne(one: NodeName, ours: readonly string[], other: NodeName, theirs: readonly string[]): string[] {
  return [
    ...ours.filter((table) => !theirs.includes(table)).map((table) => `${table}: only on ${one}`),
    ...theirs.filter((table) => !ours.includes(table)).map((table) => `${table}: only on ${other}`),
  ];
}

async function compareRows(readers: Readers, table: string, found: ReadonlyMap<NodeName, Found>): Promise<void> {
  const shape = await readers.askReference((sql) => shapeOf(sql, table));
  const rows = new Map<NodeName, { different: number; moving: number }>();
  for (let from: string | undefined; ; ) {
    const chunk = await readers.askReference((sql) => chunkAfter(sql, shape, from));
    for (const [node, { different, moving }] of await compareChunk(readers, shape, chunk)) {
      const before = rows.get(node) ?? { different: 0, moving: 0 };
      rows.set(node, { different: before.different + different, moving: before.moving + moving });
    }
    if (chunk.to === undefined) break;
    from = chunk.to;
  }
  for (const [node, { different, moving }] of rows) {
    if (different > 0) found.get(node)?.tables.push(`${table}: ${different} ${different === 1 ? 'row' : 'rows'}`);
    else if (moving > 0) found.get(node)?.moving.push(table);
  }
}

/** Rows that differ, per node; empty: none. */
async function compareChunk(
  readers: Readers,
  shape: Shape,
  chunk: Chunk,
): Promise<Map<NodeName, { different: number; moving: number }>> {
  let apart: NodeName[] = [];
  for (let read = 1; read <= 3; read += 1) {
    apart = readers.apart(await readers.ask((sql) => sumOf(sql, shape, chunk)));
    if (apart.length === 0) return new Map();
    await sleep(pauseForWrites);
  }
  const result = new Map<NodeName, { different: number; moving: number }>();
  let before = new Map<NodeName, ReadonlyMap<string, string>>();
  for (let read = 1; read <= 4; read += 1) {
    const sums = await readers.ask((sql) => rowSums(sql, shape, chunk), [readers.reference, ...apart]);
    const now = new Map(apart.map((node) => [node, pairsApart(sums.get(readers.reference), sums.get(node))]));
    for (const [node, pairs] of now) {
      const same = [...pairs].filter(([key, pair]) => before.get(node)?.get(key) === pair).length;
      result.set(node, { different: same, moving: pairs.size - same });
    }
    if ([...result.values()].every(({ moving }) => moving === 0)) break;
    before = now;
    await sleep(pauseForWrites);
  }
  return result;
}

/** Key -> both sums, of rows that are not the same on both. */
function pairsApart(
  ours: ReadonlyMap<string, string> = new Map(),
  theirs: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const keys = new Set([...ours.keys(), ...theirs.keys()]);
  const apart = [...keys].filter((key) => ours.get(key) !== theirs.get(key));
  return new Map(apart.map((key) => [key, `${ours.get(key)} ${theirs.get(key)}`]));
}
