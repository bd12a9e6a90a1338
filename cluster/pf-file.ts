/**
 * PacketFence's INI files as lines. PacketFence reads them by rules of its own (Config::IniFiles): case counts, a value
 * keeps its trailing blanks and comments, a repeated section is merged, a repeated key adds a line to the value, and
 * `key=<<EOT` runs to a line `EOT`. An edit replaces lines; everything else stays byte for byte.
 */

export interface PfFile {
  readonly bom: boolean;
  readonly lines: readonly Line[];
  /** Line of a heredoc that never ends: it swallows the rest of the file, and whatever were added. */
  readonly endless?: number;
}

export type Line = Raw &
  (
    | { readonly kind: 'section'; readonly section: string }
    /** The lines of a heredoc follow as `continuation`. */
    | { readonly kind: 'entry'; readonly section: string; readonly key: string; readonly value: string }
    | { readonly kind: 'continuation' | 'comment' | 'blank' | 'garbage' }
  );

interface Written {
  /** Without its end. */
  readonly text: string;
  /** "\n", "\r\n", or nothing at the end of the file. */
  readonly end: string;
}

interface Raw extends Written {
  /** From 1. */
  readonly number: number;
}

export interface Entry {
  readonly section: string;
  readonly key: string;
  /** As PacketFence takes it: leading blanks cut, trailing ones kept; a heredoc's lines joined. */
  readonly value: string;
  readonly line: number;
}

export function pfFileFromText(text: string): PfFile {
  const bom = text.startsWith('\uFEFF');
  let section = '';
  let heredoc: string | undefined;
  const lines = rawLines(bom ? text.slice(1) : text).map((raw): Line => {
    if (heredoc !== undefined) {
      if (raw.text === heredoc) heredoc = undefined;
      return { ...raw, kind: 'continuation' };
    }
    if (/^\s*$/.test(raw.text)) return { ...raw, kind: 'blank' };
    if (/^\s*[#;]/.test(raw.text)) return { ...raw, kind: 'comment' };
    const [, heading] = /^\s*\[\s*(\S|\S.*\S)\s*\]\s*$/s.exec(raw.text) ?? [];
    if (heading !== undefined) {
      section = heading;
      return { ...raw, kind: 'section', section };
    }
    const [, key, value = ''] = /^\s*([^=]*?\S)\s*=\s*(.*)$/s.exec(raw.text) ?? [];
    if (key === undefined) return { ...raw, kind: 'garbage' };
    [, heredoc] = /^<<\s*(\S+)\s*$/.exec(value) ?? [];
    return { ...raw, kind: 'entry', section, key, value };
  });
  const opened = heredoc === undefined ? undefined : lines.findLast(({ kind }) => kind === 'entry');
  return { bom, lines, ...(opened && { endless: opened.number }) };
}

export function pfFileToText({ bom, lines }: PfFile): string {
  return textOf(bom, lines);
}

/** In file order; a heredoc's value is its lines. */
export function entriesOf({ lines }: PfFile): readonly Entry[] {
  return lines.flatMap((line, i) => {
    if (line.kind !== 'entry') return [];
    const after = lines.slice(i + 1);
    const body = after.slice(0, heredocLength(after));
    const value =
      body.length > 0
        ? body
            .slice(0, -1)
            .map(({ text }) => text)
            .join('\n')
        : line.value;
    return [{ section: line.section, key: line.key, value, line: line.number }];
  });
}

export interface Section {
  readonly name: string;
  /** Of its first heading. */
  readonly line: number;
  readonly keys: readonly Entry[];
}

/** In the order of their first heading. */
export function sectionsOf(file: PfFile): readonly Section[] {
  const entries = entriesOf(file);
  const first = new Map<string, number>();
  for (const line of file.lines)
    if (line.kind === 'section' && !first.has(line.section)) first.set(line.section, line.number);
  return [...first].map(([name, line]) => ({ name, line, keys: entries.filter(({ section }) => section === name) }));
}

/** The last one, as PacketFence would keep a plain value; undefined: no such key. */
export function readValue(file: PfFile, section: string, key: string): string | undefined {
  return entriesOf(file).findLast((entry) => entry.section === section && entry.key === key)?.value;
}

/**
 * Replaces the key's line and its repetitions; else adds it to the end of its section; else adds the section.
 * Throws for a value of more than one line, and where a heredoc never ends.
 */
export function setValue(file: PfFile, section: string, key: string, value: string): PfFile {
  if (/[\r\n]/.test(value)) throw new Error(`[${section}] ${key}: a value is one line`);
  if (file.endless !== undefined) throw new Error(`the heredoc of line ${file.endless} never ends`);
  const { lines } = file;
  const end = lines.find((line) => line.end !== '')?.end ?? '\n';
  const entry = { text: `${key}=${value}`, end };
  const owners = lines.map((line, i) =>
    line.kind === 'continuation' ? lines.findLastIndex((one, k) => k < i && one.kind === 'entry') : i,
  );
  const mine = (i: number): boolean => {
    const owner = lines[owners[i] ?? -1];
    return owner?.kind === 'entry' && owner.section === section && owner.key === key;
  };
  const first = lines.findIndex((_, i) => mine(i));
  if (first >= 0) {
    return reread(
      file,
      lines.flatMap((line, i) => (i === first ? [{ ...entry, end: line.end }] : mine(i) ? [] : [line])),
    );
  }
  const at = lastOfSection(lines, section);
  if (at >= 0) return reread(file, [...ended(lines.slice(0, at + 1), end), entry, ...lines.slice(at + 1)]);
  return reread(file, [...ended(lines, end), { text: `[${section}]`, end }, entry]);
}

function rawLines(text: string): Raw[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/g)]
    .map(([, content = '', end = ''], i) => ({ number: i + 1, text: content, end }))
    .filter(({ text: content, end }) => content !== '' || end !== '');
}

function heredocLength(after: readonly Line[]): number {
  const length = after.findIndex(({ kind }) => kind !== 'continuation');
  return length < 0 ? after.length : length;
}

/** The last line with content of a section's first stretch: a new key comes before the blank lines that part it from the next. */
function lastOfSection(lines: readonly Line[], section: string): number {
  const start = lines.findIndex((line) => line.kind === 'section' && line.section === section);
  if (start < 0) return -1;
  const next = lines.findIndex((line, i) => i > start && line.kind === 'section');
  const stretch = lines.slice(start, next < 0 ? undefined : next);
  return start + stretch.findLastIndex(({ kind }) => kind === 'section' || kind === 'entry' || kind === 'continuation');
}

/** A file without a final newline gets one before something is added. */
function ended(lines: readonly Written[], end: string): readonly Written[] {
  return lines.map((line, i) => (i === lines.length - 1 && line.end === '' ? { ...line, end } : line));
}

function reread({ bom }: PfFile, lines: readonly Written[]): PfFile {
  return pfFileFromText(textOf(bom, lines));
}

function textOf(bom: boolean, lines: readonly Written[]): string {
  return (bom ? '\uFEFF' : '') + lines.map(({ text, end }) => text + end).join('');
}
