/** The lab itself: each scenario leaves the state that it says, the counting counts, and nothing is left behind. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, leftovers } from '../../lab/down.js';
import { heal } from '../../lab/heal.js';
import { address, type Lab, loadLab } from '../../lab/lab.js';
import { accepts, isOn, nodeRun } from '../../lab/machine.js';
import { partition } from '../../lab/network.js';
import { labCgroup, labExists, labFolder, nodeFolder } from '../../lab/places.js';
import { fillDisk } from '../../lab/scenarios/disk-full.js';
import { gracefulStop } from '../../lab/scenarios/graceful-stop.js';
import { killAll, loseNode } from '../../lab/scenarios/kill.js';
import { removeLineage } from '../../lab/scenarios/no-lineage.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { type SplitKind, splitBrain } from '../../lab/scenarios/split-brain.js';
import { ourProgram, run, until } from '../../lab/shell.js';
import { askSql, runSql } from '../../lab/sql.js';
import { labStatus, type NodeStatus, whole } from '../../lab/status.js';
import { reset, up } from '../../lab/up.js';
import { verificationWords, verify } from '../../lab/verify.js';
import { startWriter, stopWriter, writerStatus } from '../../lab/writer.js';

const NAME = 'labtest';
let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pfrunbook-lab-'));
  process.env.PFRUNBOOK_HOME = home;
  await up(NAME);
  lab = await loadLab(NAME);
});

afterAll(async () => {
  await down(NAME);
  await rm(home, { recursive: true, force: true });
});

const nodesOf = async (): Promise<readonly NodeStatus[]> => (await labStatus(NAME)).nodes;

/** Until the nodes' states, one word each, are as wanted. */
async function states(what: string, wanted: readonly string[], word: (node: NodeStatus) => string): Promise<void> {
  let seen: string[] = [];
  await until(
    what,
    120,
    async () => {
      seen = (await nodesOf()).map(word);
      return seen.join() === wanted.join() ? true : undefined;
    },
    () => `Last seen: ${seen.join(', ')}`,
  );
}

