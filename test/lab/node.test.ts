/** What only a real node can show: its server, its systemd, its reboot. */

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterAccess } from '../../activities/access.js';
import { changeActivities } from '../../activities/change.js';
import { compareContent } from '../../activities/mysql/content.js';
import { NoAnswer, query } from '../../activities/mysql/query.js';
import { Readers } from '../../activities/mysql/readers.js';
import { untilSynced } from '../../activities/mysql/synced.js';
import { SshPool } from '../../activities/ssh/pool.js';
import type { Change } from '../../cluster/words.js';
import { down } from '../../lab/down.js';
import { type Lab, loadLab } from '../../lab/lab.js';
import { nodeExec, nodeRun } from '../../lab/machine.js';
import { runSql } from '../../lab/sql.js';
import { whole } from '../../lab/status.js';
import { up } from '../../lab/up.js';
import { startWriter, stopWriter } from '../../lab/writer.js';
import { loadCluster } from '../../worker/settings.js';
import { until } from '../activities/sshd.js';

const name = 'nodetest';
let lab: Lab;
let access: ClusterAccess;
let pool: SshPool;

beforeAll(async () => {
  await up(name);
  lab = await loadLab(name);
  access = await loadCluster(name);
  pool = new SshPool();
}, 300_000);
afterAll(async () => {
  await pool.close();
  await down(name);
}, 60_000);

const reach = (node: string, by = access) => pool.reach(by, node);
const asOperator = (): ClusterAccess => ({ ...access, ssh: { ...access.ssh, user: 'operator', sudo: true } });

/** As Temporal would run it. */
function activity<A extends unknown[], T>(run: (...given: A) => Promise<T>, ...given: A): Promise<T> {
  return new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') }).run(run, ...given);
}

describe('asking a server', () => {
  const who = "select current_user() as me, 'tab\\there' as tab, null as nothing, 7 as number";
  const answer = [{ me: 'root@localhost', tab: 'tab\there', nothing: null, number: '7' }];

  test('through its socket, as root', async () => expect(await query(await reach('pf1'), who)).toEqual(answer));

  test('by its program, where the login is not root: the same rows', async () => {
    expect(await query(await reach('pf1', asOperator()), who)).toEqual(answer);
  });

  test('an error has its words and number', async () => {
    const asked = query(await reach('pf1'), 'select * from pf.nowhere');
    await expect(asked).rejects.toMatchObject({
      name: 'NoAnswer',
      errno: 1146,
      because: expect.stringContaining('nowhere'),
    });
  });

  test('a question that takes too long is given up here and there', async () => {
    const node = await reach('pf1');
    await expect(query(node, 'select sleep(60) as given_up', { deadline: 500 })).rejects.toThrow(NoAnswer);
    const left =
      "select info from information_schema.processlist where info like '%given!_up%' escape '!' and info not like '%processlist%'";
    await until('the server has given it up too', async () => (await query(node, left)).length === 0);
  });

  test('a server that is stalled gives no answer in time', async () => {
    const node = await reach('pf3');
    await nodeRun(lab, 'pf3', 'pkill -STOP -x mariadbd');
    try {
      await expect(query(node, 'select 1', { deadline: 400 })).rejects.toMatchObject({
        because: 'nothing within 0.4 s',
      });
    } finally {
      await nodeRun(lab, 'pf3', 'pkill -CONT -x mariadbd');
    }
    await whole(lab, 30);
  });
});

describe('waiting for Synced', () => {
  test('sees a node join, from no answer to Synced', async () => {
    await nodeRun(lab, 'pf3', 'systemctl stop packetfence-mariadb');
    const told: object[] = [];
    const synced = activity(() =>
      untilSynced({ node: 'pf3', reach: () => reach('pf3'), tell: (details) => told.push(details) }),
    );
    await until('it was seen not to answer', () => told.length > 0);
    expect(told[0]).toMatchObject({ node: 'pf3', noAnswer: expect.any(String), bytes: expect.any(Number) });
    await nodeRun(lab, 'pf3', 'systemctl start --no-block packetfence-mariadb');
    await synced;
    expect(told.at(-1)).toMatchObject({ cluster_status: 'Primary', local_state_comment: 'Synced', ready: 'ON' });
  }, 60_000);

  test('ends where no server runs and none is being started', async () => {
    await nodeRun(lab, 'pf3', 'systemctl stop packetfence-mariadb');
    const watching = activity(() =>
      untilSynced({ node: 'pf3', reach: () => reach('pf3'), tell: () => undefined, patience: 1_000 }),
    );
    await expect(watching).rejects.toThrow(
      /^pf3: Wait until pf3 is Synced: No server process runs, and none is being started/,
    );
    await nodeRun(lab, 'pf3', 'systemctl start packetfence-mariadb');
    await whole(lab, 30);
  }, 60_000);
});

