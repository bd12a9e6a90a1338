import { closest, distance } from 'fastest-levenshtein';

/** ` Did you mean "hq"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const near = closest(word, known);
  return distance(word, near) <= Math.max(2, near.length / 3) ? ` Did you mean "${near}"?` : '';
}

/** Where the name of a cluster is probably mistyped. */
export function noSuchCluster(cluster: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || known.includes(cluster)) return undefined;
  return `There is no cluster "${cluster}", and no run of one.${didYouMean(cluster, known)} Known: ${known.join(', ')}.`;
}
