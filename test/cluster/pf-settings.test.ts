import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialectFor, newestDialect } from '../../cluster/dialect.js';
import {
  keepalivedPasswordComplaints,
  replicationPasswordComplaints,
  webservicesComplaints,
} from '../../cluster/pf-passwords.js';
import * as settings from '../../cluster/pf-settings.js';

const { changesInWords, isNetworkSection, mergeSettings, settingsFrom } = settings;
const pair = { user: 'pfcluster', password: 'S3cret' };
/** As the configurator leaves it. */
const pfConf = `# Copyright\n[general]\ndomain=example.com\n\n[database]\n# set by the configurator\npass = x ; y\nhost=localhost\n\n[active_active]\npassword=1234\n`;

describe('pf.conf and pfconfig.conf', () => {
  test('each key goes into its section, and nothing else changes', () => {
    expect(
      mergeSettings(
        pfConf,
        settings.databaseHost(newestDialect),
        settings.replicationUser(pair),
        settings.webservicesUser(pair),
      ),
    ).toBe(
      `# Copyright\n[general]\ndomain=example.com\n\n[database]\n# set by the configurator\npass = x ; y\nhost=100.64.0.1\nport=6033\n\n[active_active]\npassword=1234\ngalera_replication_username=pfcluster\ngalera_replication_password=S3cret\n[webservices]\nuser=pfcluster\npass=S3cret\n`,
    );
  });

  test.each([
    ['9.1.0', '[mysql]\nhost=127.0.0.1\ndb=pf\n'],
    ['12.0.0', '[mysql]\nhost=100.64.0.1\ndb=pf\nport=6033\n'],
  ])('PacketFence %s asks the database at its own proxy', (version, text) => {
    const dialect = dialectFor(version, 'rhel') ?? expect.fail('no such version');
    expect(mergeSettings('[mysql]\nhost=localhost\ndb=pf\n', settings.pfconfigDatabaseHost(dialect))).toBe(text);
  });

  test('keepalived: only what is told', () => {
    expect(settings.keepalived({ virtualRouterId: 51, unicast: true })).toEqual({
      active_active: { virtual_router_id: '51', vrrp_unicast: 'enabled' },
    });
  });

  test('changes are told without passwords', () => {
    const words = changesInWords(
      pfConf,
      settings.databaseHost(newestDialect),
      settings.replicationUser(pair),
      settings.keepalived({ password: 'other' }),
    );
    expect(words).toEqual([
      '[database] host: localhost -> 100.64.0.1',
      '[database] port: not there -> 6033',
      '[active_active] galera_replication_username: not there -> pfcluster',
      '[active_active] galera_replication_password: set',
      '[active_active] password: changed',
    ]);
    expect(
      changesInWords(mergeSettings(pfConf, settings.replicationUser(pair)), settings.replicationUser(pair)),
    ).toEqual([]);
  });

  test('merged a second time, nothing changes; taken out again, only what was added is gone', () => {
    const section = fc.constantFrom('database', 'services', 'DC1 CLUSTER network 192.0.2.0');
    const value = fc.constantFrom('', '192.0.2.1', 'a b', 'x;y#z', '[%');
    const some = fc.dictionary(section, fc.dictionary(fc.constantFrom('host', 'port', 'new'), value));
    const text = fc
      .array(fc.constantFrom('[database]', '[services]', 'host = a', 'port=1 ', '# c', '', 'x=<<E\ny\nE'))
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(text, some, (before, wanted) => {
        const after = mergeSettings(before, wanted);
        expect(mergeSettings(after, wanted)).toBe(after);
        const added = after.split('\n').filter((line) => !before.split('\n').includes(line));
        const known = Object.entries(wanted).flatMap(([name, keys]) => [
          `[${name}]`,
          ...Object.entries(keys).map(([key, one]) => `${key}=${one}`),
        ]);
        expect(added.filter((line) => line !== '' && !known.includes(line))).toEqual([]);
      }),
    );
  });
});

test('networks go from our cluster.conf into a node’s, and the rest of it stays (guide 7.2)', () => {
  const guide = (name: string) => readFileSync(new URL(`guide/7.2-${name}.conf`, import.meta.url), 'utf8');
  const theirs = guide('cluster');
  const ours = `${theirs}[DC1 pf9]\nmanagement_ip=192.168.1.19\n${guide('zone-networks')}${guide('next-hops')}`;
  const merged = mergeSettings(theirs, settingsFrom(ours, isNetworkSection));
  expect(merged).toBe(theirs + guide('zone-networks') + guide('next-hops'));
  expect(mergeSettings('', settingsFrom(guide('networks')))).toBe(guide('networks'));
});

test.each<[string, readonly string[], RegExp | undefined]>([
  ['letters and digits', replicationPasswordComplaints('Ab3'), undefined],
  ['a blank', replicationPasswordComplaints('a b'), /more than letters and digits/],
  ['the guide’s example', replicationPasswordComplaints('aMuchMoreSecurePassword'), /example/],
  ['none', replicationPasswordComplaints(''), /empty/],
  ['any words', webservicesComplaints({ user: 'w', password: 'a"b c' }), undefined],
  ['packet and fence', webservicesComplaints({ user: 'packet', password: 'fence' }), /example/],
  ['a colon', webservicesComplaints({ user: 'a:b', password: 'x' }), /blank or a colon/],
  ['code', webservicesComplaints({ user: 'a', password: '[% x' }), /read another/],
  ['eight characters', keepalivedPasswordComplaints('Ab3-_.xy'), undefined],
  ['nine characters', keepalivedPasswordComplaints('123456789'), /first 8/],
  ['a comment', keepalivedPasswordComplaints('a#b'), /plain characters/],
  ['everybody’s', keepalivedPasswordComplaints('1234'), /1234/],
])('a password of %s', (_, found, words) => {
  expect(found).toEqual(words ? [expect.stringMatching(words)] : []);
});
