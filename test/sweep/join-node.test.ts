/** A server of a living cluster is destroyed and installed anew, and joins; and one that holds data of value keeps it aside. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { addWebservicesLogin, knownHosts } from '../../lab/access.js';
import { allowNonlocalBind } from '../../lab/configure.js';
import { nodeRun } from '../../lab/machine.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { reinstall } from '../../lab/up.js';
import { startWriter } from '../../lab/writer.js';
import { messages } from '../../workflows/messages.js';
import { Stage, seen } from '../lab/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('join');
  await addWebservicesLogin(stage.lab);
});
afterAll(async () => stage.close());

async function healthy(): Promise<void> {
  let last = '';
  const look = async () => {
    const { condition, summary } = await stage.json<Diagnosis>('diagnose', stage.name);
    last = `${condition}: ${summary}`;
    return condition === 'healthy' ? true : undefined;
  };
  await seen('a healthy cluster', 90_000, look).catch(() => expect(last).toBe('healthy'));
}
const nothingLeft = async () => {
  const left = 'ls /var/lib/pfrunbook/guards; systemctl list-unit-files --state=masked --no-legend "packetfence-*"';
  expect(await stage.onAll(left)).toEqual(stage.lab.nodes.map(() => ''));
  expect(await stage.onAll('systemctl get-default')).toEqual(stage.lab.nodes.map(() => 'packetfence-cluster.target'));
  expect(
    await stage.onAll('systemctl is-active packetfence-galera-autofix packetfence-iptables packetfence-pfcron'),
  ).toEqual(stage.lab.nodes.map(() => 'active\nactive\nactive'));
};
const versions = () => stage.onAll('cat /usr/local/pf/var/conf/config_version; sha256sum </usr/local/pf/conf/pf.conf');

test('destroyed and reinstalled, under another host key, and rebooted twice on the way: back in the cluster', async () => {
  await startWriter(stage.lab);
  await reinstall(stage.lab, 'pf3');
  await allowNonlocalBind(stage.lab, ['pf3']);
  expect((await stage.type('start', 'join-node', stage.name, '--node', 'pf3', '--detach')).code).toBe(0);
  const question = await stage.asked();
  expect(question.token).toMatch(/^host-key-/);
  expect(question.evidence.verdict.join('\n')).toMatch(
    /Known until now: ssh-ed25519 SHA256:.*\nShown now: ssh-ed25519 SHA256:/,
  );
  expect(question.evidence.goOn).toBeUndefined();
  await stage.type('decide', stage.name, question.token, 'trust');
  const rebooted = new Set<string>();
  const asked = await stage.approveToTheEnd(400_000, async (titles) => {
    for (const at of ['Reload the configuration of pf3', 'Wait until pf3 is Synced'])
      if (!rebooted.has(at) && titles.some((title) => title.startsWith(at))) {
        rebooted.add(at);
        await stage.on('pf3', 'systemctl reboot --force --force');
      }
  });
  expect([asked.filter((token) => !token.startsWith('step')), rebooted.size]).toEqual([[], 2]);
  const { stdout } = await stage.type('report', stage.name);
  expect(stdout).toContain('Ended: **done**');
  expect(stdout).toContain('pf3 came back by full copy: it held no table of anybody’s own.');
  await healthy();
  await nothingLeft();
  const [ours, ...others] = await versions();
  expect(others).toEqual([ours, ours]);
  expect((await stage.verify()).differing).toEqual([]);
});

test('a joiner with data of value is asked about, keeps it aside, and the report says where', async () => {
  await stage.on('pf2', 'systemctl stop packetfence-mariadb');
  expect((await stage.type('start', 'join-node', stage.name, '--node', 'pf2', '--detach')).code).toBe(0);
  const question = await stage.asked();
  expect(question.token).toMatch(/^data-/);
  expect(question.evidence.verdict.join()).toMatch(/\/var\/lib\/mysql holds \d+ tables of pf \(/);
  await stage.approveToTheEnd(300_000, () => {});
  const { stdout } = await stage.type('report', stage.name);
  const [, aside = ''] = /What it had stands in pf2:(\S+)\.\s/.exec(stdout) ?? [];
  expect(await stage.on('pf2', `ls ${aside}/pf/*.frm | wc -l`)).toMatch(/^[1-9]/);
  await healthy();
  await nothingLeft();
  expect((await stage.verify()).differing).toEqual([]);
});

test('aborted after the sync, before anything was read, and started again: it joins', async () => {
  await reinstall(stage.lab, 'pf3');
  await allowNonlocalBind(stage.lab, ['pf3']);
  const begin = () => stage.type('start', 'join-node', stage.name, '--node', 'pf3', '--detach');
  expect((await begin()).code).toBe(0);
  await stage.type('decide', stage.name, (await stage.asked()).token, 'trust');
  await seen('the sync', 120_000, async () =>
    (await stage.on('pf3', 'grep -l "^.pf3" /usr/local/pf/conf/cluster.conf')) === '' ? undefined : true,
  );
  await (await stage.handle()).signal(messages.abort, 'the test'); // takes effect when the sync is over
  await seen('the end of the run', 120_000, async () =>
    (await (await stage.handle()).describe()).status.name === 'RUNNING' ? undefined : true,
  );
  expect(await stage.on('pf3', '/usr/local/pf/bin/cluster/sync 2>&1 || :')).toContain("Can't determine cluster name");
  expect((await begin()).code).toBe(0);
  expect(await stage.approveToTheEnd(300_000, () => {})).toEqual([]);
  expect((await stage.type('report', stage.name)).stdout).toContain('Ended: **done**');
  await healthy();
  await nothingLeft();
});

test('installed anew before the others lost their power: no part of their recovery, and joined after it', async () => {
  await reinstall(stage.lab, 'pf3');
  await allowNonlocalBind(stage.lab, ['pf3']);
  const folder = join(process.env.PFRUNBOOK_HOME ?? '', 'clusters', stage.name);
  await writeFile(join(folder, 'known_hosts'), await knownHosts(stage.lab)); // else nobody can see what it is
  await powerCut(stage.lab, ['pf1', 'pf2'], { tornView: 'pf2' });
  const next = `pfrunbook start join-node ${stage.name} --node pf3`;
  await seen('an outage', 120_000, async () => {
    const { recommended } = await stage.json<Diagnosis>('diagnose', stage.name);
    return recommended?.runbook === 'full-recovery' && recommended.next === next ? true : undefined;
  });
  const recovery = await stage.type('start', 'full-recovery', stage.name, '--yes');
  expect([recovery.code, recovery.all]).toEqual([0, expect.stringContaining('it holds nothing of the cluster')]);
  expect(await stage.on('pf3', 'systemctl is-enabled packetfence-mariadb; pgrep -c "mariadbd|mysqld"')).toBe(
    'masked\n0',
  );
  expect((await stage.json<Diagnosis>('diagnose', stage.name)).recommended?.command).toBe(next);

  const joined = await stage.type('start', 'join-node', stage.name, '--node', 'pf3', '--yes');
  expect([joined.code, joined.all]).toEqual([0, expect.stringContaining('pf3 came back by full copy')]);
  await healthy();
  await nothingLeft();
  expect((await stage.verify()).differing).toEqual([]);
});

test('a new server, of which the cluster knows nothing yet: every node is told, and it joins', async () => {
  await reinstall(stage.lab, 'pf3');
  await allowNonlocalBind(stage.lab, ['pf3']);
  const conf = '/usr/local/pf/conf/cluster.conf';
  const version = '/usr/local/pf/var/conf/config_version';
  const forget = `systemctl stop packetfence-pfcron; sed -i '/^\\[pf3/,/^$/d' ${conf}; ! grep -q pf3 ${conf}; /usr/local/pf/bin/pfcmd configreload hard`;
  for (const node of ['pf1', 'pf2']) await nodeRun(stage.lab, node, forget);
  // Two versions would set the cluster check on one of them, in the middle of the run.
  const ours = (await nodeRun(stage.lab, 'pf1', `cat ${version}`)).trim();
  for (const node of ['pf1', 'pf2'])
    await nodeRun(stage.lab, node, `printf %s ${ours} >${version}; systemctl start packetfence-pfcron`);
  expect((await stage.type('start', 'join-node', stage.name, '--node', 'pf3', '--detach')).code).toBe(0);
  await stage.type('decide', stage.name, (await stage.asked()).token, 'trust');
  const asked = await stage.approveToTheEnd(400_000, () => {});
  expect(asked).toEqual([expect.stringMatching(/^cluster-conf-.*pf3/)]);
  expect((await stage.type('report', stage.name)).stdout).toContain('Ended: **done**');
  await healthy();
  await nothingLeft();
  expect(await stage.onAll(`grep -c '^.pf3' ${conf}`)).toEqual(['3', '3', '3']);
  const [one, ...others] = await versions();
  expect(others).toEqual([one, one]);
});

test('has nothing to do where all is in order, and refuses what it cannot do, with nothing touched', async () => {
  const { code, all } = await stage.type('start', 'join-node', stage.name, '--node', 'pf2');
  expect([code, all]).toEqual([0, expect.stringContaining('there was nothing to do')]);
  await stage.on(
    'pf2',
    'hostnamectl set-hostname other 2>/dev/null || hostname other; systemctl stop packetfence-mariadb',
  );
  const refused = await stage.type('start', 'join-node', stage.name, '--node', 'pf2');
  expect([refused.code, refused.all]).toEqual([1, expect.stringContaining('pf2 calls itself other')]);
});