describe('an act', () => {
  let steps = 0;
  const make = async (script: string, wanted: string, by = access, more: Partial<Change> = {}) => {
    steps += 1;
    const { change } = changeActivities(pool, async () => by);
    const order = {
      cluster: name,
      key: { run: `${name}/20261124-0612-7f3a`, step: String(steps), generation: 1 },
      ordinal: steps,
      epoch: 1,
      holder: { owner: 'anna', host: 'ops1' },
    };
    const { done } = await activity(change, [
      { ...order, change: { verb: 'try', node: 'pf3', title: 'Try', script, wanted, ...more } },
    ]);
    return done;
  };

  test.each(['root', 'operator'])(
    'of %s survives isolate, and a restart of sshd',
    async (who) => {
      const by = who === 'root' ? access : asOperator();
      const file = `/run/try-${who}`;
      const script = `systemctl isolate packetfence-base.target; systemctl restart ssh; sleep 2; echo $(systemctl is-active packetfence-cluster.target) >${file}`;
      expect(await make(script, `[ -s ${file} ]`, by)).toBe('done');
      expect(await nodeRun(lab, 'pf3', `cat ${file}`)).toMatch('inactive');
      await nodeRun(lab, 'pf3', 'systemctl start packetfence-cluster.target');
    },
    60_000,
  );

  test('that is a reboot is done when the boot is another', async () => {
    const before = (await nodeRun(lab, 'pf3', 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1')).trim();
    expect(await make('systemctl reboot; sleep 60', `[ ! -e /run/try-root ]`)).toBe('done');
    expect((await nodeRun(lab, 'pf3', 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1')).trim()).not.toBe(
      before,
    );
  }, 120_000);
});

describe('comparing content', () => {
  const compare = (limitSeconds = 60) =>
    activity(() =>
      compareContent({
        nodes: ['pf1', 'pf2', 'pf3'],
        reach: (node) => reach(node),
        limitSeconds,
        tell: () => undefined,
      }),
    );

  beforeAll(async () => {
    await whole(lab, 60); // after the reboot
    await runSql(
      lab,
      'pf1',
      `create table pf.try_keyed (a int, b varchar(20) character set latin1, c blob, d double, e datetime, primary key (a, b));
      insert into pf.try_keyed select seq, concat('é', seq), unhex(md5(seq)), seq / 7, null from pf.seq_1_to_45000;
      create table pf.try_binary (id binary(16) primary key, v text); insert into pf.try_binary select unhex(md5(seq)), seq from pf.seq_1_to_25000;
      create table pf.try_keyless (v int); insert into pf.try_keyless values (1), (1), (2)`,
    );
    await startWriter(lab);
  }, 60_000);
  afterAll(() => stopWriter(lab));

  test('reads on every node what was committed on another just before', async () => {
    const readers = new Readers('pf1', 60);
    await readers.open(['pf1', 'pf2', 'pf3'], (node) => reach(node));
    await runSql(lab, 'pf1', 'create table pf.try_late (seq int primary key, text varchar(32))');
    for (let times = 0; times < 3; times += 1) {
      // So large that another node is still applying it when this one has committed it.
      await runSql(
        lab,
        'pf1',
        'delete from pf.try_late; insert into pf.try_late select seq, md5(seq) from pf.seq_1_to_45000',
      );
      const counts = await activity(() => readers.ask((sql) => sql.ask('select count(*) as n from pf.try_late')));
      expect([...counts.values()]).toEqual([[{ n: '45000' }], [{ n: '45000' }], [{ n: '45000' }]]);
    }
    readers.close();
    await runSql(lab, 'pf1', 'drop table pf.try_late');
  }, 90_000);

  test('finds equal what is equal, while rows are written', async () => {
    const { others, tables } = await compare();
    expect(others).toEqual([
      { node: 'pf2', result: 'equal', tables: [] },
      { node: 'pf3', result: 'equal', tables: [] },
    ]);
    expect(tables).toBeGreaterThanOrEqual(4);
  }, 90_000);

  test('counts the rows that differ, on the node where they do', async () => {
    await runSql(
      lab,
      'pf2',
      `set session wsrep_on = off; set session sql_log_bin = 0;
      update pf.try_keyed set d = d + 1 where a = 22000;
      update pf.try_keyed set e = '' where a = 1;
      delete from pf.try_keyed where a = 44999;
      insert into pf.try_keyed values (99999, 'phantom', '', 0, null);
      update pf.try_binary set v = if(v = '7', '8', '7') where v in ('7', '8');
      delete from pf.try_keyless where v = 1 limit 1`.replace("set e = ''", "set e = '2026-01-01'"),
    );
    const { others } = await compare();
    expect(others).toEqual([
      {
        node: 'pf2',
        result: 'differs',
        tables: ['pf.try_binary: 2 rows', 'pf.try_keyed: 4 rows', 'pf.try_keyless: 1 row'],
      },
      { node: 'pf3', result: 'equal', tables: [] },
    ]);
  }, 90_000);

  test('says what was not compared: the limit, and a node that is down', async () => {
    expect((await compare(0)).others[1]).toMatchObject({
      node: 'pf3',
      result: 'not compared',
      because: 'the limit of 0 s ended it, after 0 tables',
    });
    await nodeRun(lab, 'pf3', 'systemctl stop packetfence-mariadb');
    const { others } = await compare();
    expect(others[1]).toMatchObject({
      node: 'pf3',
      result: 'not compared',
      because: expect.stringMatching(/connect|No such file/i),
    });
    await nodeRun(lab, 'pf3', 'systemctl start packetfence-mariadb');
  }, 90_000);
});

test('a node reboots, although somebody asks something of it from outside that takes longer', async () => {
  const boot = async () => (await nodeExec(lab, 'pf3', 'cat /proc/sys/kernel/random/boot_id')).stdout.trim();
  const before = await boot();
  const asking = nodeExec(lab, 'pf3', 'sleep 240');
  await nodeRun(lab, 'pf3', 'systemctl --no-block reboot');
  await until('another boot', async () => ![before, ''].includes(await boot()), 90_000);
  expect((await asking).code).not.toBe(0);
}, 120_000);
