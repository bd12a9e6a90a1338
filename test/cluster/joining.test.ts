import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newClusterConf, sameConfiguration } from '../../cluster/configuration.js';
import { joinersData, joining, mayJoin } from '../../cluster/joining.js';
import type { NodeSeen } from '../../cluster/observation.js';
import { isPrimary, wsrepOf } from '../../cluster/seen.js';
import { cluster, held, looks, nodeSeen, off, primary, replaced, silent, stoppedUnit } from './nodes.js';

const fresh = nodeSeen('pf3', {
  database: { sql: { kind: 'silent', because: 'no such socket' }, processes: [] },
  units: { mariadb: stoppedUnit },
  flags: { clusterConf: { sha256: '', differs: ['it has no cluster.conf'] }, defaultTarget: 'multi-user.target' },
});
const two = { clusterSize: 2 };
const living = ['pf1', 'pf2'].map((node) => nodeSeen(node, { database: { sql: primary(two) } }));
const all = [...living, fresh];
const facts = { cluster, node: 'pf3', hasLogin: true, even: false };
const judged = (seen: readonly NodeSeen[], more: Partial<Parameters<typeof joining>[0]> = {}) =>
  joining({ ...facts, seen, ...more });

describe('a node joins', () => {
  test('what lives, and takes the configuration of its first node whose cluster.conf is ours', () => {
    expect(judged(all)).toMatchObject({ mode: 'join', from: 'pf1', isNew: false, barredBy: [] });
    expect(judged([...living, nodeSeen('pf3', { database: { sql: primary() } })]).members).toEqual(['pf1', 'pf2']);
    const stale = nodeSeen('pf1', {
      database: { sql: primary(two) },
      flags: { clusterConf: { sha256: 'old', differs: ['it does not name pf3'] } },
    });
    expect(judged(replaced('pf1', stale, all))).toMatchObject({ from: 'pf2', isNew: true });
  });

  const sick = (parts: Parameters<typeof nodeSeen>[1]) => replaced('pf1', nodeSeen('pf1', parts), all);
  const joiner = (parts: Parameters<typeof nodeSeen>[1]) => [...living, nodeSeen('pf3', parts)];
  test.each<[string, readonly NodeSeen[], RegExp, Partial<Parameters<typeof joining>[0]>?]>([
    [
      'nothing lives',
      [...['pf1', 'pf2'].map((node) => nodeSeen(node, { database: { sql: silent, processes: [] } })), fresh],
      /start full-recovery hq/,
    ],
    [
      'nothing lives any more, while a cluster is set up',
      [...['pf1', 'pf2'].map((node) => nodeSeen(node, { database: { sql: silent, processes: [] } })), fresh],
      /starts it again within a minute.*abort, and start this again: pfrunbook start setup-cluster hq/,
      { begun: true },
    ],
    [
      'a silent one may be Primary',
      [nodeSeen('pf1', { database: { sql: silent } }), off('pf2'), fresh],
      /may be Primary/,
    ],
    ['it cannot be reached', [...living, off('pf3')], /pf3 cannot be reached: no route to host/],
    [
      'it has another name',
      joiner({ host: { hostname: 'localhost' } }),
      /calls itself localhost.*hostnamectl.*or correct our cluster\.conf/,
    ],
    [
      'its key was trusted',
      [...living, off('pf3')],
      /Nothing was touched\. Its host key stays trusted/,
      { trusted: true },
    ],
    ['it is in maintenance', joiner({ flags: { maintenance: true } }), /in maintenance/],
    ['a marker switches it off', sick({ flags: { disabledNodes: ['pf3'] } }), /marker on pf1/],
    ['it would make a cluster', joiner({ database: { newClusterFlags: ['drop-in x'] } }), /flag for a new cluster/],
    ['two clusters live', sick({ database: { sql: primary({ stateUuid: 'another' }) } }), /two clusters live/],
    ['it is Primary alone beside them', joiner({ database: { sql: primary({ confId: 9 }) } }), /two clusters live/],
    [
      'a node takes a copy',
      sick({ database: { sql: primary({ ...two, state: 'Donor/Desynced' }) } }),
      /pf1 gives or takes a copy/,
    ],
    ['versions differ', joiner({ host: { version: '13.2.0' } }), /do not run one version/],
    ['there is no PacketFence on it', joiner({ host: { version: '' } }), /pf3 none/],
    [
      'the cluster is another than ours',
      sick({ flags: { clusterConf: { sha256: 'x', differs: ['it names pf9 too'] } } }),
      /cluster\.conf of pf1 is not ours/,
    ],
    [
      'it is not prepared',
      all,
      /pf3: socat is not installed and mariabackup is not installed, with which a full copy is made\. On it, as root:\n {2}DEBIAN.*install mariadb-backup socat/,
      { installed: { lacks: ['socat', 'mariabackup', 'xtrabackup'] } },
    ],
    [
      'a setting of it is lost at a boot',
      all,
      /pf3: net.ipv4.ip_nonlocal_bind is not 1, now and after a boot\. On it, as root:\n {2}echo .* && sysctl -p /,
      { installed: { lacks: ['net.ipv4.ip_nonlocal_bind', 'xtrabackup'] } },
    ],
    ['nobody knows a login', all, /no \[webservices\]/, { hasLogin: false }],
  ])('not where %s', (_, seen, because, more) => {
    expect(judged(seen, more)).toMatchObject({ refusal: expect.stringMatching(because), from: '' });
  });

  test('says of a run that has changed something only what is so', () => {
    expect(judged([...living, off('pf3')]).refusal).toMatch(/ Nothing was touched\.$/);
    expect(judged([...living, off('pf3')], { begun: true }).refusal).toMatch(/ Nothing of pf3 was touched\.$/);
  });

  test('never without one cluster that lives, whatever else is seen', () => {
    fc.assert(
      fc.property(looks, fc.constantFrom('pf1', 'pf2', 'pf3'), (seen, node) => {
        const { refusal, from, mode } = joining({ ...facts, node, seen });
        if (refusal !== undefined) return;
        const giver = seen.find((one) => one.node === from);
        expect(giver && from !== node && isPrimary(giver) && wsrepOf(giver)?.state).toBe('Synced');
        const members = seen.filter((one) => isPrimary(one) && (one.node !== node || mode !== 'join'));
        expect(new Set(members.map((one) => `${wsrepOf(one)?.stateUuid} ${wsrepOf(one)?.confId}`)).size).toBe(1);
      }),
    );
  });

  test('is told of a number of members that half of them can stop', () => {
    const one = [nodeSeen('pf1', { database: { sql: primary({ clusterSize: 1 }) } }), off('pf2'), fresh];
    expect(judged(one).verdict.join()).toMatch(/then has 2 members/);
    const four = { ...cluster, nodes: [...cluster.nodes, 'pf4'] };
    const lacks = { clusterConf: { sha256: 'x', differs: ['it does not name pf4'] } };
    const running = ['pf1', 'pf2', 'pf3'].map((node) => nodeSeen(node, { flags: lacks }));
    const asked = {
      cluster: four,
      node: 'pf4',
      seen: [...running, { ...fresh, node: 'pf4', host: { ...fresh.host, hostname: 'pf4' } }],
    };
    expect(joining({ ...facts, ...asked })).toMatchObject({ refusal: expect.stringMatching(/--even/) });
    expect(joining({ ...facts, ...asked, even: true })).toMatchObject({ mode: 'join', isNew: true });
  });

  test('is in order only where all of it is', () => {
    const whole = ['pf1', 'pf2', 'pf3'].map((node) => nodeSeen(node));
    expect(judged(whole)).toMatchObject({ mode: 'in order' });
    expect(judged(replaced('pf3', nodeSeen('pf3', { units: { webservices: stoppedUnit } })))).toMatchObject({
      mode: 'member',
    });
    expect(judged(replaced('pf3', nodeSeen('pf3', { flags: { owedGuards: { x: 'y' } } })))).toMatchObject({
      mode: 'member',
    });
  });

  test('loses its data only while it is held and the cluster lives', () => {
    expect(mayJoin({ node: 'pf3', seen: [...living, held('pf3')] }).refusal).toBeUndefined();
    const awake = { ...held('pf3'), units: { ...held('pf3').units, autofix: stoppedUnit } };
    expect(mayJoin({ node: 'pf3', seen: [...living, awake] }).refusal).toBeUndefined();
    awake.units.autofix = { ...stoppedUnit, active: 'active' };
    expect(mayJoin({ node: 'pf3', seen: [...living, awake] }).refusal).toMatch(/galera-autofix works on pf3 again/);
    expect(mayJoin({ node: 'pf3', seen: all }).refusal).toMatch(/pf3 is not held/);
    expect(mayJoin({ node: 'pf3', seen: [off('pf1'), off('pf2'), held('pf3')] }).refusal).toMatch(
      /No other node is Primary/,
    );
  });
});

