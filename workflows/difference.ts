/** What is no longer so, and what is new, in words. Pure. */
export function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const gone = before.filter((line) => !after.includes(line));
  const come = after.filter((line) => !before.includes(line));
  return [...gone.map((line) => `no longer: ${line}`), ...come.map((line) => `now: ${line}`)];
}
