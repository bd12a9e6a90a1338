/** How judgements are worded. A judgement is pure: values in, words out; an activity adds the hash. */
import type { Finding } from './words.js';

/** A finding before it is hashed. */
export type Unhashed<F extends Finding> = Omit<F, 'hash'>;

/** "pf1, pf2 and pf3" */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** "1 transaction", "3 transactions" */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}

/** Verb for a list of names: verb(['pf1'], 'is', 'are') */
export function verb(names: readonly string[], one: string, many: string): string {
  return `${list(names)} ${names.length === 1 ? one : many}`;
}

/** "812 MB", "12 GB" */
export function megabytes(bytes: number): string {
  return bytes < 10 * 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MB` : `${Math.round(bytes / 2 ** 30)} GB`;
}

/** In the midst of words: never wrapped (text.ts), so that it can be copied. */
export const onItsOwnLine = (command: string): string => `\n  ${command}\n`;

/** The key only where there is something to say: `exactOptionalPropertyTypes` knows absent from undefined. */
export function refused(reasons: readonly string[]): { readonly refusal?: string } {
  return reasons.length > 0 ? { refusal: reasons.join(' ') } : {};
}
