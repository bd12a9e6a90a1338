/** What setting up refuses, and who holds the cluster while the others join. */
import { describe, expect, test } from 'vitest';
import type { Installed } from '../../cluster/installed.js';
import type { DataSeen } from '../../cluster/joining.js';
import type { NodeSeen, Reached } from '../../cluster/observation.js';
import { setUpOutset, standing } from '../../cluster/set-up.js';
import { nodeSeen, primary, silent } from './nodes.js';

const names = ['pf1', 'pf2', 'pf3'];
const login = { user: 'pfcluster', password: 'env:SECRET' };
const good = { blanks: false, lettersAndDigits: true, example: false };
const alone = primary({ clusterStatus: 'standalone', clusterSize: 0, stateUuid: '' });
const uuid = 'b701ebf7-a7ba-11f0-9c44-7a5d0f3e2c11';
const zero = '00000000-0000-0000-0000-000000000000';

type Parts = NonNullable<Parameters<typeof nodeSeen>[1]>;
const fresh = (node: string, parts: Parts = {}): Reached =>
  nodeSeen(node, { ...parts, database: { sql: alone, ...parts.database } });
const blank = (node: string, parts: Partial<Installed> = {}): Installed => ({
  ...{ node, interfaces: {}, configured: [], servers: [], databaseHost: '', setUpBegun: false, lacks: [] },
  ...parts,
});
const holds = (node: string, ...schemas: string[]): DataSeen => ({
  ...{ node, datadir: '/var/lib/mysql', bytes: 1e8 },
  schemas: schemas.map((name) => ({ name, tables: 3, bytes: 1e6, writtenAt: 0 })),
});

type Facts = Parameters<typeof setUpOutset>[0];
const outset = (parts: Partial<Facts> = {}) =>
  setUpOutset({
    cluster: { name: 'hq', nodes: names },
    seen: names.map((node) => fresh(node)),
    installed: names.map((node) => blank(node)),
    data: names.map((node) => holds(node)),
    logins: { replication: login, webservices: login },
    secrets: { mysql: good, replication: good, webservices: good },
    ...parts,
  });
const butSeen = (parts: Parts) => ({ seen: [fresh('pf1'), fresh('pf2', parts), fresh('pf3')] });
const butInstalled = (parts: Partial<Installed>) => ({ installed: [blank('pf1'), blank('pf2', parts), blank('pf3')] });

test('of servers just installed, and prepared, nothing is refused', () => {
  expect(outset()).toMatchObject({ begun: false, formed: false, replication: login, webservices: login });
  expect(outset().refusal).toBeUndefined();
});

describe('refuses, and says what to do', () => {
  const grastate = { uuid, seqno: 12, safeToBootstrap: false };
  test.each<[string, Partial<Facts>, RegExp]>([
    ['two servers', { cluster: { name: 'hq', nodes: ['pf1', 'pf2'] } }, /2 servers: a Galera cluster .* needs three/],
    [
      'one that is away',
      { seen: [fresh('pf1'), { node: 'pf2', reachable: false, because: 'no route' }, fresh('pf3')] },
      /pf2 is not reachable/,
    ],
    ['another version', butSeen({ host: { version: '13.2.0' } }), /do not run one version/],
    ['a member', butSeen({ database: { sql: primary() } }), /pf2 is in a cluster: Primary, with 3 members/],
    [
      'one that waits for its peers',
      butSeen({ database: { sql: silent } }),
      /pf2 runs a database that does not answer/,
    ],
    ['one that was a member', butSeen({ database: { sql: alone, grastate } }), /pf2 was in a cluster.*join-node/],
    ['a bootstrap flag', butSeen({ database: { newClusterFlags: ['drop-in x'] } }), /flag is set on pf2 \(drop-in x\)/],
    ['maintenance', butSeen({ flags: { maintenance: true } }), /pf2 is in maintenance/],
    ['a cluster.conf with servers', butInstalled({ servers: ['old1'] }), /cluster.conf of pf2 names old1/],
    ['devices', butInstalled({ devices: 3 }), /pf2 knows 3 devices/],
    [
      'a schema of somebody’s own',
      { data: [holds('pf1'), holds('pf2', 'shop', 'pf'), holds('pf3')] },
      /pf2 holds shop beside.*pf2 holds PacketFence’s database, and does not say/,
    ],
    [
      'an external database',
      butInstalled({ databaseHost: 'db1' }),
      /pf2 uses the database at db1: an external database/,
    ],
    [
      'an external database, though a run before it began',
      {
        installed: [
          blank('pf1', { setUpBegun: true, databaseHost: '100.64.0.1' }),
          blank('pf2', { databaseHost: '127.0.0.1' }),
          blank('pf3', { databaseHost: '198.51.100.7' }),
        ],
      },
      /^pf3 uses the database at 198\.51\.100\.7: [^:]+ Nothing was touched\.$/,
    ],
    ['another name', butSeen({ host: { hostname: 'localhost' } }), /pf2 calls itself localhost.*prepare-nodes hq/],
    ['one that is not prepared', butInstalled({ lacks: ['socat'] }), /pf2: socat is not installed.*prepare-nodes hq/],
    ['no logins', { logins: {}, secrets: {} }, /no password for the database’s root.*\[replication\].*\[webservices\]/],
    [
      'the guide’s example',
      { secrets: { mysql: good, replication: { ...good, example: true }, webservices: good } },
      /the guide’s example/,
    ],
    [
      'a sign',
      { secrets: { mysql: good, replication: { ...good, lettersAndDigits: false }, webservices: good } },
      /letters and digits only/,
    ],
    [
      'a secret that cannot be read',
      { secrets: { mysql: { ...good, unreadable: 'no such file.' }, replication: good, webservices: good } },
      /\[mysql\] password: no such file/,
    ],
  ])('%s', (_, parts, words) => {
    expect(outset(parts).refusal).toMatch(words);
    expect(outset(parts).refusal).toMatch(/Nothing was touched\.$/);
  });

  test('all complaints at once', () => {
    const { refusal } = outset({
      ...butSeen({ database: { sql: primary() } }),
      ...butInstalled({ servers: ['old1'] }),
      logins: {},
    });
    expect(refusal).toMatch(/in a cluster.*names old1.*\[replication\]/);
  });

  test('a password with a blank where a version carries any other sign', () => {
    const old = { seen: names.map((node) => fresh(node, { host: { version: '9.1.0' } })) };
    const signs = { ...good, lettersAndDigits: false };
    expect(outset({ ...old, secrets: { mysql: good, replication: signs, webservices: good } }).refusal).toBeUndefined();
    expect(
      outset({ ...old, secrets: { mysql: good, replication: { ...signs, blanks: true }, webservices: good } }).refusal,
    ).toMatch(/no blanks/);
  });
});

