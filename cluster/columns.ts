/** How a table fits a terminal. Pure: widths in characters. */

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

const shortest = 6;
