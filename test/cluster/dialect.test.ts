import { describe, expect, test } from 'vitest';
import { dialectFor, knownUnits } from '../../cluster/dialect.js';

describe('the dialect of a version', () => {
  // reference/packetfence.md, section 0
  test.each([
    [
      '7.4.0',
      { name: '7', bootstrap: 'drop-in', sstMethod: 'xtrabackup', proxies: ['packetfence-haproxy'] },
      { haproxyDb: 'packetfence-haproxy', cron: 'packetfence-pfmon', autofix: undefined },
    ],
    [
      '9.1.0',
      {
        ...{ name: '8-9', bootstrap: 'drop-in', sstMethod: 'xtrabackup', reloadMakesVersion: false },
        ...{ configVersion: '/usr/local/pf/var/config_version', configuratorOff: 'currently-at' },
      },
      { haproxyDb: 'packetfence-haproxy-db', cron: 'packetfence-pfmon', autofix: undefined },
    ],
    [
      '10.1.0',
      { name: '10.0-10.1', bootstrap: 'MARIADB_ARGS', sstMethod: 'xtrabackup', configuratorOff: 'pf.conf' },
      { cron: 'packetfence-pfmon', autofix: 'packetfence-galera-autofix' },
    ],
    ['10.2.0', { name: '10.2', sstMethod: 'xtrabackup' }, { cron: 'packetfence-pfcron' }],
    ['10.3.0', { name: '10.3-11', sstMethod: 'mariabackup' }, { cron: 'packetfence-pfcron' }],
    [
      '13.2.0',
      {
        ...{ name: '12-13', sstMethod: 'mariabackup', reloadMakesVersion: true },
        ...{ configVersion: '/usr/local/pf/var/conf/config_version', databaseAt: { host: '100.64.0.1', port: 6033 } },
        proxies: ['packetfence-proxysql', 'packetfence-haproxy-db'],
      },
      { haproxyDb: 'packetfence-haproxy-db' },
    ],
    ['PacketFence 14.0.0', { name: '14.0', proof: 'proved' }, {}],
    ['14.1.0', { name: '14.1', proof: 'documented' }, {}],
  ])('%s', (version, row, units) => {
    const dialect = dialectFor(version, 'debian');
    expect(dialect).toMatchObject(row);
    for (const [role, unit] of Object.entries(units))
      expect(dialect?.units[role as keyof typeof dialect.units]).toBe(unit);
  });

  test.each(['6.5.0', '15.0.0', '14.2.0', '', 'nonsense'])('is not guessed for %j', (version) => {
    expect(dialectFor(version, 'debian')).toBeUndefined();
  });

  test('is not guessed for an unknown family of systems', () => {
    expect(dialectFor('14.0.0', 'unknown')).toBeUndefined();
  });

  test('is only documented where the lab has not run it', () => {
    expect(dialectFor('14.0.0', 'rhel')?.proof).toBe('documented');
  });

  test('the first look asks for every unit that a role ever had, the newest first', () => {
    expect(knownUnits.cron).toEqual(['packetfence-pfcron', 'packetfence-pfmon']);
    expect(knownUnits.autofix).toEqual(['packetfence-galera-autofix']);
  });
});
