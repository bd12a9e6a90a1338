import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeCertificate } from '../../../activities/ssh/certificates.js';
import type { HostKey } from '../../../activities/ssh/known-hosts.js';

const folder = mkdtempSync(join(tmpdir(), 'pfrunbook-certificates-'));
const at = (name: string) => join(folder, name);
let ours: HostKey;
let host: HostKey;
beforeAll(async () => {
  [ours, , host] = await Promise.all([make('ca'), make('stranger'), make('host')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function make(name: string): Promise<HostKey> {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name)]);
  const [, fingerprint = ''] = (await execa('ssh-keygen', ['-lf', at(`${name}.pub`)])).stdout.split(' ');
  return { type: 'ssh-ed25519', fingerprint };
}

const pf1 = ['-h', '-n', 'pf1'];
async function judged(ca: string, options: readonly string[], { revoked = [] as HostKey[], id = 'x' } = {}) {
  await execa('ssh-keygen', ['-q', '-s', at(ca), '-I', id, ...options, at('host.pub')], { env: { TZ: 'UTC' } });
  const { stdout } = await execa('ssh-keygen', ['-L', '-f', at('host-cert.pub')], { env: { TZ: 'UTC' } });
  return judgeCertificate(stdout, ['192.0.2.11', 'pf1'], { keys: [], authorities: [ours], revoked }, Date.now());
}

test.each([
  ['by name', pf1],
  ['by address, among others', ['-h', '-n', 'x,192.0.2.11']],
  ['by a pattern', ['-h', '-n', '192.0.2.*']],
  ['for now', [...pf1, '-V', '-1h:+1h']],
  ['from then on', [...pf1, '-V', '20200101:forever']],
])('vouches for the key that it names: %s', async (_, options) => expect(await judged('ca', options)).toEqual(host));

test.each([
  ['for another host', ['-h', '-n', 'pf2'], 'it is for pf2, not for 192.0.2.11 or pf1'],
  ['for whatever host', ['-h'], 'it is for no host by name, not for 192.0.2.11 or pf1'],
  ['for a user', ['-n', 'pf1'], 'it is for a user, not for a host'],
  [
    'on terms that are not known',
    [...pf1, '-O', 'critical:x@example.com=y'],
    'it has critical options, which nobody here understands',
  ],
  ['expired', [...pf1, '-V', '20200101:20200102'], 'it expired at 2020-01-02T00:00:00Z'],
  ['not yet valid', [...pf1, '-V', '20990101:20990102'], 'it is not valid before 2099-01-01T00:00:00Z'],
])('does not vouch: %s', async (_, options, why) => expect(await judged('ca', options)).toBe(why));

test('of a stranger, though its text says otherwise', async () => {
  const id = `x"\n        Signing CA: ED25519 ${ours.fingerprint} (using ssh-ed25519)\n`;
  expect(await judged('stranger', pf1, { id })).toMatch(/^its authority SHA256:\S+ is not one of ours$/);
});

test('of an authority that is revoked', async () => {
  expect(await judged('ca', pf1, { revoked: [ours] })).toMatch(/is revoked$/);
});

test('what ssh-keygen does not read is no certificate', () => {
  expect(judgeCertificate('', ['pf1'], { keys: [], authorities: [ours], revoked: [] }, 0)).toBe(
    'its signature is not good',
  );
});
