/** What is wrong with a file of PacketFence as a text, whatever it means. PacketFence itself says little of it, and late. */
import { type Complaint, error, warning } from './complaint.js';
import { entriesOf, type PfFile } from './pf-file.js';

export function checkPfFile(file: PfFile): readonly Complaint[] {
  const { lines } = file;
  const crlf = lines.filter(({ end }) => end === '\r\n');
  const entries = entriesOf(file);
  const repeated = <T extends { readonly section: string }>(all: readonly T[], same: (a: T, b: T) => boolean) =>
    all.filter((one, i) => all.findIndex((other) => same(one, other)) < i);
  return [
    ...(file.bom
      ? [error(1, 'the file begins with a byte order mark, which PacketFence 9 cannot read', 'Save it without one')]
      : []),
    ...(crlf.length === 1 && lines[0]?.end === '\r\n'
      ? [
          error(
            1,
            'this line alone ends with a carriage return: PacketFence cannot read the file',
            'Save it with Unix line ends',
          ),
        ]
      : []),
    ...(crlf.length > 1
      ? [
          warning(
            crlf[0]?.number ?? 1,
            `${crlf.length} lines end with a carriage return`,
            'Save it with Unix line ends',
          ),
        ]
      : []),
    ...lines.flatMap((line) =>
      line.kind === 'garbage'
        ? [
            error(
              line.number,
              `"${line.text.trim()}" is no section, key or comment: PacketFence goes on with its old configuration and does not say so`,
              'Write key=value, or put # in front',
            ),
          ]
        : [],
    ),
    ...(file.endless === undefined
      ? []
      : [
          error(
            file.endless,
            'the value that begins here with << never ends, and swallows the rest of the file',
            'Close it with its word on a line of its own',
          ),
        ]),
    ...lines.flatMap((line) =>
      line.text.includes('[%') ? [error(line.number, '"[%" is code to PacketFence 12 and later', 'Remove it')] : [],
    ),
    ...entries.flatMap(({ section, key, line }) =>
      section === '' ? [error(line, `${key} stands before the first section`, 'Move it below a [section]')] : [],
    ),
    ...entries.flatMap(({ key, value, line }) =>
      /\s$/.test(value)
        ? [
            error(
              line,
              `the value of ${key} ends with a blank, which PacketFence keeps (after management_ip it switches clustering off)`,
              'Remove the blank',
            ),
          ]
        : [],
    ),
    ...entries.flatMap(({ key, value, line }) =>
      /\s[#;]/.test(value)
        ? [
            error(
              line,
              `the value of ${key} keeps what follows it ("${value}")`,
              'Put the comment on a line of its own',
            ),
          ]
        : [],
    ),
    ...repeated(
      lines.flatMap((line) => (line.kind === 'section' ? [line] : [])),
      (a, b) => a.section === b.section,
    ).map(({ number, section }) => error(number, `[${section}] is here twice: PacketFence merges them`, 'Keep one')),
    ...repeated(entries, (a, b) => a.section === b.section && a.key === b.key).map(({ line, section, key }) =>
      error(line, `${key} is twice in [${section}]: PacketFence joins them into one value of two lines`, 'Keep one'),
    ),
  ];
}
