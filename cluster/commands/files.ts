/** Changes of PacketFence's files on a node: whole, or key by key where the rest holds what is nobody's business. */
import type { NodeName, Reversible } from '../words.js';
import { keepAndPut, restoreKept } from './kept-file.js';
import { quote } from './quote.js';
import { lines } from './shell.js';

/** One key of an INI file. `secret`: a reference, resolved on the worker; its value is never in a history. */
export interface KeyEdit {
  readonly section: string;
  readonly key: string;
  readonly value: string | { readonly secret: string };
}

/** A whole file without secrets in it. */
export function writeFile(node: NodeName, run: string, path: string, content: string): Reversible {
  return {
    verb: 'writeFile',
    node,
    title: `Write ${path} on ${node}`,
    given: { path, content },
    script: lines('set -e', keepAndPut(run, path), 'keep', `printf %s ${quote(content)} | put`),
    wanted: `printf %s ${quote(content)} | cmp -s - ${quote(path)}`,
    tells: { wanted: `${path} as this run writes it`, seen: `ls -l ${quote(path)} 2>&1 || :` },
    repeatable: true,
    inverse: restoreFile(node, run, path),
  };
}

/**
 * Sets keys where they stand, else at the end of their section, else in a new section at the end; every other byte
 * stays. On the node, because pf.conf holds passwords and is read nowhere else. As setValue of pf-file.ts does it.
 */
export function setKeys(node: NodeName, run: string, path: string, edits: readonly KeyEdit[]): Reversible {
  const secrets: Record<string, string> = {};
  const words = edits.flatMap(({ section, key, value }) => {
    if (typeof value === 'string') return [section, key, `=${value}`];
    const variable = `PF_SECRET_${Object.keys(secrets).length + 1}`;
    secrets[variable] = value.secret;
    return [section, key, `$${variable}`];
  });
  const edit = (mode: 'set' | 'ask') => `perl -e ${quote(editor)} ${mode} "$file" ${words.map(quote).join(' ')}`;
  const keys = edits.map(({ section, key }) => `[${section}] ${key}`).join(', ');
  return {
    verb: 'setKeys',
    node,
    title: `Set ${keys} in ${path} on ${node}`,
    given: {
      path,
      ...Object.fromEntries(
        edits.map(({ section, key, value }) => [
          `[${section}] ${key}`,
          typeof value === 'string' ? value : `the secret of ${value.secret}`,
        ]),
      ),
    },
    ...(Object.keys(secrets).length > 0 && { secrets }),
    // Into a file first: what fails half way through must not leave half of pf.conf.
    script: lines(
      'set -e',
      keepAndPut(run, path),
      'keep',
      'new=$(mktemp)',
      `${edit('set')} >"$new"`,
      'put <"$new"',
      'rm -f "$new"',
    ),
    wanted: lines(`file=${quote(path)}`, edit('ask')),
    tells: { wanted: `${path} with ${keys} as asked`, seen: `ls -l ${quote(path)} 2>&1 || :` },
    repeatable: true,
    inverse: restoreFile(node, run, path),
  };
}

function restoreFile(node: NodeName, run: string, path: string) {
  return {
    verb: 'restoreFile',
    node,
    title: `Put ${path} of ${node} back as it was`,
    given: { path },
    ...restoreKept(run, path),
    tells: { wanted: `${path} as it was before this run`, seen: `ls -l ${quote(path)} 2>&1 || :` },
    repeatable: true,
  };
}

/** set: prints the file with the keys set. ask: exit 0 where each key is there once with its value. `$NAME`: a secret in the environment. */
const editor = String.raw`
my ($mode, $file, @edits) = @ARGV; my @lines;
if (open my $in, "<", $file) { @lines = <$in> } elsif (-e $file) { die "$file: $!\n" }
my ($end) = map { /(\r?\n)\z/ ? $1 : () } @lines; $end //= "\n";
sub scan { # per line: its section, and the key that it belongs to
  my ($s, $k, $until) = ("", undefined()); my @at;
  for (@lines) { (my $t = $_) =~ s/\r?\n\z//; $t =~ s/^\xef\xbb\xbf// if !@at;
    if (defined $until) { push @at, [$s, $k, 0, undef, 1]; undef $until if $t eq $until; next }
    if ($t =~ /^\s*$/ || $t =~ /^\s*[#;]/) { push @at, [$s, undef, 0]; next }
    if ($t =~ /^\s*\[\s*(\S|\S.*\S)\s*\]\s*$/) { $s = $1; push @at, [$s, undef, 1]; next }
    if ($t =~ /^\s*([^=]*?\S)\s*=\s*(.*)$/) { $k = $1; my $v = $2; $until = $1 if $v =~ /^<<\s*(\S+)\s*$/; push @at, [$s, $k, 0, $v, 1]; next }
    push @at, [$s, undef, 0] }
  die "$file: a heredoc never ends\n" if defined $until; return @at }
sub undefined { return undef }
my $wrong = 0;
while (my ($section, $key, $value) = splice @edits, 0, 3) {
  $value = $value =~ s/^\$// ? $ENV{$value} : substr $value, 1;
  die "[$section] $key: no value\n" if !defined $value; die "[$section] $key: a value is one line\n" if $value =~ /[\r\n]/;
  my @at = scan();
  my @mine = grep { $at[$_][0] eq $section && defined $at[$_][1] && $at[$_][1] eq $key } 0 .. $#at;
  if ($mode eq "ask") { $wrong++ if @mine != 1 || $at[$mine[0]][3] ne $value; next }
  my $new = "$key=$value";
  if (@mine) { my $first = shift @mine; $lines[$first] =~ /(\r?\n)?\z/; $lines[$first] = $new . ($1 // ""); splice @lines, $_, 1 for reverse @mine; next }
  my ($start) = grep { $at[$_][2] && $at[$_][0] eq $section } 0 .. $#at;
  my $last = $#lines;
  if (defined $start) { $last = $start; for ($start + 1 .. $#at) { last if $at[$_][2]; $last = $_ if $at[$_][4] } }
  $lines[$last] .= $end if @lines && $lines[$last] !~ /\n\z/;
  splice @lines, $last + 1, 0, (defined $start ? () : "[$section]$end"), "$new$end" }
if ($mode eq "ask") { exit($wrong ? 1 : 0) } print @lines; close STDOUT or die "$!\n"`;
