import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote } from '../../../cluster/commands/quote.js';

const hostile = [
  "'",
  '"',
  '$(touch /tmp/x)',
  '`id`',
  '\\',
  '\n',
  '*',
  '~',
  '!!',
  '-n',
  ' ',
  '',
  "'\\''",
  ';',
  '&',
  'é€😀',
  '\t',
  '\x7f',
];
const word = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom(...hostile)).map((parts) => parts.join('')),
  )
  .filter((text) => !text.includes('\0'));

test.each(['sh', 'bash'])('%s reads back every word as it was', async (shell) => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 200 }), async (words) => {
      const { stdout } = await execa(shell, ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], {
        stripFinalNewline: false,
      });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 10 },
  );
});

test('a NUL, which no shell word can hold, is refused', () => {
  expect(() => quote('a\0b')).toThrow(RangeError);
});
