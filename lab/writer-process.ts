/** The writer's own process: `writer-process LAB`. One row at a time, each under a number of its own, never sent twice. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { loadLab, vip } from './lab.js';
import { labFolder } from './places.js';
import { WRITER } from './users.js';

/** Milliseconds between two rows: a steady load that leaves the processors to the cluster. */
const PAUSE = 10;
const PATIENCE = 3_000;

const lab = await loadLab(process.argv[2] ?? '');
const journal = join(labFolder(lab.name), 'acknowledged');
const me = `writer-${process.pid}`;
let stopping = false;
let connection: Connection | undefined;
process.on('SIGTERM', () => {
  stopping = true;
});

for (let number = firstNumber(); !stopping; number += 1) {
  connection ??= await connected();
  if (connection === undefined) break;
  try {
    await connection.query({
      sql: 'insert into lab_rows (number, writer) values (?, ?)',
      values: [number, me],
      timeout: PATIENCE,
    });
    appendFileSync(journal, `${number}\n`);
  } catch (error) {
    appendFileSync(journal, `${number}?\n`);
    complain(error);
    connection.destroy();
    connection = undefined;
  }
  await pause(PAUSE);
}
connection?.destroy();

/** Tries for ever; undefined: told to stop. */
async function connected(): Promise<Connection | undefined> {
  while (!stopping) {
    try {
      const made = await createConnection({
        host: vip(lab),
        user: WRITER.user,
        password: WRITER.password,
        database: 'pf',
        connectTimeout: PATIENCE,
      });
      // A server that goes away between two rows is noticed by the next row; without a listener it would end this process.
      made.on('error', complain);
      return made;
    } catch (error) {
      complain(error);
      await pause(200);
    }
  }
  return undefined;
}

/** One is left out: it may have been in flight when an earlier writer was killed. */
function firstNumber(): number {
  const lines = readText(journal).split('\n').slice(0, -1);
  const last = lines.at(-1);
  return last === undefined ? 1 : Number.parseInt(last, 10) + 2;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function complain(error: unknown): void {
  console.error(new Date().toISOString(), error instanceof Error ? error.message : error);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
