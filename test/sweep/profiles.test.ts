/** The runbooks on the lab's other versions, each judged by what the nodes say: prepared, set up, one reinstalled and joined, keepalived, networks; and a recovery after a power cut. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { dialectFor } from '../../cluster/dialect.js';
import { allowNonlocalBind, configure } from '../../lab/configure.js';
import { vip } from '../../lab/lab.js';
import { clusterFolder } from '../../lab/places.js';
import { reinstall } from '../../lab/up.js';
import { messages } from '../../workflows/messages.js';
import { Stage, seen } from '../lab/stage.js';

const name = 'profiles';
const pf = '/usr/local/pf';

describe.each(['13.2', '9.1', '7.4'])('profile %s', (profile) => {
  const dialect = dialectFor(profile, 'debian');
  if (!dialect) throw new Error(`the dialects do not know ${profile}`);
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(name, { blank: true, profile });
  });
  afterAll(() => stage.close());

  const each = (text: string) => stage.lab.nodes.map(() => text);
  const start = (runbook: string, ...args: string[]) => stage.type('start', runbook, name, ...args);
  const approve = async (token: string) => (await stage.handle()).signal(messages.approve, `${token} anna`);

  /** Nothing owed or masked, everything of the version at work, one holder of the address, and one configuration. */
  async function inOrder(): Promise<void> {
    await seen('a healthy cluster', 90_000, async () =>
      (await stage.json<Diagnosis>('diagnose', name)).condition === 'healthy' ? true : undefined,
    );
    expect(
      await stage.onAll(
        `ls /var/lib/pfrunbook/guards; ls /run/systemd/system/packetfence-mariadb.service.d 2>/dev/null
         systemctl list-unit-files --state=masked --no-legend 'packetfence-*'; systemctl show-environment | grep MARIADB_ARGS`,
      ),
    ).toEqual(each(''));
    expect(await stage.onAll('systemctl get-default')).toEqual(each(dialect?.defaultTarget ?? ''));
    const { monit: _asked, ...roles } = dialect?.units ?? {}; // which a blank server does not run
    const units = [...new Set([...Object.values(roles), ...(dialect?.proxies ?? [])])];
    const words = 'echo $unit $(systemctl is-active $unit), $(systemctl is-enabled $unit)';
    expect(await stage.onAll(`for unit in ${units.join(' ')}; do ${words}; done`)).toEqual(
      each(units.map((unit) => `${unit} active, enabled`).join('\n')),
    );
    const holders = await stage.onAll(`ip -o -4 addr show | grep -cwF ${vip(stage.lab)}`);
    expect(holders.toSorted()).toEqual(['0', '0', '1']);
    const files = ['pf.conf', 'pfconfig.conf', 'cluster.conf', 'networks.conf'].map((file) => `${pf}/conf/${file}`);
    const configurations = await stage.onAll(
      `sha256sum ${files.join(' ')}; cat ${dialect?.configVersion} 2>/dev/null || echo none`,
    );
    expect(new Set(configurations).size, configurations.join('\n')).toBe(1);
  }
  const ledger = () => stage.onAll('ls -d /var/lib/pfrunbook/e.* | wc -l; cat /proc/sys/kernel/random/boot_id');
  const wholeRows = async () => expect(await stage.verify()).toMatchObject({ duplicated: 0, differing: [] });

  test('servers just installed are prepared, and become a cluster', async () => {
    const prepared = await start('prepare-nodes', '--yes');
    expect(prepared.code, prepared.all).toBe(0);
    const before = await ledger();
    const again = await start('prepare-nodes', '--yes');
    expect(again.all.replaceAll(/\s+/g, ' ')).toContain('nothing: every server was prepared already');
    expect(await ledger()).toEqual(before);

    const { lab } = stage;
    const [first = '', ...others] = lab.nodes;
    expect((await start('setup-cluster', '--detach')).code).toBe(0);
    const question = await stage.asked();
    expect(question.token).toMatch(/^configurator-/);
    await configure(lab, first);
    for (const node of others) await configure(lab, node, { onlyNetwork: true });
    await approve(question.token);
    await stage.approveToTheEnd(600_000, () => {});
    expect((await stage.type('report', name)).all).toContain('Ended: **done**');
    await inOrder();
    const { host, port } = dialect.databaseAt;
    const database = `sed -n '/^\\[database\\]/,/^\\[[^d]/p' ${pf}/conf/pf.conf | grep -E '^(host|port)=' | sort`;
    const said = [`host=${host}`, ...(port === 3306 ? [] : [`port=${port}`])].join('\n');
    expect(await stage.onAll(database)).toEqual(each(said));
    expect(await stage.onAll(`cat ${pf}/conf/currently-at; grep -x configurator=disabled ${pf}/conf/pf.conf`)).toEqual(
      each(dialect.configuratorOff === 'pf.conf' ? 'configurator=disabled' : `PacketFence ${profile}.0`),
    );
    await stage.writes();
  });

  test('a reinstalled server joins, under the writer', async () => {
    await reinstall(stage.lab, 'pf3');
    await allowNonlocalBind(stage.lab, ['pf3']);
    expect((await start('join-node', '--node', 'pf3', '--detach')).code).toBe(0);
    const { token } = await stage.asked();
    expect(token).toMatch(/^host-key-/);
    await stage.type('decide', name, token, 'trust');
    expect(await stage.approveToTheEnd(400_000, () => {})).toEqual([]);
    const { stdout } = await stage.type('report', name);
    expect(stdout).toContain('Ended: **done**');
    expect(stdout).toContain('pf3 came back by full copy');
    await inOrder();
    await wholeRows();
  });

  test('keepalived goes by another key and router id', async () => {
    const secret = join(clusterFolder(name), 'vrrp-key');
    await writeFile(secret, 'kw7Shared3x\n', { mode: 0o600 });
    const { code, all } = await start('secure-keepalived', '--secret', `file:${secret}`, '--router-id', '51', '--yes');
    expect(code, all).toBe(0);
    const goesBy = `awk '/virtual_router_id|auth_pass/ { print $2 }' ${pf}/var/conf/keepalived.conf | sort -u`;
    expect(await stage.onAll(goesBy)).toEqual(each('51\nkw7Share'));
    await inOrder();
  });

  test('every server reaches a network by its next hop', async () => {
    const at = (range: string, host: number) => `${range}.${32 * stage.lab.slot + host}`;
    const dns = `dns=${at('198.51.100', 10)}`;
    const common = 'netmask=255.255.255.224\ntype=vlan-registration\ndhcpd=enabled\nnamed=enabled';
    const folder = clusterFolder(name);
    const registration = `[${at('198.51.100', 0)}]\ngateway=${at('198.51.100', 10)}\n${dns}\ndhcp_start=${at('198.51.100', 15)}\ndhcp_end=${at('198.51.100', 28)}\n${common}\n`;
    const clients = `[${at('203.0.113', 0)}]\ngateway=${at('203.0.113', 1)}\nnext_hop=${at('198.51.100', 29)}\n${dns}\ndhcp_start=${at('203.0.113', 10)}\ndhcp_end=${at('203.0.113', 29)}\n${common}\n`;
    await writeFile(join(folder, 'networks.conf'), `${registration}\n${clients}`);
    const database = () => stage.onAll('systemctl show -p ActiveEnterTimestampMonotonic packetfence-mariadb');
    const before = await database();
    const { code, all } = await start('apply-networks', '--yes');
    expect(code, all).toBe(0);
    for (const said of await stage.onAll(`ip -o route get ${at('203.0.113', 5)}`))
      expect(said).toContain(`via ${at('198.51.100', 29)} dev eth1`);
    expect(await database()).toEqual(before);
    await inOrder();
    await wholeRows();
  });

  test('after a power cut that tore a view, a recovery brings every server back', async () => {
    await stage.cutPower();
    expect((await start('full-recovery', '--detach')).code).toBe(0);
    const { token, evidence } = await stage.asked();
    expect(token).toMatch(/^keep-/);
    const [proposed = ''] = Object.keys(evidence.choices);
    await stage.type('decide', name, token, proposed);
    await stage.approveToTheEnd(400_000, () => {});
    expect((await stage.type('report', name)).stdout).toContain('Ended: **done**');
    await inOrder();
    expect(await stage.verify()).toMatchObject({ duplicated: 0, differing: [], lostByChoice: 0 });
  });

  test('the servers of a standing cluster are not prepared again, and not touched', async () => {
    const before = await ledger();
    const { code, all } = await start('prepare-nodes', '--yes');
    expect(code, all).toBe(1);
    expect(all.replaceAll(/\s+/g, ' ')).toContain('is in a Galera cluster already');
    expect(await ledger()).toEqual(before);
  });
});