test('where nobody was asked about its data, the joiner may not join before the full copy fits', () => {
  const disk = (freeBytes: number) => ({
    database: { ...held('pf3').database, datadir: { path: '/d', holdsData: true, usedBytes: 1e6, freeBytes } },
  });
  const size = living[0]?.database.datadir.usedBytes ?? Number.NaN;
  const may = (free: number) =>
    mayJoin({ node: 'pf3', copies: 'pf1', seen: [...living, { ...held('pf3'), ...disk(free) }] });
  expect(may(size + 2 ** 29).refusal).toBeUndefined();
  expect(may(size + 2 ** 29 - 1).refusal).toMatch(/does not fit on pf3, and would end half way: make room there first/);
});

test('data of its own is what somebody may miss; a fresh server has none', () => {
  const data = { node: 'pf3', datadir: '/var/lib/mysql', bytes: 1e6, schemas: [] };
  expect(joinersData({ data, run: 'hq/1' })).toMatchObject({ ofValue: false, to: '/var/lib/mysql.aside-hq-1' });
  const pf = { name: 'pf', tables: 43, bytes: 212 * 2 ** 20, writtenAt: Date.UTC(2026, 10, 20, 10, 22) };
  expect(joinersData({ data: { ...data, schemas: [pf] }, run: 'hq/1' })).toMatchObject({
    ofValue: true,
    verdict: ['pf3: /var/lib/mysql holds 43 tables of pf (212 MB, last written 2026-11-20 10:22 UTC).'],
  });
});

