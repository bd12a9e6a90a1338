/**
 * allowed_signers, as ssh-keygen(1) describes it: "names [options] keytype base64 [comment]". ssh-keygen judges; this only
 * says who is in it, and complains where a line could name nobody in particular.
 */
import type { Signer } from './approval.js';

/** `complaints`: "line 3: ...", without the file. */
export function readAllowedSigners(text: string): {
  readonly signers: readonly Signer[];
  readonly complaints: readonly string[];
} {
  const signers: Signer[] = [];
  const complaints: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const key = keyIn(line);
    const names = (/^\s*("[^"]*"|\S+)/.exec(line)?.[1] ?? '').replaceAll('"', '').split(',');
    if (!key || line.trimStart().startsWith(key))
      complaints.push(
        `line ${i + 1}: is not "name key", as in "anna ssh-ed25519 AAAA...": copy the key from a .pub file.`,
      );
    else if (names.some((name) => /^$|[*?!]/.test(name)))
      complaints.push(`line ${i + 1}: "${names.join(',')}" names no person: a pattern lets anyone take any name.`);
    else signers.push(...names.map((name) => ({ name, key })));
  }
  return { signers, complaints };
}

/** "ssh-ed25519 AAAA...", out of a line of allowed_signers, of a .pub file or of `ssh-add -L`. */
export function keyIn(line: string): string | undefined {
  const [, type, base64] = /(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)\s+(AAAA[\w+/]+=*)/.exec(line) ?? [];
  return type && base64 && `${type} ${base64}`;
}
