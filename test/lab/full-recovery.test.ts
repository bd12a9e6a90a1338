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
    const said = all.replaceAll(/\s+/g, ' '); // it is wrapped at 80 columns
    expect(said).toContain('offer database service: a full recovery would discard live data. Nothing was touched.');
    expect(await state()).toEqual(before);
  });
});

/** What a plan must not move; the servers themselves come and go by their units, while they wait. */
const asItIs = () =>
  stage.onAll(
    'ls -R /var/lib/pfrunbook /run/pfrunbook 2>/dev/null; ls -lR /etc/systemd/system | sha256sum; systemctl show -p UnitFileState,DropInPaths packetfence-mariadb; systemctl show -p ActiveState,UnitFileState,ActiveEnterTimestampMonotonic packetfence-galera-autofix monit',
  );

describe('after a power cut that tore a view', () => {
  let hash = '';
  beforeAll(() => stage.cutPower());

  test('is planned with nothing touched, and starts by that plan only while it holds', async () => {
    const before = await asItIs();
    const { code, stdout } = await stage.type('start', 'full-recovery', stage.name, '--plan');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Certain: 15 commands, on pf1, pf2, pf3')]);
    ({ hash } = await stage.json<{ hash: string }>('start', 'full-recovery', stage.name, '--plan'));
    expect(stdout).toContain(`# Plan: Full recovery of ${stage.name}\n\n- Plan \`${hash}\``);
    expect(await asItIs()).toEqual(before);

    await stage.on('pf2', 'systemctl stop monit');
    const refused = await stage.type('start', 'full-recovery', stage.name, '--plan', hash);
    expect([refused.code, refused.all]).toEqual([2, expect.stringContaining('no longer: Stop monit on pf2')]);
    await stage.on('pf2', 'systemctl start monit');
  });

  test('brings every node back with nothing lost by a choice', async () => {
    expect((await diagnosed()).recommended?.command).toBe(`pfrunbook start full-recovery ${stage.name}`);
    const { code, all } = await stage.type('start', 'full-recovery', stage.name, '--yes', '--plan', hash);
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
