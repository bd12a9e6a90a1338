/** Keepalived's key and router id changed on three real nodes, each of which writes down when it holds the virtual address. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vip } from '../../lab/lab.js';
import { places } from '../../worker/settings.js';
import { Stage, seen } from '../lab/stage.js';
import { filesWith, watchProcesses } from './secrets.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('keepalived');
});
afterAll(async () => stage.close());

const key = 'kw7Shared3x-and-more';
const secret = () => join(places().config, 'vrrp-key');
const secure = (...args: string[]) => stage.type('start', 'secure-keepalived', stage.name, ...args);
const goesBy = () =>
  stage.onAll("awk '/virtual_router_id|auth_pass/ { print $2 }' /usr/local/pf/var/conf/keepalived.conf | sort -u");
const starts = () => stage.onAll('systemctl show -p ActiveEnterTimestampMonotonic packetfence-keepalived');

/** Ten times a second, by the one clock of all nodes: who holds the address. */
const noteHolders = () =>
  stage.onAll(
    `setsid sh -c 'while :; do if ip -o -4 addr show | grep -qwF ${vip(stage.lab)}; then date +%s%1N; fi; sleep 0.05; done >/tmp/holds' >/dev/null 2>&1 & echo $! >/tmp/holds.pid`,
  );
/** Tenths of a second in which more than one did, and the longest stretch in which none did. */
async function holders() {
  const tenths = await stage.onAll('kill $(cat /tmp/holds.pid); sort -u /tmp/holds');
  const all = tenths.flatMap((text) => text.split('\n').filter(Boolean).map(Number));
  const held = [...new Set(all)].toSorted((a, b) => a - b);
  return { twice: all.length - held.length, away: Math.max(...held.map((at, i) => at - (held[i - 1] ?? at))) };
}

test('the key and the router id are on every node, no two serve at once, and nothing leaks', async () => {
  await seen('the address served', 60_000, async () =>
    (await stage.onAll(`ip -o -4 addr show | grep -cwF ${vip(stage.lab)}`)).includes('1') ? true : undefined,
  );
  await writeFile(secret(), `${key}\n`, { mode: 0o600 });
  await noteHolders();
  const watched = await watchProcesses({ key });
  const { code, all } = await secure('--secret', `file:${secret()}`, '--router-id', '51');
  expect(code, all).toBe(0);
  const { found, looked } = await watched.end();
  expect([found, looked > 10]).toEqual([[], true]);
  expect(await goesBy()).toEqual(stage.lab.nodes.map(() => `51\n${key.slice(0, 8)}`));
  const { twice, away } = await holders();
  console.log(`the address was away for ${away / 10} s at most, and held twice for ${twice / 10} s`);
  expect(twice).toBeLessThanOrEqual(1); // a tenth in which it went from one to the other
  expect(await filesWith(places().state, { key })).toEqual([]);
  expect(all).not.toContain('kw7Shared');
});

test('asked again, it is found done and nothing is restarted', async () => {
  const before = await starts();
  const { code, all } = await secure('--secret', `file:${secret()}`, '--router-id', '51');
  expect(code, all).toBe(0);
  expect(await starts()).toEqual(before);
});

test('a new key that one node cannot take is taken back everywhere', async () => {
  const before = [await goesBy(), await stage.onAll('sha256sum </usr/local/pf/conf/pf.conf')];
  await stage.on('pf3', 'chmod a-x /usr/local/pf/bin/pfcmd');
  expect((await secure('--detach')).code).toBe(0);
  const { token } = await stage.asked();
  await stage.on('pf3', 'chmod 06755 /usr/local/pf/bin/pfcmd');
  await stage.type('decide', stage.name, token, 'abort');
  const { code, all } = await stage.type('watch', stage.name);
  expect(code, all).toBe(1);
  expect([await goesBy(), await stage.onAll('sha256sum </usr/local/pf/conf/pf.conf')]).toEqual(before);
  expect(await stage.onAll('systemctl is-active packetfence-keepalived; ls /var/lib/pfrunbook/guards')).toEqual(
    stage.lab.nodes.map(() => 'active'),
  );
});
