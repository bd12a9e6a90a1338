import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entriesOf, pfFileFromText, pfFileToText, readValue, setValue } from '../../cluster/pf-file.js';

/** Anything that might stand in such a file, line by line. */
const lines = fc.constantFrom(
  '[database]',
  '[ pf1 interface eth0 ]',
  'host=100.64.0.1',
  'pass = "x;y" # kept',
  '# a comment',
  '; another',
  '',
  '   ',
  'garbage',
  'sql=<<EOT',
  'EOT',
  'select 1;',
  'key=',
  '[[% IF x %]]',
  'b=true',
);
const texts = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(lines, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }), fc.boolean())
  .map(
    ([bom, all, open]) =>
      (bom ? '\uFEFF' : '') + all.map(([text, end], i) => text + (open && i === all.length - 1 ? '' : end)).join(''),
  );

describe('a file of PacketFence', () => {
  test('comes back byte for byte', () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => {
        expect(pfFileToText(pfFileFromText(text))).toBe(text);
      }),
    );
  });

  test('keeps trailing blanks and comments in a value, as PacketFence does, and cuts leading ones', () => {
    expect(entriesOf(pfFileFromText('[a]\nip =  192.0.2.1 ; note \n'))).toEqual([
      { section: 'a', key: 'ip', value: '192.0.2.1 ; note ', line: 2 },
    ]);
  });

  test('reads a heredoc as one value, whatever stands in it', () => {
    const file = pfFileFromText('[a]\nsql=<<EOT\n[not a section]\nx=1\nEOT\nafter=2\n');
    expect(entriesOf(file)).toEqual([
      { section: 'a', key: 'sql', value: '[not a section]\nx=1', line: 2 },
      { section: 'a', key: 'after', value: '2', line: 6 },
    ]);
  });
});

describe('an edit', () => {
  const text =
    '# top\n[database]\nhost=localhost\n# why\nport=3306\n\n[webservices]\nuser=u\r\npass=<<EOT\na\nb\nEOT\n';
  const edit = (section: string, key: string, value: string, of = text) =>
    pfFileToText(setValue(pfFileFromText(of), section, key, value));

  test('replaces the line of the key, and nothing else', () => {
    expect(edit('database', 'host', '100.64.0.1')).toBe(text.replace('localhost', '100.64.0.1'));
  });

  test('keeps the line’s own end', () => {
    expect(edit('webservices', 'user', 'v')).toBe(text.replace('user=u\r\n', 'user=v\r\n'));
  });

  test('replaces a heredoc with all its lines', () => {
    expect(edit('webservices', 'pass', 'x')).toBe(text.replace('pass=<<EOT\na\nb\nEOT\n', 'pass=x\n'));
  });

  test('adds a key to the end of its section, before the blank line that parts it from the next', () => {
    expect(edit('database', 'db', 'pf')).toBe(text.replace('port=3306\n', 'port=3306\ndb=pf\n'));
  });

  test('adds a section where there is none, after a final newline', () => {
    expect(edit('new', 'a', '1', '[old]\nb=2')).toBe('[old]\nb=2\n[new]\na=1\n');
  });

  test('leaves one line where the key stood twice', () => {
    expect(edit('a', 'x', '3', '[a]\nx=1\ny=0\n[a]\nx=2\n')).toBe('[a]\nx=3\ny=0\n[a]\n');
  });

  test('refuses a value of two lines', () => {
    expect(() => edit('a', 'x', '1\n[evil]')).toThrow(/one line/);
  });

  test('refuses a file whose heredoc never ends: it would swallow what is added', () => {
    expect(() => edit('a', 'x', '1', '[a]\nsql=<<EOT\nselect 1;\n')).toThrow('the heredoc of line 2 never ends');
  });

  test('is read back, and touches no other entry', () => {
    const names = fc.constantFrom('database', 'pf1 interface eth0', 'new');
    fc.assert(
      fc.property(
        texts,
        names,
        fc.constantFrom('host', 'sql', 'key', 'fresh'),
        fc.constantFrom('192.0.2.9', 'a b', ''),
        (before, section, key, value) => {
          const file = pfFileFromText(before);
          fc.pre(file.endless === undefined);
          const after = setValue(file, section, key, value);
          expect(readValue(after, section, key)).toBe(value);
          const others = (of: typeof file) =>
            entriesOf(of)
              .filter((entry) => entry.section !== section || entry.key !== key)
              .map(({ line: _, ...rest }) => rest);
          expect(others(after)).toEqual(others(file));
        },
      ),
    );
  });
});