describe('a lab that is up', () => {
  test('is reached as any cluster, by keys read from the nodes', async () => {
    const folder = join(home, 'clusters', NAME);
    expect((await stat(join(folder, 'id_ed25519'))).mode & 0o777).toBe(0o600);
    for (const user of ['root', 'operator']) {
      const known = ['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${join(folder, 'known_hosts')}`];
      const login = [
        ...known,
        '-i',
        join(folder, 'id_ed25519'),
        '-l',
        user,
        address(lab, 'pf2'),
        'sudo -n cat /etc/hostname',
      ];
      expect(await run('ssh', login)).toBe('pf2');
    }
    const ours = await run('cat', [join(folder, 'cluster.conf')]);
    expect(await nodeRun(lab, 'pf3', 'cat /usr/local/pf/conf/cluster.conf')).toBe(ours);
  });

  test('stays as it is when brought up again', async () => {
    const born = await nodeRun(lab, 'pf1', 'cat /proc/1/stat');
    await up(NAME);
    expect((await nodeRun(lab, 'pf1', 'cat /proc/1/stat')).split(' ')[21]).toBe(born.split(' ')[21]);
  });

  test('starts a node again that rebooted', async () => {
    const started = async (): Promise<string | undefined> =>
      (await nodeRun(lab, 'pf2', 'cat /proc/1/stat').catch(() => '')).split(' ')[21];
    const before = await started();
    await nodeRun(lab, 'pf2', 'systemctl reboot');
    await until('pf2 to be another boot', 60, async () => {
      const now = await started();
      return now !== undefined && now !== before ? true : undefined;
    });
    await whole(lab, 120);
  });

  test('mends itself by `up` when a keeper was killed', async () => {
    const keepers = (await run('cat', [join(labCgroup(NAME), 'pf3/keeper/cgroup.procs')])).split('\n');
    process.kill(Number(keepers[0]), 'SIGKILL');
    await until('pf3 to be off with its keeper', 30, async () => ((await isOn(lab, 'pf3')) ? undefined : true));
    await up(NAME);
    expect(await isOn(lab, 'pf3')).toBe(true);
  });
});

describe('counting', () => {
  test('sees a row that vanished, a row that came twice and a table that differs', async () => {
    await startWriter(lab);
    await until('20 rows', 60, async () => ((await writerStatus(lab)).acknowledged >= 20 ? true : undefined));
    process.kill(Number(await readFile(join(labFolder(NAME), 'writer.pid'), 'utf8')), 'SIGSTOP'); // as a `verify` that was cut off
    await stopWriter(lab);
    expect(await verify(lab)).toMatchObject({ lostByChoice: 0, duplicated: 0, differing: [], good: true });

    await runSql(lab, 'pf1', 'delete from pf.lab_rows where number = 7');
    await runSql(lab, 'pf1', "insert into pf.lab_rows (number, writer) values (8, 'twice')");
    await runSql(lab, 'pf2', "set session wsrep_on = off; insert into pf.person values ('only here')");
    expect(await verify(lab)).toMatchObject({
      lostByChoice: 1,
      firstLostByChoice: [7],
      lostOnNoDisk: 0,
      duplicated: 1,
      differing: ['pf.person'],
      good: false,
    });
  });

  test('starts from nothing after a reset', async () => {
    await reset(NAME);
    expect(await verify(lab)).toMatchObject({ acknowledged: 0, good: true });
    expect(await nodeRun(lab, 'pf2', 'ls /var/log/journal')).not.toBe('');
    expect(await askSql(lab, 'pf2', "select count(*) from pf.person where pid = 'only here'")).toEqual([['0']]);
  });
});

describe('a power cut of all nodes', () => {
  test('takes what was not fsynced, and heals by itself when the views are whole', async () => {
    await startWriter(lab);
    await until('200 rows', 60, async () => ((await writerStatus(lab)).acknowledged >= 200 ? true : undefined));
    await nodeRun(lab, 'pf1', 'cd /var/lib; echo kept >kept; sync kept; echo gone >gone');
    const census = await powerCut(lab, lab.nodes);

    expect(await nodeRun(lab, 'pf1', 'cd /var/lib; cat kept; cat gone 2>/dev/null || :')).toBe('kept');
    expect(census?.disks.map(({ node }) => node)).toEqual(['pf1', 'pf2', 'pf3']);
    expect(Math.min(...(census?.disks ?? []).map(({ rows }) => rows))).toBeGreaterThan(0);
    await whole(lab, 180);
    await stopWriter(lab);
    const seen = await verify(lab);
    expect(seen).toMatchObject({ duplicated: 0, differing: [], lostOnNoDisk: census?.onNoDisk });
    const words = verificationWords({ ...seen, lostOnNoDisk: 3 });
    expect(words).toMatch(/lost, held by no disk: {6}3\n.*a power cut takes the last second.*\nGood: /s);
  });

  test('never heals when one view is torn', async () => {
    await reset(NAME); // a full copy of a minute ago is not on disk, and a cut would break more than the view
    await powerCut(lab, lab.nodes, { tornView: 'pf3' });
    await Promise.all(
      lab.nodes.map((node) =>
        until(`${node} to see all three, and no Primary`, 90, async () => {
          const log = await nodeRun(
            lab,
            node,
            'journalctl --boot --quiet --no-pager | grep -A 8 "view(view_id(NON_PRIM"; :',
          );
          return /memb \{(\s+.*){3}/.test(log) || log.includes('members(3)') ? true : undefined;
        }),
      ),
    );
    // The whole view took effect within seconds of this point; this one is watched for longer.
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      for (const { node, unit, cluster } of await nodesOf())
        expect({ node, unit, cluster }).toEqual({ node, unit: 'activating', cluster: '-' });
    }
  });
});

describe('other breaks', () => {
  beforeAll(async () => {
    await reset(NAME);
  });

  test('kill -9 of all nodes loses nothing', async () => {
    await nodeRun(lab, 'pf1', 'echo written >/var/lib/written');
    await killAll(lab, lab.nodes);
    expect(await nodeRun(lab, 'pf1', 'cat /var/lib/written')).toBe('written');
    await whole(lab, 180);
  });

  test('a lost node is off with its address, the others go on, and heal brings it back', async () => {
    await loseNode(lab, 'pf2');
    expect(await accepts(address(lab, 'pf2'), 22)).toBe(false);
    await states('the others to be two', ['2', '0', '2'], ({ size }) => String(size));
    await heal(lab);
    await whole(lab, 180);
  });

  test('a partition parts the nodes, and not this machine from them', async () => {
    await partition(lab, [['pf1'], ['pf2', 'pf3']]);
    await states('the minority to lose Primary', ['non-Primary', 'Primary', 'Primary'], ({ cluster }) => cluster);
    expect(await Promise.all(lab.nodes.map((node) => accepts(address(lab, node), 22)))).toEqual([true, true, true]);
    expect(await nodeRun(lab, 'pf1', `ping -c 1 -W 1 ${address(lab, 'pf2')} >/dev/null && echo yes || echo no`)).toBe(
      'no',
    );
    await heal(lab);
    await whole(lab, 180);
  });

  test('a graceful stop with the last one killed leaves it safe to bootstrap, at no known position', async () => {
    await gracefulStop(lab, { crashLast: true });
    const state = (node: string): Promise<string> =>
      nodeRun(lab, node, "sed -n 's/^\\(seqno\\|safe_to_bootstrap\\): *//p' /var/lib/mysql/grastate.dat");
    expect(await state('pf1')).toBe('-1\n1');
    for (const node of ['pf2', 'pf3']) expect(await state(node)).toMatch(/^\d+\n0$/);
    expect((await nodesOf()).map(({ unit }) => unit)).toEqual(['failed', 'inactive', 'inactive']);
  });

  test('without lineage, neither the event cache nor the last view is there', async () => {
    await removeLineage(lab, lab.nodes);
    for (const node of lab.nodes) {
      expect(await nodeRun(lab, node, 'cd /var/lib/mysql; ls galera.cache mysql/wsrep_cluster* 2>/dev/null; :')).toBe(
        '',
      );
    }
  });

  for (const kind of ['same-uuid', 'uuids'] satisfies SplitKind[]) {
    test(`a split brain (${kind}) is two Primaries with rows of their own`, async () => {
      await reset(NAME);
      await splitBrain(lab, kind);
      const status = await nodesOf();
      expect(status.map(({ cluster, size }) => `${cluster} ${size}`)).toEqual(['Primary 1', 'Primary 2', 'Primary 2']);
      const uuid = async (node: string) => runSql(lab, node, "show status like 'wsrep_cluster_state_uuid'");
      expect((await uuid('pf1'))[0]?.[1] === (await uuid('pf2'))[0]?.[1]).toBe(kind === 'same-uuid');
      expect((await verify(lab)).differing).toEqual(['pf.node']);
    });
  }

  test('no-lineage refuses while a database runs, and touches nothing', async () => {
    await expect(removeLineage(lab, ['pf1'])).rejects.toThrow('Nothing was touched');
    expect(await nodeRun(lab, 'pf1', 'ls /var/lib/mysql/galera.cache')).toBe('/var/lib/mysql/galera.cache');
  });

  test('a full disk takes no byte more, until it is healed', async () => {
    // More than a server that fails for want of room may free by its end.
    const writes = 'fallocate -l 64M /var/lib/more 2>/dev/null && echo yes || echo no';
    await fillDisk(lab, 'pf3');
    expect(await nodeRun(lab, 'pf3', writes)).toBe('no');
    await heal(lab);
    expect(await nodeRun(lab, 'pf3', writes)).toBe('yes');
  });
});

describe('a second lab', () => {
  const OTHER = 'labtest-b';

  test('stands beside the first, recovers from the death of its maker, and leaves nothing', async () => {
    const before = (await nodesOf()).map(({ cluster }) => cluster);
    const [node = '', ...args] = ourProgram('main');
    const maker = spawn(node, [...args, '--name', OTHER, 'up'], { stdio: 'ignore' });
    await until('it to be half made', 60, async () =>
      labExists(OTHER) && (await readdir(nodeFolder(OTHER, 'pf1')).catch(() => [])).length > 0 ? true : undefined,
    );
    maker.kill('SIGKILL');
    try {
      const made = await up(OTHER);
      const addresses = [...made.nodes, ...(await nodesOf())].map(({ address: own }) => own);
      expect(new Set(addresses).size).toBe(6);
      expect((await nodesOf()).map(({ cluster }) => cluster)).toEqual(before);
      expect((await leftovers(OTHER)).length).toBeGreaterThan(0);
    } finally {
      await down(OTHER);
    }
    expect(await leftovers(OTHER)).toEqual([]);
    expect(await isOn(lab, 'pf1')).toBe(true);
  });
});
