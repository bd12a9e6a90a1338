/** Secrets are references until the moment they are used: `env:NAME`, `file:PATH`, `exec:COMMAND` (sh), read on the worker. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { quote } from '../cluster/commands/quote.js';

/** Resolved: never logged, never returned from an activity. */
export interface Secrets {
  readonly values: Readonly<Record<string, string>>;
  /** Takes every value out of a text that leaves the worker. */
  redact(text: string): string;
}

/** `references`: name -> reference. Throws one error with every complaint; it names references, never values. */
/** `references`: name -> reference. Throws one error with every complaint; it names references, never values. */
export async function resolveSecrets(references: Readonly<Record<string, string>> = {}): Promise<Secrets> {
  const found = await Promise.allSettled(
    Object.entries(references).map(async ([name, reference]) => [name, await resolveSecret(reference)] as const),
  );
  const complaints = found.flatMap((each) => (each.status === 'rejected' ? [messageOf(each.reason)] : []));
  if (complaints.length > 0) throw new Error(complaints.join(' '));
  const values = Object.fromEntries(found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  const longestFirst = [...new Set(Object.values(values).flatMap(waysToWrite))].toSorted((a, b) => b.length - a.length);
  return { values, redact: (text) => longestFirst.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text) };
}

/** As it is, and as a shell or JSON repeats it. */
const waysToWrite = (value: string): string[] => [value, quote(value).slice(1, -1), JSON.stringify(value).slice(1, -1)];

/** Lines of sh that set them, for a script that goes over stdin. */
export function exportsOf({ values }: Secrets): string {
  return Object.entries(values)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('');
}

/** Exactly what stands there, without the one line end that files and programs put behind their last line. */
export async function resolveSecret(reference: string): Promise<string> {
  const [kind, rest] = split(reference);
  const named = `The secret ${kind}:${kind === 'exec' ? '...' : rest}`;
  const value = await read(kind, rest).catch((error: unknown) => {
    throw new Error(`${named} cannot be read: ${messageOf(error)}.`);
  });
  if (value === '') throw new Error(`${named} is empty.`);
  if (value.includes('\0')) throw new Error(`${named} holds a NUL character: no program could be told it.`);
  return value;
}

async function read(kind: string, rest: string): Promise<string> {
  if (kind === 'env') {
    const value = process.env[rest];
    if (value === undefined) throw new Error('no such environment variable');
    return value;
  }
  if (kind === 'file') return textOf(await readFile(rest));
  const { exitCode, stdout, timedOut } = await execa('sh', ['-c', rest], {
    timeout: 20_000,
    reject: false,
    stdin: 'ignore',
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  if (timedOut) throw new Error('its command did not end within 20 s');
  if (exitCode !== 0) throw new Error(`its command ended with code ${exitCode}`); // what it printed may be the secret
  return textOf(stdout);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    throw new Error('it is no UTF-8 text');
  }
}

function split(reference: string): [string, string] {
  const [, kind, rest] = /^(env|file|exec):(.+)$/s.exec(reference) ?? [];
  // The text itself stays unsaid: somebody may have put the secret in place of its reference.
  if (!kind || !rest) throw new Error('A secret is written as a reference: env:NAME, file:PATH or exec:COMMAND.');
  return [kind, rest];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
