import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { serverRuns } from '../../../cluster/commands/shell.js';

/** Whether a server is seen where pgrep names these processes. */
const isSeen = async (...pids: readonly (number | undefined)[]): Promise<boolean> => {
  const { exitCode } = await execa(
    'sh',
    ['-c', `pgrep() { for p in ${pids.join(' ')}; do echo $p; done; }; ${serverRuns}`],
    {
      reject: false,
    },
  );
  return exitCode === 0;
};

test.each(['--wsrep-recover', '--wsrep_recover'])(
  'a server that only reads the position (%s) is none',
  async (option) => {
    const reads = spawn('sh', ['-c', 'echo; read -r x', 'mariadbd', option], { stdio: ['pipe', 'pipe', 'ignore'] });
    const serves = spawn('sh', ['-c', 'echo; read -r x', 'mariadbd', '--wsrep-on'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await Promise.all([once(reads.stdout, 'data'), once(serves.stdout, 'data')]);
    const ended = Promise.all([once(reads, 'exit'), once(serves, 'exit')]);
    expect(await isSeen(reads.pid)).toBe(false);
    expect(await isSeen(reads.pid, serves.pid)).toBe(true);
    reads.stdin.end();
    serves.stdin.end();
    await ended;
    expect(await isSeen(reads.pid, serves.pid)).toBe(false);
  },
);

test('a server that is ending, and has no arguments any more, is none', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] }); // never waits for it
  const [told] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(told.toString());
  await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toBe(''));
  expect(await isSeen(pid)).toBe(false);
  parent.kill();
  await once(parent, 'exit');
});

test('no process is no server', async () => expect(await isSeen()).toBe(false));
