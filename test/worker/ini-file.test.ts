import fc from 'fast-check';
import { parse, stringify } from 'ini';
import { expect, test } from 'vitest';
import { iniFromText } from '../../worker/ini-file.js';

const read = (written: string) => {
  const { sections, complaints } = iniFromText(`[mysql]\npassword = ${written}\n`);
  return sections[0]?.entries.get('password')?.value ?? complaints.join();
};

test.each([
  ['file:/a/b', 'file:/a/b'],
  ['file:/a/b   ; a comment', 'file:/a/b'],
  ['file:/a/b\t# a comment', 'file:/a/b'],
  ['file:/a;b#c', 'file:/a;b#c'],
  ['file:/it\'s "here"', 'file:/it\'s "here"'],
  ['file:/100%', 'file:/100%'],
  ['file:C:\\x\\', 'file:C:\\x\\'],
  ['"file:/a ; b "', 'file:/a ; b '],
  ['\'exec:echo "a # b"\'   ; a comment', 'exec:echo "a # b"'],
  ['exec:pass show pf|head -n1', 'exec:pass show pf|head -n1'],
  ['exec:a;b', 'exec:a;b'],
  ['; nothing', ''],
])('%s is read as %s', (written, value) => expect(read(written)).toBe(value));

test.each([
  ['exec:a ; b', /line 2: \[mysql\] password: is what follows the blank a comment or part of the command\? Put/],
  ['"exec:a', /its quotes cannot be told apart/],
  ['"exec:a" b', /its quotes cannot be told apart/],
  ['"exec:echo "a""', /its quotes cannot be told apart/],
  ['"a" ; "b"', /its quotes cannot be told apart/],
])('%s is refused', (written, words) => expect(read(written)).toMatch(words));

test('in quotes that it does not hold, every line of text is read as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('"', "'"), (text, mark) => {
      fc.pre(!/[\r\n]/.test(text) && !text.includes(mark));
      expect(read(`${mark}${text}${mark}`)).toBe(text);
    }),
    { examples: [['a\u2028b', '"']] },
  );
});

/** Where the `ini` package can read without a guess: no quotes, no comment, one line, each name once. */
test('what the ini package can read for certain is read the same', () => {
  const name = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);
  const value = fc
    .stringMatching(/^[A-Za-z/][A-Za-z0-9/:@._-]{0,20}$/)
    .filter((text) => !/^(true|false|null)$/.test(text));
  const file = fc.dictionary(name, fc.dictionary(name, value, { minKeys: 1, noNullPrototype: true }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(file, (sections) => {
      const { sections: seen, complaints } = iniFromText(stringify(sections, { whitespace: true }));
      const ours = seen.map(({ name, entries }) => [
        name,
        Object.fromEntries([...entries].map(([k, v]) => [k, v.value])),
      ]);
      expect(complaints).toEqual([]);
      expect(Object.fromEntries(ours)).toEqual(parse(stringify(sections)));
    }),
  );
});
