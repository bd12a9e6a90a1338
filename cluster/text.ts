/** Text that fits a terminal. Widths are in characters; what we print is one cell wide. */

/** Breaks at blanks; only a word that is longer than a line is cut. */
export function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    // A command on a line of its own is copied as it stands: broken, it is another command.
    if (paragraph.startsWith('  ')) {
      lines.push(paragraph);
      continue;
    }
    let line = '';
    for (let word of paragraph.split(' ')) {
      if (line && line.length + 1 + word.length > room) {
        lines.push(line);
        line = '';
      }
      for (; word.length > room; word = word.slice(room)) lines.push(word.slice(0, room));
      line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}

/** For commander: what was mistyped has not been done. */
export const untouched = {
  outputError: (text: string, write: (text: string) => void): void =>
    write(`${text.trimEnd().replace(/(?<![.?!)])$/, '.')} Nothing was touched.\n`),
};

/** Of any other mistake: it says last that nothing came of it, unless it has said so in its own words. On a line of its own, for a command may stand before it. */
export const nothingTouched = (words: string): string =>
  /\bnothing was \w+|\bno new run was started/i.test(words) ? words : `${words}\nNothing was touched.`;

/** The first line behind `lead`, the others under it. */
export function hanging(lead: string, text: string, room: number): readonly string[] {
  const blank = ' '.repeat(lead.length);
  return wrap(text, room - lead.length).map((line, i) => (i === 0 ? lead : blank) + line);
}

/**
 * The room of each column, without what stands around a cell. Columns that do not fit are narrowed, the widest first, and never below
 * their longest word while another can still give: a position that is cut in two is none.
 */
export function columnsThatFit(rows: readonly (readonly string[])[], room: number): readonly number[] {
  const [heading = []] = rows;
  const of = (measure: (cell: string) => number) =>
    heading.map((_, column) => Math.max(1, ...rows.map((row) => measure(row[column] ?? ''))));
  const widths = of((cell) => cell.length);
  const words = of((cell) => Math.max(...cell.split(' ').map((word) => word.length)));
  const sum = () => widths.reduce((all, each) => all + each, 0);
  for (const least of [words, widths.map(() => shortest)]) {
    while (sum() > room) {
      const givers = widths.map((width, i) => (width > (least[i] ?? 0) ? width : 0));
      const widest = givers.indexOf(Math.max(...givers));
      if (!givers[widest]) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

/** The same in a table: a border before each cell and at the end, a blank on both sides of what a cell holds. */
export const cellsThatFit = (rows: readonly (readonly string[])[], room: number): readonly number[] =>
  columnsThatFit(rows, room - 3 * (rows[0]?.length ?? 0) - 1);

const shortest = 6;
