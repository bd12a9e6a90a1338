import { describe, expect, test } from 'vitest';
import { grastateFromText, positionFromRecovery, positionSeen, viewFromText } from '../../cluster/position.js';
import { clusterUuid } from './generate.js';
import { nodeSeen, primary, silent, stoppedUnit } from './nodes.js';

const zero = '00000000-0000-0000-0000-000000000000';
const grastate = (uuid: string, seqno: string, safe: string) =>
  `# GALERA saved state\nversion: 2.1\nuuid:    ${uuid}\nseqno:   ${seqno}\nsafe_to_bootstrap: ${safe}\n`;

describe('grastate.dat', () => {
  test('of a clean stop tells the position and whether it was the last', () => {
    expect(grastateFromText(grastate(clusterUuid, '517', '1'))).toEqual({
      uuid: clusterUuid,
      seqno: 517,
      safeToBootstrap: true,
    });
  });

  test.each(['', 'uuid:', grastate(clusterUuid, '', '0'), '\0'.repeat(113)])(
    'that is empty or torn tells nothing (%j)',
    (text) => {
      expect(grastateFromText(text)).toBeUndefined();
    },
  );
});

describe('gvwstate.dat', () => {
  const [a, b] = ['0dae1307-1606-11e4-aa94-5255b1455aa0', '1a2b3c4d-1606-11e4-aa94-5255b1455aa1'];
  const text = `my_uuid: ${a}\n#vwbeg\nview_id: 3 ${a} 12\nbootstrap: 0\nmember: ${b} 0\nmember: ${a} 0\n#vwend\n`;

  test('tells the view and its members, sorted', () => {
    expect(viewFromText(text)).toEqual({ bytes: text.length, viewId: `3 ${a} 12`, myUuid: a, members: [a, b] });
  });

  test('cut before its end mark tells no view', () => {
    expect(viewFromText(text.slice(0, -8))).toMatchObject({ members: [] });
    expect(viewFromText(text.slice(0, -8)).viewId).toBeUndefined();
  });

  test('that is empty tells nothing', () => {
    expect(viewFromText('')).toEqual({ bytes: 0, members: [] });
  });
});

describe('what --wsrep-recover printed', () => {
  test.each([
    [
      'with a GTID, as MariaDB 10.11',
      `2026-11-24  3:12:00 0 [Note] WSREP: Recovered position: ${clusterUuid}:24,9-2-15`,
      24,
    ],
    ['without a colon, as mysqld_safe', `WSREP: Recovered position ${clusterUuid}:7`, 7],
    [
      'twice: the last counts',
      `WSREP: Recovered position: ${clusterUuid}:7\nWSREP: Recovered position: ${clusterUuid}:9\n`,
      9,
    ],
  ])('%s', (_, output, seqno) => {
    expect(positionFromRecovery('pf1', output)).toEqual({ node: 'pf1', kind: 'known', uuid: clusterUuid, seqno });
  });

  test.each([
    ['InnoDB: Corruption', /printed no position/],
    [`WSREP: Recovered position: ${zero}:-1`, /all zeros/],
    [`WSREP: Recovered position: ${clusterUuid}:-1`, /no seqno/],
  ])('is unknown, with a reason, for %j', (output, because) => {
    expect(positionFromRecovery('pf1', output)).toEqual({
      node: 'pf1',
      kind: 'unknown',
      because: expect.stringMatching(because),
    });
  });
});

describe('a position, only looked at', () => {
  const down = (state: { uuid: string; seqno: number } | undefined, holdsData = true) =>
    positionSeen(
      nodeSeen('pf1', {
        database: {
          sql: silent,
          processes: [],
          datadir: { path: '/var/lib/mysql', holdsData, usedBytes: 1, freeBytes: 1 },
          ...(state && { grastate: { ...state, safeToBootstrap: false } }),
        },
        units: { mariadb: stoppedUnit },
      }),
    );

  test('is the status of a running server, and grastate.dat of a cleanly stopped one', () => {
    expect(positionSeen(nodeSeen('pf1', { database: { sql: primary({ lastCommitted: 42 }) } }))).toMatchObject({
      uuid: clusterUuid,
      seqno: 42,
    });
    expect(down({ uuid: clusterUuid, seqno: 41 })).toMatchObject({ uuid: clusterUuid, seqno: 41 });
  });

  test('is never taken from the grastate.dat of a server that runs', () => {
    const seen = nodeSeen('pf1', {
      database: { sql: silent, grastate: { uuid: clusterUuid, seqno: 41, safeToBootstrap: false } },
    });
    expect(positionSeen(seen)).toMatchObject({ kind: 'unknown', because: 'its server runs and does not answer' });
  });

  test('is unknown, with a reason, where only a recovery could tell', () => {
    expect(down({ uuid: clusterUuid, seqno: -1 })).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('full-recovery will read it'),
    });
    expect(down({ uuid: zero, seqno: -1 })).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('all zeros'),
    });
    expect(down(undefined)).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('grastate.dat is not there'),
    });
    expect(down(undefined, false)).toMatchObject({ kind: 'unknown', because: 'it holds no data' });
    expect(
      positionSeen(nodeSeen('pf1', { database: { sql: primary({ clusterStatus: 'standalone' }) } })),
    ).toMatchObject({ kind: 'unknown', because: 'it runs without Galera' });
  });
});
