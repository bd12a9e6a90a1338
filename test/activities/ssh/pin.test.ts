/** A host key is pinned only as it was decided on. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostKeyActivities } from '../../../activities/ssh/pin.js';
import { SshPool } from '../../../activities/ssh/pool.js';
import { type Sshd, startSshd } from '../sshd.js';

let sshd: Sshd;
let knownHosts: string;
const pool = new SshPool();
beforeAll(async () => {
  sshd = await startSshd();
  knownHosts = join(sshd.folder, 'pinned');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(sshd.folder, 'before')]);
  const before = await readFile(join(sshd.folder, 'before.pub'), 'utf8');
  await writeFile(knownHosts, `pf9 ${before}[127.0.0.1]:${sshd.port} ${before}`);
  await chmod(knownHosts, 0o640);
});
afterAll(async () => {
  await pool.close();
  await sshd[Symbol.asyncDispose]();
});

test('a changed key is shown with the known one, refused where another was decided on, and then pinned for this host alone', async () => {
  const { hostKey, pinHostKey } = hostKeyActivities(pool, async () => sshd.access({ knownHosts }));
  const of = { cluster: 'test', node: 'pf1' };
  const shown = `ssh-ed25519 ${sshd.fingerprint}`;
  expect(await hostKey(of)).toEqual({
    ...{ node: 'pf1', verdict: 'changed', shown },
    known: [expect.stringMatching(/^ssh-ed25519 SHA256:/)],
  });
  const before = await readFile(knownHosts, 'utf8');
  await expect(pinHostKey({ ...of, shown: 'ssh-ed25519 SHA256:another' })).rejects.toThrow(/shows another key now/);
  expect(await readFile(knownHosts, 'utf8')).toBe(before);
  await pinHostKey({ ...of, shown });
  await pinHostKey({ ...of, shown }); // run twice
  expect(await hostKey(of)).toMatchObject({ verdict: 'known' });
  const after = (await readFile(knownHosts, 'utf8')).split('\n');
  expect([after[0], after.length]).toEqual([before.split('\n')[0], 3]);
  expect((await stat(knownHosts)).mode & 0o777).toBe(0o640);
});

test('what cannot be reached says why, and is no key', async () => {
  const { hostKey } = hostKeyActivities(pool, async () => sshd.access({ knownHosts, port: 1 }));
  expect(await hostKey({ cluster: 'test', node: 'pf1' })).toMatchObject({
    ...{ verdict: 'unknown', shown: '', because: expect.stringMatching(/refused|reached|unknown/) },
  });
});
