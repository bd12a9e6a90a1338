/** What the doctor reads of this machine, with a real server, a silent one, and none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { readMachine } from '../../worker/machine.js';

const home = mkdtempSync(join(tmpdir(), 'pfrunbook-machine-'));
afterEach(() => vi.unstubAllEnvs());

const temporal = async (address: string) => {
  vi.stubEnv('PFRUNBOOK_HOME', home);
  vi.stubEnv('TEMPORAL_ADDRESS', address);
  return (await readMachine(0)).temporal;
};

test('a server elsewhere: how long it keeps closed runs, and who works for it', async () => {
  const elsewhere = inject('address');
  const workers = expect.any(Number); // other tests have theirs there
  expect(await temporal(elsewhere)).toEqual({ elsewhere, server: 'answers', retentionDays: 1, workers });
});

test('a server that does not answer', async () => {
  const { server, because } = await temporal('127.0.0.1:1');
  expect(server).toBe('silent');
  expect(because).toBeTruthy();
});

test('no server: nothing is started or fetched, and room is measured where the state folder will be', async () => {
  vi.stubEnv('PATH', '/usr/bin:/sbin:/usr/sbin');
  vi.stubEnv('TEMPORAL_CLI_PATH', '');
  expect(await temporal('')).toEqual({ server: 'not up' });
  const { state, interfaces, gateways } = await readMachine();
  expect(state.path).toBe(join(home, 'state'));
  expect(state.freeBytes).toBeGreaterThan(0);
  expect([...interfaces.map(({ address }) => address), ...gateways].every((one) => /^\d+(\.\d+){3}$/.test(one))).toBe(
    true,
  );
  rmSync(home, { recursive: true });
});
