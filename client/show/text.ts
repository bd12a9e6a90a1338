/** Text on a terminal: wrapped, aligned, in columns. Widths are in characters; what we print is one cell wide. */
import Table from 'cli-table3';
import { cellsThatFit, wrap } from '../../cluster/text.js';
import { ink } from './ink.js';

export { hanging, wrap } from '../../cluster/text.js';

/** Wide enough to read, narrow enough to follow with the eye. */
export const width = (): number => Math.max(40, Math.min(process.stdout.columns ?? 80, 140));

/** No rules between rows: a node is a line. */
const noRules = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** First row is the heading. */
export function table(rows: readonly (readonly string[])[], room = width()): string {
  const [heading = [], ...body] = rows;
  const widths = cellsThatFit(rows, room);
  const fitted = (row: readonly string[]) => heading.map((_, i) => wrap(row[i] ?? '', widths[i] ?? 6).join('\n'));
  const drawn = new Table({ head: fitted(heading).map(ink.bold), chars: noRules, style: { head: [], border: [] } });
  drawn.push(...body.map(fitted));
  return drawn.toString();
}

/** Columns without borders, for `list`. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(cell.length, all[i] ?? 0)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
