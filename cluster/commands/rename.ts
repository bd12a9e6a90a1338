/**
 * Guide 9.2: what has a server call its interfaces otherwise from its next boot on. Until then it goes by its old names, and all
 * of it can be put back: by the run, or by a script that is left on the server for whoever stands at its console.
 */
import { backScript, type FileRenamed, linkFile, type Move, pathsOf, type Renaming, wayBack } from '../renaming.js';
import type { NodeName, Reversible } from '../words.js';
import { inTurn, keepAndPut, restoreKept } from './kept-file.js';
import { quote } from './quote.js';
import { lines } from './shell.js';

/**
 * RULE MAC FROM TO FROM TO...: its input, renamed. All names at once, so that two may change places, and whole words, each with
 * its VLANs: eno1 is neither eno16780032 nor in it. With a MAC address it says so too, where it said none.
 */
const renames = `use strict; use warnings;
my ($rule, $mac, %to) = @ARGV;
my $names = join "|", map { quotemeta } keys %to;
my $word = qr/($names)(?=(?:\\.\\d+)?(?![\\w.-]))/;
my ($found, $end) = (0, "\\n");
while (my $line = <STDIN>) {
  $end = $line =~ /\\n\\z/ ? "" : "\\n";
  if ($rule eq "words") { $line =~ s/(?<![\\w.-])$word/$to{$1}/g }
  elsif ($rule eq "link") { $line =~ s/^(\\s*Name\\s*=\\s*)$word/$1$to{$2}/ }
  elsif ($rule eq "udev") { $line =~ s/(\\bNAME:?=")$word/$1$to{$2}/g }
  elsif ($rule eq "sections") { $line =~ s/^(\\s*\\[\\s*interface\\s+)$word(?=[.\\d]*\\s*\\])/$1$to{$2}/ }
  elsif ($rule eq "grub" and $line =~ /^\\s*GRUB_CMDLINE_LINUX=/) {
    $found = 1;
    unless ($line =~ /\\bnet\\.ifnames=0\\b/) {
      $line =~ s/=(["\\x27])\\1/=$1net.ifnames=0$1/ or $line =~ s/=(["\\x27])(.*?)\\1/=$1$2 net.ifnames=0$1/ or $line =~ s/=(\\S*)/="$1 net.ifnames=0"/;
    }
  }
  $found = 1 if $mac ne "" and $line =~ /^\\s*HWADDR=/;
  print $line;
}
print "\${end}HWADDR=$mac\\n" if $mac ne "" and not $found;
print "\${end}GRUB_CMDLINE_LINUX=\\"net.ifnames=0\\"\\n" if $rule eq "grub" and not $found;
`;

/** So that the names are there as early as the kernel finds the interfaces; the newest kernel is not always the one that starts. */
const intoInitramfs =
  'if command -v update-initramfs >/dev/null 2>&1; then update-initramfs -u -k all; elif command -v dracut >/dev/null 2>&1; then dracut --force --regenerate-all; fi';

/** A MAC address is a VLAN's and a bridge's too. systemd before 245 knows no type of an interface of the hardware. */
const linkText = ({ mac, from, to }: Move, systemd: number): string =>
  `# ${from} before; pfrunbook, for cluster.conf.\n[Match]\nMACAddress=${mac}\n${systemd >= 245 ? 'Type=ether\n' : ''}\n[Link]\nName=${to}\n`;

/** What stands in each of the server's files afterwards: from its kept copy, so that a second time makes nothing else. */
function contents({ by, moves, files, systemd }: Renaming): readonly Content[] {
  const names = moves.flatMap(({ from, to }) => [from, to]);
  const changed = ({ path, as, rule, mac = '' }: Omit<FileRenamed, 'rule'> & { readonly rule: string }): Content => ({
    from: path,
    to: as,
    text: `renamed ${[rule, mac, ...names].map(quote).join(' ')} <"$kept"`,
  });
  return [
    ...files.map(changed),
    ...(by === 'link files'
      ? moves.map((move) => ({ to: linkFile(move), text: `printf %s ${quote(linkText(move, systemd))}` }))
      : [changed({ path: grub, as: grub, rule: 'grub' })]),
  ];
}

interface Content {
  /** Whose kept copy it is made of. */
  readonly from?: string;
  readonly to: string;
  /** Words of sh that print it. */
  readonly text: string;
}

const grub = '/etc/default/grub';

