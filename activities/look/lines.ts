/** "key<tab>value" lines, as our scripts say them. A key may stand more than once. */
export class Lines {
  private readonly values = new Map<string, string[]>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const tab = line.indexOf('\t');
      if (tab < 0) continue;
      const key = line.slice(0, tab);
      this.values.set(key, [...(this.values.get(key) ?? []), line.slice(tab + 1)]);
    }
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  all(key: string): readonly string[] {
    return this.values.get(key) ?? [];
  }

  one(key: string): string {
    return this.values.get(key)?.[0] ?? '';
  }

  /** 0 where the node said nothing. */
  number(key: string): number {
    return Number(this.one(key)) || 0;
  }

  /** A file that was sent as base64; undefined: no such file. */
  file(key: string): string | undefined {
    return this.has(key) ? Buffer.from(this.one(key), 'base64').toString() : undefined;
  }
}
