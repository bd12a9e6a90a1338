/** SQL on one node through its own socket, as the server's own account, whatever root's password is: works with the network parted, and without PacketFence. */
import type { Lab } from './lab.js';
import { nodeExec } from './machine.js';
import { type Answer, LabError } from './shell.js';

export const CLIENT =
  'runuser -u mysql -- mariadb --socket=/var/lib/mysql/mysql.sock --user=mysql --batch --skip-column-names --connect-timeout=3';

/** Rows of tab-separated values. The answer is undefined while no server answers. */
export async function askSql(lab: Lab, node: string, sql: string, timeout = 5_000): Promise<string[][] | undefined> {
  const answer = await sqlAnswer(lab, node, sql, timeout);
  return answer.code === 0 ? rows(answer.stdout) : undefined;
}

export async function runSql(lab: Lab, node: string, sql: string, timeout = 120_000): Promise<string[][]> {
  const { code, stdout, stderr } = await sqlAnswer(lab, node, sql, timeout);
  if (code !== 0) throw new LabError(`${node}: SQL failed: ${stderr.slice(-400)}`);
  return rows(stdout);
}

function sqlAnswer(lab: Lab, node: string, sql: string, timeout: number): Promise<Answer> {
  return nodeExec(lab, node, CLIENT, { input: sql, timeout });
}

const rows = (text: string): string[][] => (text === '' ? [] : text.split('\n').map((line) => line.split('\t')));
