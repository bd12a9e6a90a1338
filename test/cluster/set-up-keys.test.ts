import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { KeyEdit } from '../../cluster/commands/files.js';
import { dialectFor } from '../../cluster/dialect.js';
import { complaintsAboutReplication, complaintsAboutWebservices } from '../../cluster/logins.js';
import { pfFileFromText, pfFileToText, setValue } from '../../cluster/pf-file.js';
import { databaseKeys, networkKeys, pfconfigDatabaseKeys, zoneNetworkKeys } from '../../cluster/set-up-keys.js';

/** As setKeys does it on a node (test/cluster/commands/files.test.ts holds it to that). */
const merge = (text: string, edits: readonly KeyEdit[]) =>
  pfFileToText(
    edits.reduce(
      (file, { section, key, value }) => setValue(file, section, key, typeof value === 'string' ? value : '[secret]'),
      pfFileFromText(text),
    ),
  );
const guide = (name: string) => readFileSync(new URL(`guide/7.2-${name}.conf`, import.meta.url), 'utf8');

test.each([
  ['9.1.0', '127.0.0.1', '3306'],
  ['12.0.0', '100.64.0.1', '6033'],
])('PacketFence %s asks the database at its own proxy, and the rest of its files stays', (version, host, port) => {
  const dialect = dialectFor(version, 'rhel') ?? expect.fail('no such version');
  const rest = '\n[services]\n# by hand\nmonit = enabled\n';
  expect(merge(`# top\n[database]\npass=x ; y\nhost=localhost\n${rest}`, databaseKeys(dialect))).toBe(
    `# top\n[database]\npass=x ; y\nhost=${host}\nport=${port}\n${rest}`,
  );
  expect(merge('[mysql]\nhost=localhost\ndb=pf\n', pfconfigDatabaseKeys(dialect))).toBe(
    `[mysql]\nhost=${host}\ndb=pf\nport=${port}\n`,
  );
});

test('networks go from our files into a node’s, and the rest of them stays (guide 7.2)', () => {
  const theirs = guide('cluster');
  const ours = `${theirs}[DC1 pf9]\nmanagement_ip=192.168.1.19\n${guide('zone-networks')}${guide('next-hops')}`;
  expect(merge(theirs, zoneNetworkKeys(ours))).toBe(theirs + guide('zone-networks') + guide('next-hops'));
  const others = '[10.0.0.0]\nnetmask = 255.0.0.0\n';
  expect(merge(others, networkKeys(guide('networks')))).toBe(others + guide('networks'));
});

test.each<[string, readonly string[], RegExp | undefined]>([
  ['letters and digits', complaintsAboutReplication('Ab3'), undefined],
  ['a blank', complaintsAboutReplication('a b'), /more than letters and digits/],
  ['the guide’s example', complaintsAboutReplication('aMuchMoreSecurePassword'), /example/],
  ['none', complaintsAboutReplication(''), /empty/],
  ['any words', complaintsAboutWebservices({ user: 'w', password: 'a"b c' }), undefined],
  ['packet and fence', complaintsAboutWebservices({ user: 'packet', password: 'fence' }), /example/],
  ['a colon in the user', complaintsAboutWebservices({ user: 'a:b', password: 'x' }), /blank or a colon/],
  ['code', complaintsAboutWebservices({ user: 'a', password: '[% x' }), /another value/],
])('a login of %s', (_, found, words) => {
  expect(found).toEqual(words ? [expect.stringMatching(words)] : []);
});
