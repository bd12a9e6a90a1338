/** What the doctor found, for a terminal: this machine first, then cluster by cluster. */
import Table from 'cli-table3';
import type { Check, Severity } from '../cluster/doctor/check.js';
import { ink } from './ink.js';

/** `cluster`: null where it is of this machine. */
export type Told = Check & { readonly cluster: string | null };

const marks: Readonly<Record<Severity, string>> = {
  hinders: ink.red('✖'),
  note: ink.yellow('!'),
  fine: ink.green('✔'),
};

const edges =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle';
const noBorders = Object.fromEntries(edges.split(' ').map((edge) => [edge, '']));

export function checksInWords(told: readonly Told[], room = process.stdout.columns ?? 80): string {
  const about = Math.max(...told.map((check) => check.about.length)) + 2;
  const section = (cluster: string | null): string => {
    const table = new Table({
      ...{ chars: noBorders, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } },
      ...{ colWidths: [2, about, Math.max(40, room - 1) - about - 2], wordWrap: true },
    });
    for (const { severity, about: what, what: words, remedy } of told.filter((check) => check.cluster === cluster))
      table.push([marks[severity], what, words], ...(remedy ? [['', '', ink.dim(remedy)]] : []));
    return [ink.bold(cluster ?? 'this machine'), ...table.toString().split('\n')]
      .map((line) => line.trimEnd())
      .join('\n');
  };
  return [...new Set(told.map(({ cluster }) => cluster))].map(section).join('\n\n');
}
