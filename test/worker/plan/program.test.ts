/** `pfrunbook start --plan`, as it is installed, where no node answers: what it says, how it ends, and that it needs no Temporal. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { exits } from '../../../client/exit.js';
import { planFile } from '../../../cluster/places.js';
import { newHome } from '../fixtures/home.js';

const home = newHome();
const folder = join(home, 'clusters/hq');
const addresses = { pf1: '127.0.0.11', pf2: '127.0.0.12', pf3: '127.0.0.13' };
const sections = Object.entries(addresses).map(([node, address]) => `[node ${node}]\naddress=${address}\n`);
appendFileSync(join(folder, 'access.ini'), `port=1\n${sections.join('')}`); // nobody listens there
writeFileSync(
  join(folder, 'known_hosts'),
  Object.values(addresses)
    .map(
      (address) => `[${address}]:1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3bR0K2gmv3yYuBHPOvbrVPDlFZqfYpbPYw5BPwAAAA\n`,
    )
    .join(''),
);

const start = (...args: readonly string[]) =>
  execa(process.execPath, [join(inject('built'), 'dist/client/main.js'), 'start', 'full-recovery', 'hq', ...args], {
    env: { PFRUNBOOK_HOME: home, TEMPORAL_ADDRESS: '127.0.0.1:1' },
    reject: false,
  });

test('says that the run would be refused, and keeps the plan that it was', async () => {
  const { exitCode, stdout, stderr } = await start('--plan', '--json');
  expect(exitCode, stderr).toBe(exits.failed);
  const plan = JSON.parse(stdout);
  expect(plan.way.next).toMatchObject([
    { kind: 'end', phase: 'refused', because: expect.stringMatching(/^No node is reachable/) },
  ]);
  const kept = planFile(join(home, 'state'), 'hq', plan.hash);
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ hash: plan.hash, runbook: 'full-recovery' });

  const steps = Array.from({ length: 30 }, (_, i) => ({
    ...{ title: 'Stop monit', dependsOn: [], usual: true },
    orders: [{ node: 'pf1', title: `Stop monit ${i}`, command: 'C1', dependsOn: [] }],
  }));
  const commands = { C1: { verb: 'stopMonit', script: ':', wanted: ':' } };
  const older = { ...plan, commands, release: 'an older one', way: { ...plan.way, steps } };
  writeFileSync(kept.replace(plan.hash, '0123456789ab'), JSON.stringify(older));
  const another = await start('--plan', '0123456789ab');
  expect(another.exitCode).toBe(exits.mistake);
  const lines = another.stderr.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    `The plan would now be another, ${plan.hash}. Nothing was started.`,
    '  no longer: release an older one',
    `  now: release ${plan.release}`,
  ]);
  expect(lines.slice(13)).toEqual([
    '  and 20 more lines that follow from it',
    'Not plan 0123456789ab any more: nothing was started. Read the new one: pfrunbook start full-recovery hq --plan',
  ]);
  expect(another.stderr).not.toContain('arguments');
  expect(existsSync(join(home, 'state/temporal.db'))).toBe(false);
});

test('takes nothing for a hash that is none, and says so of one that it does not know', async () => {
  expect(await start('--plan', 'full-recovery')).toMatchObject({
    exitCode: exits.mistake,
    stderr: expect.stringContaining('--plan full-recovery: a plan’s hash has 12 of 0-9 and a-f.'),
  });
  expect(await start('--plan', 'ffffffffffff')).toMatchObject({
    exitCode: exits.mistake,
    stderr: expect.stringContaining('Plan ffffffffffff was not made on this machine'),
  });
});
