import { closest, distance } from 'fastest-levenshtein';

/** ` Did you mean "hq"?`, or nothing where no known word is near. `means`: what that word would do. */
export function didYouMean(
  word: string,
  known: readonly string[],
  means: Readonly<Record<string, string>> = {},
): string {
  if (known.length === 0) return '';
  const near = closest(word, known);
  if (near === word || distance(word, near) > Math.max(2, near.length / 3)) return '';
  return ` Did you mean "${near}"?${means[near] === undefined ? '' : ` That is: ${means[near]}.`}`;
}

/** Where the name of a cluster is probably mistyped. */
export function noSuchCluster(cluster: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || known.includes(cluster)) return undefined;
  return `There is no cluster "${cluster}", and no run of one.${didYouMean(cluster, known)} Known: ${known.join(', ')}.`;
}
