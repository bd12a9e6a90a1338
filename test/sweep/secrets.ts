/** Unusual passwords, and where they may have been left: each holds a word that stays readable however it is written. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export const passwords = {
  /** What access.ini refers to: everything that a password may hold. */
  mysql: `it's "kw7Mysql3x"; %s #1 \\n\\ $(id) \`id\`\n & ü€😀`,
  /** These stand in PacketFence's own files; this one in what its template makes of them too. */
  replication: 'kw7Replica3x;#%$é',
  database: `kw7Datab4se3x = "%';#\\é`,
  webservices: `kw7Webserv3x "%';#\\`,
} as const;

/** Leaked on purpose, so that looking is seen to find. */
export const canaries = { here: 'kw7CanaryHere3x', node: 'kw7CanaryNode3x' } as const;

/** A word as it stands in text, and as base64 shows it, whatever stands before it. */
export const words = (secrets: Readonly<Record<string, string>>): readonly { of: string; word: string }[] =>
  Object.entries(secrets).flatMap(([of, secret]) => {
    const word = /kw7\w+3x/.exec(secret)?.[0] ?? secret;
    const inBase64 = [0, 1, 2].map((before) => {
      const text = Buffer.from(`${'.'.repeat(before)}${word}`).toString('base64');
      return text.slice(before === 0 ? 0 : 4, -4); // its ends depend on what stands around it
    });
    return [word, ...inBase64].map((each) => ({ of, word: each }));
  });

/** Every file below that holds one: "file: whose". */
export async function filesWith(folder: string, secrets: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const bytes = await readFile(join(parentPath, name));
      return words(secrets).flatMap(({ of, word }) =>
        bytes.includes(word) ? [`${join(parentPath, name)}: ${of}`] : [],
      );
    });
  return [...new Set((await Promise.all(found)).flat())];
}

/** Watches the arguments of all processes from now on; `end` tells whose words stood where, and how often it looked. */
export async function watchProcesses(secrets: Readonly<Record<string, string>>) {
  const wanted = words(secrets);
  const script = new URL('./fixtures/processes.pl', import.meta.url).pathname;
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn('perl', [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  child.stdin.write([wanted.length, ...wanted.map(({ word }) => word), ''].join('\n'));
  await lines.next(); // it watches
  return {
    async end(): Promise<{ found: readonly { of: string; args: string }[]; looked: number }> {
      child.stdin.end();
      const found: { of: string; args: string }[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        const [number = '', args] = line.value.split('\t');
        if (args === undefined) return { found, looked: Number(number.split(' ')[1]) };
        found.push({ of: wanted[Number(number)]?.of ?? '', args });
      }
      throw new Error('the watch of the processes died');
    },
  };
}
