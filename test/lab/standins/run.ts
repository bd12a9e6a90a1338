/** Runs one case on a node over SSH, in one visit, and brings back what was seen. */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { type Case, WATCHED } from './case.js';

/** How the node is reached: arguments of ssh up to and with the destination. */
export type Destination = readonly string[];

export interface Seen {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths of watched files that are other than before. */
  readonly changed: readonly string[];
}

const PRELUDE = readFileSync(new URL('./prelude.sh', import.meta.url), 'utf8');
const PRINT = `print() { for file in ${Object.values(WATCHED).join(' ')} $PF/var/run/*-cluster-disabled; do
  printf '%s ' "$file"; { stat -c '%U:%G %a' "$file"; sha256sum <"$file"; } 2>/dev/null | tr '\\n' ' '; echo; done; }`;

/** sh of the whole visit. The command runs in a shell of its own, so that its `exit` is only its own. */
function visit({ given, run, after }: Case): string {
  return `${PRELUDE}
${PRINT}
folder=$(mktemp -d)
{ ${given ?? ':'}
} >"$folder/given" 2>&1 || { echo "given: $(base64 -w0 <"$folder/given")"; exit 90; }
print >"$folder/before"
START=$(date +%s)
( ${run}
) >"$folder/out" 2>"$folder/err" </dev/null
echo "code: $?"
print >"$folder/after"
echo "out: $(base64 -w0 <"$folder/out")"
echo "err: $(base64 -w0 <"$folder/err")"
echo "changed: $(diff "$folder/before" "$folder/after" | sed -n 's/^[<>] \\([^ ]*\\) .*/\\1/p' | sort -u | tr '\\n' ' ' | base64 -w0)"
{ ${after ?? ':'}
} >"$folder/put" 2>&1 || { echo "after: $(base64 -w0 <"$folder/put")"; exit 91; }
rm -rf "$folder"`;
}

export async function runCase(destination: Destination, wanted: Case): Promise<Seen> {
  const answer = await execa('ssh', [...destination, 'sh', '-s'], {
    input: visit(wanted),
    reject: false,
    timeout: 300_000,
  });
  const said = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(answer.stdout)?.[1] ?? '';
  const text = (name: string): string => Buffer.from(said(name), 'base64').toString();
  if (answer.exitCode !== 0) {
    const seen = [text('given'), text('after'), text('out'), text('err'), answer.stderr].filter(
      (words) => words !== '',
    );
    throw new Error(`the visit itself ended with ${answer.exitCode ?? 'no answer in time'}: ${seen.join('\n')}`);
  }
  return {
    code: Number(said('code')),
    stdout: text('out'),
    stderr: text('err'),
    changed: text('changed')
      .split(' ')
      .filter((path) => path !== ''),
  };
}
