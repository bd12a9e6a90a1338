import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, rowsFromText } from '../../../activities/mysql/query.js';
import { SshPool } from '../../../activities/ssh/pool.js';
import { program, type Sshd, startSshd } from '../sshd.js';

test('reads what `mariadb --batch` prints: escapes, NULL, no rows', () => {
  expect(rowsFromText('a\tb\n1\ttab\\there\nNULL\tnew\\nline \\\\ and \\0\n')).toEqual([
    { a: '1', b: 'tab\there' },
    { a: null, b: 'new\nline \\ and \0' },
  ]);
  expect(rowsFromText('')).toEqual([]);
});

let sshd: Sshd;
let pool: SshPool;
let bin: string;
beforeAll(async () => {
  bin = await mkdtemp('/tmp/pfrunbook-bin-');
  await program(
    bin,
    'mariadb',
    '#!/bin/sh\ncase $(cat) in *nope*) echo "ERROR 1045 (28000) at line 1: Access denied" >&2; exit 1 ;; *hang*) exec sleep 30 ;; *) printf "n\\n$MYSQL_PWD $*\\n" ;; esac\n',
  );
  sshd = await startSshd({ PATH: `${bin}/bin:/usr/bin:/bin` });
  pool = new SshPool();
});
afterAll(async () => {
  await pool.close();
  await sshd[Symbol.asyncDispose]();
  await rm(bin, { recursive: true });
});

// No server listens here, so that no socket can be forwarded: the program is asked.
test('where the socket cannot be reached the program is asked, its password in no argument', async () => {
  process.env.PFRUNBOOK_TEST_SECRET = 'hunter2';
  const node = await pool.reach(
    { ...sshd.access(), mysql: { user: 'admin', password: 'env:PFRUNBOOK_TEST_SECRET' } },
    'pf1',
  );
  expect(await query(node, 'select 1', { socket: '/nonexistent.sock' })).toEqual([
    { n: 'hunter2 --batch --default-character-set=utf8mb4 --user=admin --socket=/nonexistent.sock' },
  ]);
});

test('an error of the server has its number; one that says nothing is given up', async () => {
  const node = await pool.reach(sshd.access(), 'pf1');
  await expect(query(node, 'nope', { socket: '/nonexistent.sock' })).rejects.toMatchObject({
    name: 'NoAnswer',
    errno: 1045,
    because: 'Access denied',
  });
  await expect(query(node, 'hang', { socket: '/nonexistent.sock', deadline: 500 })).rejects.toMatchObject({
    name: 'NoAnswer',
    because: 'nothing within 1 s',
  });
});
