/** Full recovery on three real nodes, under a writer that counts what was acknowledged. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('recovery');
});
afterAll(async () => stage.close());

const diagnosed = () => stage.json<Diagnosis>('diagnose', stage.name);
const whole = { duplicated: 0, lostByChoice: 0, differing: [] };

describe('a living cluster', () => {
  test('is refused, with nothing touched', async () => {
    const state = () =>
      stage.onAll(
        'cd /var/lib/pfrunbook 2>/dev/null && ls -d guards e.*; systemctl show -p ActiveEnterTimestampMonotonic packetfence-mariadb',
      );
    const before = await state();
    const { code, all } = await stage.type('start', 'full-recovery', stage.name, '--yes');
    expect(code).toBe(1);
    expect(all).toContain('offer database service: a full recovery would discard live data. Nothing was touched.');
    expect(await state()).toEqual(before);
  });
});

describe('after a power cut that tore a view', () => {
  beforeAll(() => stage.cutPower());

  test('brings every node back with nothing lost by a choice', async () => {
    expect((await diagnosed()).recommended?.command).toBe(`pfrunbook start full-recovery ${stage.name}`);
    const { code, all } = await stage.type('start', 'full-recovery', stage.name, '--yes');
    expect(all).toContain('is proven to hold everything that the others hold.');
    expect(code, all).toBe(0);
    await stage.keepHistory('full-recovery');
    expect((await diagnosed()).condition).toBe('healthy');
    expect(await stage.verify()).toMatchObject(whole);
    expect(
      await stage.onAll('ls /var/lib/pfrunbook/guards; systemctl is-active packetfence-galera-autofix monit'),
    ).toEqual(stage.lab.nodes.map(() => 'active\nactive'));
    expect(await stage.onAll('systemctl show-environment | grep MARIADB_ARGS')).toEqual(stage.lab.nodes.map(() => ''));
    const { stdout } = await stage.type('report', stage.name);
    expect(stdout).toMatch(/Ended: \*\*done\*\*[\s\S]*Decisions[\s\S]*keep-/);
  });
});
