/**
 * An INI file of ours, with line numbers: every value is a text, and what cannot be told apart for certain (is this `;` a
 * comment, or part of a command?) is a complaint, never a guess. The `ini` package tells no lines, merges what is there
 * twice, and cuts a value at any `;` or `#`.
 */
import { pfFileFromText } from '../cluster/pf-file.js';

export interface Section {
  readonly name: string;
  readonly line: number;
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
}

export interface IniFile {
  readonly sections: readonly Section[];
  /** "line 3: cause. remedy." */
  readonly complaints: readonly string[];
}

export function iniFromText(text: string): IniFile {
  const sections = new Map<
    string,
    { name: string; line: number; entries: Map<string, { value: string; line: number }> }
  >();
  const complaints: string[] = [];
  const complain = (line: number, words: string) => complaints.push(`line ${line}: ${words}`);
  for (const line of pfFileFromText(text).lines) {
    const { number } = line;
    if (line.kind === 'section') {
      const before = sections.get(line.section);
      if (before)
        complain(
          number,
          `[${line.section}] is here a second time, after line ${before.line}. Make one section of both.`,
        );
      else sections.set(line.section, { name: line.section, line: number, entries: new Map() });
    }
    if (line.kind === 'continuation' || line.kind === 'garbage')
      complain(number, 'this is no [section], no key = value and no comment. Write one of them, or put ; in front.');
    if (line.kind !== 'entry') continue;
    const { key, section } = line;
    const entries = sections.get(section)?.entries;
    const before = entries?.get(key);
    const read = valueIn(line.value);
    if (!entries) complain(number, `${key} stands before the first section. Move it below one.`);
    else if (before)
      complain(number, `[${section}] ${key} is here a second time, after line ${before.line}. Keep one.`);
    else if ('wrong' in read) complain(number, `[${section}] ${key}: ${read.wrong}`);
    else entries.set(key, { value: read.value, line: number });
  }
  return { sections: [...sections.values()], complaints };
}

/**
 * In quotes, single or double, a value is what stands between them, whatever it is. Without them it ends before a blank
 * that ; or # follows: that is a comment.
 */
function valueIn(raw: string): { value: string } | { wrong: string } {
  const quoted = /^(["'])(.*)\1\s*([;#].*)?$/.exec(raw);
  const [, mark = '', inside = '', comment = ''] = quoted ?? [];
  if (quoted && !inside.includes(mark) && !comment.includes(mark)) return { value: inside };
  if (/^["']/.test(raw))
    return { wrong: 'its quotes cannot be told apart. Put it in quotes of a kind that it does not hold itself.' };
  const [value = ''] = raw.split(/(?:^|\s)\s*[;#]/);
  if (value !== raw && value.startsWith('exec:'))
    return {
      wrong:
        'is what follows the blank a comment or part of the command? Put the whole value in quotes, or the comment on a line of its own.',
    };
  return { value: value.trim() };
}