test('an old version needs the program of old versions for its copies, a new one the new', () => {
  const only = (lack: string, version: string) =>
    outset({
      seen: names.map((node) => fresh(node, { host: { version } })),
      installed: names.map((node) => blank(node, { lacks: [lack] })),
    }).refusal;
  expect([only('xtrabackup', '14.0.0'), only('mariabackup', '9.1.0')]).toEqual([undefined, undefined]);
  expect(only('mariabackup', '14.0.0')).toMatch(/mariabackup is not installed/);
  expect(only('xtrabackup', '9.1.0')).toMatch(/xtrabackup is not installed/);
});

test('sends nobody to prepare-nodes where that would refuse: in a cluster that lives', () => {
  const { refusal } = outset({
    seen: [fresh('pf1', { database: { sql: primary({ clusterSize: 1 }) } }), fresh('pf2'), fresh('pf3')],
    installed: [blank('pf1', { setUpBegun: true }), blank('pf2'), blank('pf3', { lacks: ['socat'] })],
  });
  expect(refusal).toMatch(/pf3: socat is not installed\. On it, as root:\n {2}.*socat/);
  expect(refusal).not.toContain('prepare-nodes');
});

test('what a run before it began is no reason to refuse', () => {
  const half = outset({
    seen: [fresh('pf1', { database: { sql: primary({ clusterSize: 1 }) } }), fresh('pf2'), fresh('pf3')],
    installed: [blank('pf1', { setUpBegun: true, servers: names, devices: 2 }), blank('pf2'), blank('pf3')],
  });
  expect(half.refusal).toBeUndefined();
  expect(half).toMatchObject({ begun: true, formed: true });
});

describe('the first server, rebooted or not', () => {
  const down = (node: string, grastateUuid?: string) =>
    nodeSeen(node, {
      database: {
        sql: silent,
        ...(grastateUuid && { grastate: { uuid: grastateUuid, seqno: -1, safeToBootstrap: false } }),
      },
    });
  const up = (node: string, stateUuid = uuid, confId = 3) =>
    nodeSeen(node, { database: { sql: primary({ stateUuid, confId }) } });
  test.each<[string, readonly NodeSeen[], readonly string[], string | RegExp]>([
    ['holds the cluster', [up('pf1'), down('pf2'), down('pf3')], [], 'first'],
    ['joins where another holds it', [down('pf1', uuid), up('pf2'), down('pf3')], ['pf2'], 'others'],
    ['starts it where nobody ever joined', [down('pf1'), down('pf2', zero), down('pf3')], [], 'nobody'],
    [
      'never where somebody has joined',
      [down('pf1'), down('pf2'), down('pf3')],
      ['pf2'],
      /pf2 has joined.*full-recovery/,
    ],
    ['never where a run before let somebody join', [down('pf1'), down('pf2', uuid), down('pf3')], [], /pf2 has joined/],
    ['never beside a second cluster', [up('pf1'), up('pf2', 'other'), down('pf3')], ['pf2'], /2 clusters/],
    [
      'nor beside one of the same history, of another view',
      [up('pf1'), up('pf2', uuid, 5), down('pf3')],
      ['pf2'],
      /pf1 and pf2 are Primary, and do not hold one view/,
    ],
    [
      'joins none that its data did not come from: a full copy would overwrite it',
      [down('pf1'), up('pf2'), down('pf3')],
      [],
      /pf1 holds another history than the cluster of pf2 \(none that is known.*join-node for pf1/,
    ],
    [
      'never while one is away that may have joined',
      [down('pf1'), { node: 'pf2', reachable: false, because: 'no route' }, down('pf3')],
      [],
      /pf2 cannot be reached: whether it has joined/,
    ],
  ])('%s', (_, seen, joined, expected) => {
    const found = standing({ first: 'pf1', joined, seen });
    if (typeof expected === 'string') expect([found.standing, found.refusal]).toEqual([expected, undefined]);
    else expect(found.refusal).toMatch(expected);
  });

  test('is waited for while it is away', () => {
    const seen = [{ node: 'pf1', reachable: false, because: 'no route' } as const, down('pf2'), down('pf3')];
    expect(standing({ first: 'pf1', joined: [], seen }).refusal).toMatch(/pf1 cannot be reached: no route/);
  });
});
