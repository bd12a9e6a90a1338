/**
 * Asks a node's own server. Through the SSH connection, to its socket file: no database port need be open to the
 * worker, and the server knows a root login by its user id. Where sshd forwards nothing, or the login user is not
 * root, the same by the `mariadb` program.
 */
import type { Duplex } from 'node:stream';
import { type Connection, createConnection } from 'mysql2/promise';
import { quote } from '../../cluster/commands/quote.js';
import { resolveSecret } from '../secrets.js';
import { NotForwarded, type Remote } from '../ssh/pool.js';

/** Column -> value as text; null is SQL's NULL. (The `mariadb` program writes NULL and the text "NULL" alike: null.) */
export type Row = Readonly<Record<string, string | null>>;

export interface QueryOptions {
  /** Milliseconds for a question, and for the login; 5 s unless told. The server gives the statement up too. */
  readonly deadline?: number;
  /** Statements without an answer, before every question: SET ... */
  readonly setUp?: readonly string[];
  /** The server's socket file on the node. */
  readonly socket?: string;
}

/** A session with one server. */
export interface Sql {
  ask(sql: string): Promise<readonly Row[]>;
  close(): void;
}

/** The server did not answer the question, which is not the same as down: `because` says what was seen. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    readonly node: string,
    readonly because: string,
    /** MariaDB's number, where it gave one: 1040 too many connections, 1045 access denied, 1047 not prepared (WSREP)... */
    readonly errno?: number,
  ) {
    super(`${node}: MariaDB gave no answer: ${because}`);
  }
}

/** Errors: NoAnswer, Unreachable. */
export async function query(node: Remote, sql: string, options: QueryOptions = {}): Promise<readonly Row[]> {
  const session = await openSql(node, options);
  try {
    return await session.ask(sql);
  } finally {
    session.close();
  }
}

/** Errors: NoAnswer, Unreachable. */
export async function openSql(node: Remote, options: QueryOptions = {}): Promise<Sql> {
  const { deadline = 5_000, setUp = [], socket = '/var/lib/mysql/mysql.sock' } = options;
  const first = [`set session max_statement_time = ${deadline / 1000}`, ...setUp];
  const password = node.access.mysql.password && (await resolveSecret(node.access.mysql.password));
  const plan: Plan = { node, socket, deadline, first, user: node.access.mysql.user, ...(password && { password }) };
  if (node.access.ssh.sudo && !password) return byProgram(plan); // the socket would see the login user, not root
  try {
    return await bySocket(plan, await node.stream(socket, { deadline }));
  } catch (error) {
    if (error instanceof NotForwarded) return byProgram(plan);
    throw error;
  }
}

interface Plan {
  readonly node: Remote;
  readonly socket: string;
  readonly deadline: number;
  readonly first: readonly string[];
  readonly user: string;
  readonly password?: string;
}

async function bySocket({ node, deadline, first, user, password }: Plan, stream: Duplex): Promise<Sql> {
  const name = node.node;
  const connection = await inTime(name, stream, deadline, async () => {
    const made = await createConnection({ stream, user, ...(password && { password }), connectTimeout: deadline });
    made.on('error', () => undefined); // the question that was open when it died has the error too
    return made;
  });
  const ask = (sql: string) => inTime(name, stream, deadline, () => rowsOf(connection, sql));
  for (const statement of first) await ask(statement);
  return { ask, close: () => stream.destroy() };
}

async function rowsOf(connection: Connection, sql: string): Promise<readonly Row[]> {
  const [rows] = await connection.query({ sql, typeCast: (field) => field.string() });
  return Array.isArray(rows) ? (rows as Row[]) : []; // an answer without rows: SET, FLUSH
}

/** A server that is stopping or stalled takes a connection and says nothing: the stream is then cut. */
async function inTime<T>(node: string, stream: Duplex, deadline: number, act: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      stream.destroy();
      reject(new NoAnswer(node, `nothing within ${deadline / 1000} s`));
    }, deadline);
  });
  try {
    return await Promise.race([act(), late]);
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    stream.destroy();
    const { message, errno } = error as Error & { errno?: number };
    throw new NoAnswer(node, message, typeof errno === 'number' && errno > 0 ? errno : undefined);
  } finally {
    clearTimeout(timer);
  }
}

function byProgram({ node, socket, deadline, first, user, password }: Plan): Sql {
  const seconds = Math.ceil(deadline / 1000);
  const ask = async (sql: string): Promise<readonly Row[]> => {
    const script = [
      ...(password ? [`MYSQL_PWD=${quote(password)}; export MYSQL_PWD`] : []),
      'm=$(command -v mariadb || command -v mysql) || { echo "neither mariadb nor mysql is installed" >&2; exit 127; }',
      `printf %s ${quote([...first, sql].join(';\n'))} | timeout ${seconds} "$m" --batch --default-character-set=utf8mb4 --user=${quote(user)} --socket=${quote(socket)}`,
    ].join('\n');
    const { code, stdout, stderr } = await node.sh(script, { deadline: deadline + 5_000 });
    if (code === 124) throw new NoAnswer(node.node, `nothing within ${seconds} s`);
    const [, errno, said] = /^ERROR (\d+) .*?: (.*)/m.exec(stderr) ?? [];
    if (code !== 0)
      throw new NoAnswer(
        node.node,
        said ?? (stderr.trim() || `the program ended with code ${code}`),
        errno ? Number(errno) : undefined,
      );
    return rowsFromText(stdout);
  };
  return { ask, close: () => undefined };
}

/** What `mariadb --batch` prints: a line of names, then the rows; tabs between, and \t \n \\ \0 within. */
export function rowsFromText(text: string): readonly Row[] {
  const [names = [], ...rows] = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, valueFromText(cells[i] ?? '')])));
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', '0': '\0', '\\': '\\' };

function valueFromText(cell: string): string | null {
  return cell === 'NULL' ? null : cell.replace(/\\(.)/g, (whole, mark: string) => escapes[mark] ?? whole);
}
