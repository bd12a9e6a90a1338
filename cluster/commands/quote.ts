/** One word for a POSIX shell: whatever the value holds, the shell reads it back as it is. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('A shell word cannot hold a NUL character');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