/** Nothing takes effect before the next boot, but what is made anew meanwhile. */
export function renameInterfaces(renaming: Renaming, run: string): Reversible {
  const { node, moves, by, grubCfg } = renaming;
  const all = contents(renaming);
  const paths = pathsOf(renaming);
  const gone = renaming.files.map(({ path }) => path).filter((path) => !all.some(({ to }) => to === path));
  const done = quote(`${backScript(run)}.done`);
  const back = putBack(renaming, run);
  const at = (path: string) => inTurn(run, path);
  const perl = `renamed() { perl -e ${quote(renames)} -- "$@"; }`;
  const given = Object.fromEntries(moves.map(({ from, to }) => [from, to]));
  return {
    verb: 'renameInterfaces',
    node,
    title: `Rename the interfaces of ${node}`,
    given,
    requires: moves.map(({ mac, from }) => `[ "$(cat ${sysfs(from)} 2>/dev/null)" = ${quote(mac)} ]`).join(' && '),
    script: lines(
      'set -e',
      perl,
      keepAndPut(run, paths[0] ?? '')
        .replaceAll('pf:pf', 'root:root')
        .replaceAll('chmod 664', 'chmod 644'),
      ...paths.map((path) => `${at(path)}; keep`),
      // At a console one word must do: it is there before anything is changed.
      `( umask 077; printf '%s\\n' ${quote(back.script)} >${quote(backScript(run))} ); sync ${quote(backScript(run))}`,
      'made=$(mktemp)',
      ...all.map(({ from, to, text }) =>
        lines(
          from === undefined ? false : `${at(from)}; source=$kept`,
          `${text} >"$made"`,
          `${at(to)}; mkdir -p "$(dirname "$file")"`,
          // Under another name it has the owner and the mode of before: a key is nobody else's.
          from !== undefined && from !== to && '[ -e "$file" ] || cp -p "$source" "$file"',
          'put <"$made"',
        ),
      ),
      'rm -f "$made"',
      ...gone.map((path) => `rm -f ${quote(path)}`),
      by === 'link files' ? intoInitramfs : `grub2-mkconfig -o ${quote(grubCfg)}`,
      // What it says is how a later run knows whose files these are, and what puts them back.
      `printf '%s\\n' ${moves.map(({ mac, from, to }) => quote(`${mac} ${from} ${to}`)).join(' ')} >${done}; sync ${done}`,
    ),
    wanted: lines(
      perl,
      `[ -e ${done} ] && ${[
        ...all.map(({ from, to, text }) =>
          from === undefined
            ? `${text} | cmp -s - ${quote(to)}`
            : `{ ${at(from)}; [ -e "$kept" ]; } && ${text} | cmp -s - ${quote(to)}`,
        ),
        ...gone.map((path) => `[ ! -e ${quote(path)} ]`),
        ...(by === 'ifcfg files' ? [`grep -qw 'net\\.ifnames=0' ${quote(grubCfg)}`] : []),
      ].join(' && ')}`,
    ),
    tells: {
      wanted: 'every file with the new names, for the next boot',
      requires: `that it calls its interfaces so: ${moves.map(({ from, mac }) => `${from} (${mac})`).join(', ')}`,
      seen: paths.map((path) => `ls -l ${quote(path)} 2>&1 || :`).join('\n'),
    },
    repeatable: true,
    inverse: back,
  };
}

function putBack(renaming: Renaming, run: string): Reversible['inverse'] {
  const { node, moves, by } = renaming;
  const paths = pathsOf(renaming);
  const done = quote(`${backScript(run)}.done`);
  return {
    verb: 'restoreInterfaces',
    node,
    title: `Put the network files of ${node} back as they were`,
    given: Object.fromEntries(moves.map(({ from, to }) => [to, from])),
    script: lines(
      'set -e',
      `rm -f ${done}`,
      ...paths.map((path) => restoreKept(run, path).script),
      by === 'link files' && intoInitramfs,
    ),
    wanted: lines(`[ ! -e ${done} ]`, ...paths.map((path) => `[ $? = 0 ] && { ${restoreKept(run, path).wanted}; }`)),
    tells: {
      wanted: `the network files as they were before this run (at its console, as root: ${wayBack(run)})`,
      seen: paths.map((path) => `ls -l ${quote(path)} 2>&1 || :`).join('\n'),
    },
    repeatable: true,
  };
}

const sysfs = (name: NodeName): string => `/sys/class/net/${quote(name)}/address`;
