/** Servers that call their interfaces otherwise than cluster.conf: renamed one at a time, and then left alone. By `ip link`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { address, address2 } from '../../lab/lab.js';
import { accepts } from '../../lab/machine.js';
import { clusterFolder } from '../../lab/places.js';
import { messages } from '../../workflows/messages.js';
import { Stage, seen } from '../lab/stage.js';

const name = 'names';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(name, { blank: true });
  const file = join(clusterFolder(name), 'cluster.conf');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text.replaceAll('interface eth0]', 'interface ens192]').replaceAll('interface eth1]', 'interface ens224]'),
  );
});
afterAll(async () => stage.close());

const prepare = (...args: string[]) => stage.type('start', 'prepare-nodes', name, ...args);
const boots = () => stage.onAll('cat /proc/sys/kernel/random/boot_id');
const ledger = () => stage.onAll('ls -d /var/lib/pfrunbook/e.* 2>/dev/null | wc -l');
/** "eth0 02:... 192.0.2.11": of each interface but lo. */
const links = (node: string) =>
  stage.on(
    node,
    `ip -o link | sed -n 's|^[0-9]*: \\([^:@]*\\).*link/ether \\([^ ]*\\) .*|\\1 \\2|p' | sort | while read -r n m; do echo "$n $m $(ip -o -4 addr show dev "$n" | awk '{ print $4 }' | cut -d / -f 1)"; done`,
  );
const all = () => Promise.all(stage.lab.nodes.map(links));
const questionsOf = (report: string) => report.match(/^.*\b(?:rename|reboot)-\d+-\w+/gm) ?? [];

const wanted: Record<string, string> = { eth0: 'ens192', eth1: 'ens224' };
const renamed = (text: string) => text.replaceAll(/^eth[01]/gm, (one) => wanted[one] ?? one);

test('a name that somebody else has is told with all else, and nothing is touched', async () => {
  await stage.on('pf3', 'ip link add ens224 type veth peer name spare');
  const before = [await ledger(), await all()];
  const { code, all: words } = await prepare('--yes');
  expect(code).toBe(1);
  expect(words.replaceAll(/\s+/g, ' ')).toMatch(
    /pf3: .* is on eth0, and cluster\.conf calls that interface ens192\..*ens224 is there already, and cluster\.conf gives it no other name/,
  );
  expect([await ledger(), await all()]).toEqual(before);
  await stage.on('pf3', 'ip link delete ens224');
});

test('each is renamed and rebooted in its turn, and answers at its address', async () => {
  await stage.on(
    'pf2',
    `printf '\\n[interface eth0]\\nip=192.0.2.1\\n[interface eth01]\\n' >>/usr/local/pf/conf/pf.conf`,
  );
  const before = await all();
  const bootsBefore = await boots();
  expect(before).toEqual(
    stage.lab.nodes.map((node) =>
      expect.stringMatching(new RegExp(`^eth0 .* ${address(stage.lab, node)}\\neth1 .* ${address2(stage.lab, node)}$`)),
    ),
  );
  const plan = await prepare('--plan');
  expect([plan.code, plan.all]).toEqual([0, expect.stringMatching(/pf3: Rename the interfaces of pf3 \[C\d+\]/)]);
  expect((await prepare()).code).toBe(3);
  let together = 0; // servers that were seen away at once
  await stage.approveToTheEnd(600_000, async () => {
    const away = (await Promise.all(stage.lab.nodes.map((node) => stage.on(node, 'echo here')))).filter(
      (said) => said !== 'here',
    );
    together = Math.max(together, away.length);
  });
  const report = (await stage.type('report', name)).all;
  expect(report).toContain('Ended: **done**');
  expect(together).toBeLessThan(2);
  expect(await all()).toEqual(before.map(renamed));
  expect((await boots()).map((boot, i) => boot === bootsBefore[i])).toEqual([false, false, false]);
  expect(await stage.on('pf2', "grep '^.interface' /usr/local/pf/conf/pf.conf")).toBe(
    '[interface ens192]\n[interface eth01]',
  );
  expect(questionsOf(report).length).toBeGreaterThan(5);
});

test('servers with the right names are left alone', async () => {
  const before = [await ledger(), await boots(), await all()];
  const { code, all: words } = await prepare('--yes');
  expect(code, words).toBe(0);
  expect(words.replaceAll(/\s+/g, ' ')).toContain('nothing: every server was prepared already');
  expect([await ledger(), await boots(), await all()]).toEqual(before);
});

/** Names that no server has yet, until this is over. */
async function otherNames(work: () => Promise<void>): Promise<void> {
  const file = join(clusterFolder(name), 'cluster.conf');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll('ens192]', 'lan0]').replaceAll('ens224]', 'lan1]'));
  try {
    expect((await prepare()).code).toBe(3);
    await answered('rename');
    await work();
  } finally {
    await writeFile(file, text);
  }
}
const asked = (gate: string) =>
  seen(`the question ${gate}`, 120_000, async () => {
    const question = (await stage.progress())?.question;
    return question?.token.startsWith(`${gate}-`) ? question : undefined;
  });
const answered = async (gate: string) =>
  (await stage.handle()).signal(messages.approve, `${(await asked(gate)).token} anna`);
const aborted = async () => {
  await stage.type('abort', name, '--reason', 'tried');
  await seen('the end', 120_000, async () =>
    (await (await stage.handle()).describe()).status.name === 'RUNNING' ? undefined : true,
  );
  return (await stage.type('report', name)).all;
};
const files = 'cat /etc/network/interfaces /etc/systemd/network/*; ls /etc/systemd/network';

test('given up between the files and the reboot, everything is as it was', async () => {
  const before = await stage.on('pf1', files);
  await otherNames(async () => {
    await asked('reboot');
    expect(await stage.on('pf1', files)).toMatch(/Name=lan0[\s\S]*10-lan0\.link/);
    expect(await aborted()).toContain('Ended: **aborted**');
  });
  expect(await stage.on('pf1', files)).toBe(before);
});

test('one that does not come back is brought back at its console, and the run sees that its names are the old ones', async () => {
  const before = [await stage.on('pf1', files), await links('pf1')];
  await otherNames(async () => {
    const { evidence } = await asked('reboot');
    const [, back = ''] = /as root: (sh .*interfaces-back\.sh && reboot)/.exec(evidence.verdict.join(' ')) ?? [];
    await stage.on('pf1', "sed -i 's/lan0/lan9/' /etc/network/interfaces");
    const boot = await stage.on('pf1', 'cat /proc/sys/kernel/random/boot_id');
    await answered('reboot');
    await seen('another boot, without its address', 90_000, async () => {
      const now = await stage.on('pf1', 'cat /proc/sys/kernel/random/boot_id; systemctl is-active ssh');
      return now !== '' && !now.startsWith(boot) && now.endsWith('\nactive') && /^lan0 \S+ $/m.test(await links('pf1'))
        ? true
        : undefined;
    });
    expect(await accepts(address(stage.lab, 'pf1'), 22)).toBe(false);
    expect((await stage.progress())?.steps.map(({ title }) => title)).toContain('Wait until pf1 is up again');
    await stage.on('pf1', back);
    const question = await asked('refused');
    expect(question.evidence.verdict.join(' ')).toMatch(/pf1: There is no lan0\. There is no lan1\./);
    const report = await aborted();
    expect(report).toContain('Ended: **aborted**');
    expect(report).not.toContain('network files of pf1 back as they were'); // somebody has done it
  });
  expect([await stage.on('pf1', files), await links('pf1')]).toEqual(before);
});
