/** What the doctor says of one thing. */
import type { NodeName } from '../words.js';

/** `hinders`: a recovery would stop at it, lose time by it, or be fought. `fine`: it was looked at, and is well. */
export type Severity = 'hinders' | 'note' | 'fine';

export interface Check {
  readonly severity: Severity;
  /** What was looked at: "ssh", "backup". */
  readonly about: string;
  /** Absent: of the cluster as a whole, or of this machine. */
  readonly node?: NodeName;
  readonly what: string;
  readonly remedy?: string;
}

type Made = (about: string, what: string, remedy?: string, node?: NodeName) => Check;

const made =
  (severity: Severity): Made =>
  (about, what, remedy, node) => ({ severity, about, what, ...(remedy && { remedy }), ...(node && { node }) });

export const hinders = made('hinders');
export const note = made('note');
export const fine = made('fine');

export function orFine(bad: readonly Check[], about: string, what: string): readonly Check[] {
  return bad.length > 0 ? bad : [fine(about, what)];
}

export const hour = 3600; // seconds
export const day = 24 * hour;

/** "45 min", "3 h", "12 days"; beyond a year nobody asks. */
export function timeInWords(seconds: number): string {
  if (seconds < hour) return `${Math.round(seconds / 60)} min`;
  if (seconds < 2 * day) return `${Math.round(seconds / hour)} h`;
  return seconds > 365 * day ? 'more than a year' : `${Math.round(seconds / day)} days`;
}