test('a question about that data says whether the copy fits, and where that cannot be told, who does not answer', () => {
  const pf = { name: 'pf', tables: 43, bytes: 2e8, writtenAt: 0 };
  const data = { node: 'pf3', datadir: '/var/lib/mysql', bytes: 2e8, schemas: [pf] };
  const disk = (usedBytes: number, freeBytes: number) => ({
    database: { datadir: { path: '/d', holdsData: true, usedBytes, freeBytes } },
  });
  const asked = (...seen: readonly NodeSeen[]) => joinersData({ data, run: 'hq/1', room: { from: 'pf1', seen } });
  const joiner = (free: number) => nodeSeen('pf3', disk(2e8, free));
  const giver = nodeSeen('pf1', disk(40 * 2 ** 30, 0));
  const wanted = 40 * 2 ** 30 + 2 ** 29;
  expect(asked(joiner(wanted), giver)).toMatchObject({
    verdict: [expect.anything(), 'The full copy fits beside it on that disk.'],
    shown: ['pf1 holds 40 GB; a copy takes 512 MB more for its log. pf3 has 41 GB free.'],
    goOn: 'set-aside',
  });
  const short = asked(joiner(wanted - 1), giver);
  expect(short.verdict[1]).toMatch(/does not fit .*make room on pf3/);
  expect(short).not.toHaveProperty('goOn');
  expect(asked(joiner(wanted), off('pf1')).verdict[1]).toMatch(/cannot be told now: pf1 does not answer/);
  expect(asked(off('pf3'), giver).verdict[1]).toMatch(/cannot be told now: pf3 does not answer/);
});

describe('configurations', () => {
  const seen = (node: string, files: Record<string, string>, version = '1') =>
    ({
      ...{ node, version, clusterConf: '', extraFiles: '' },
      files: { ...(Object.keys(files).length > 0 && came), ...files },
    }) as const;
  const came = Object.fromEntries(
    ['cluster.conf', 'pf.conf', 'pfconfig.conf'].map((name) => [`/usr/local/pf/conf/${name}`, '1']),
  );
  const same = (...both: readonly ReturnType<typeof seen>[]) =>
    sameConfiguration({ node: 'pf3', from: 'pf1', seen: both });

  test('are the same by every checksum and the version, and never because nothing was compared', () => {
    expect(same(seen('pf3', { a: '1' }), seen('pf1', { a: '1' })).refusal).toBeUndefined();
    expect(same(seen('pf3', { a: '1' }, ''), seen('pf1', { a: '1' }, '')).verdict.join()).toMatch(/no version yet/);
    expect(same(seen('pf3', { a: '1' }), seen('pf1', { a: '2' })).refusal).toMatch(/differ in a\./);
    expect(same(seen('pf3', {}), seen('pf1', { a: '1' })).refusal).toMatch(
      /differ in .*, \/usr\/local\/pf\/conf\/pfconfig.conf and a\./,
    );
    expect(same(seen('pf3', { a: '1' }, '2'), seen('pf1', { a: '1' })).refusal).toMatch(/holds version 2/);
    expect(same(seen('pf3', {}), seen('pf1', {})).refusal).toMatch(/Nothing can be compared/);
    expect(same(seen('pf1', { a: '1' })).refusal).toMatch(/Nothing can be compared/);
    const short = { version: '', clusterConf: '', extraFiles: '', files: { '/usr/local/pf/conf/cluster.conf': '1' } };
    expect(same({ node: 'pf3', ...short }, { node: 'pf1', ...short }).refusal).toMatch(
      /The sync of pf3 did not bring pf\.conf and pfconfig\.conf\..*The data of pf3 is as it was/,
    );
  });

  test('are shown by the lines that one would change, a line that stands twice too', () => {
    const theirs = { ...seen('pf1', {}), clusterConf: '[CLUSTER]\nip=1\n\n[pf1]\nip=2\n' };
    const ours = '[CLUSTER]\nip=1\n\n[pf1]\nip=3\n\n[pf4]\nip=3\n';
    const { verdict } = newClusterConf({ from: 'pf1', ours, seen: [theirs] });
    expect(verdict.slice(1)).toEqual(['- ip=2', '+ ip=3', '+ [pf4]', '+ ip=3']);
  });
});
