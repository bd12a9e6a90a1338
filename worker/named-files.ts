/** The files that access.ini names: what can be told of them before anything is done. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { resolveSecret } from '../activities/secrets.js';

export async function complaintsAboutKey(
  { identity }: { readonly identity?: string | undefined },
  folder: string,
): Promise<readonly string[]> {
  if (!identity)
    return process.env.SSH_AUTH_SOCK
      ? []
      : [`${folder}/access.ini [ssh]: no identity, and no agent (SSH_AUTH_SOCK is not set): name a private key.`];
  const file = resolve(folder, identity);
  const seen = await stat(file).catch(() => undefined);
  if (!seen)
    return [`${folder}/access.ini [ssh] identity: ${file} is missing. Put the private key there, or correct the path.`];
  return seen.mode & 0o077 ? [`${file}: others can read this private key. Run: chmod 600 ${file}`] : [];
}

export async function complaintsAboutKnownHosts(
  { known_hosts }: { readonly known_hosts: string },
  folder: string,
): Promise<readonly string[]> {
  const file = resolve(folder, known_hosts);
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable
    ? []
    : [
        `${folder}/access.ini [ssh] known_hosts: ${file} is missing. Collect the nodes' host keys there; none is ever accepted by itself.`,
      ];
}

/** A path is relative to access.ini, as any other. */
export const besideIt = (reference: string, folder: string): string =>
  reference.replace(/^file:(.*)$/s, (_, path: string) => `file:${resolve(folder, path)}`);

/** What stands in a file can be told now; an environment is the worker's, and a command is run when it is needed. */
export async function complaintsAboutSecret(
  key: string,
  reference: string | undefined,
  folder: string,
): Promise<readonly string[]> {
  if (!reference?.startsWith('file:')) return [];
  const file = besideIt(reference, folder).slice('file:'.length);
  const seen = await stat(file).catch(() => undefined);
  if (!seen)
    return [`${folder}/access.ini ${key}: ${file} is missing. Put the password there, or correct the reference.`];
  const wrong = await resolveSecret(`file:${file}`).then(
    () => [],
    (error: unknown) => [`${folder}/access.ini ${key}: ${error instanceof Error ? error.message : String(error)}`],
  );
  return seen.mode & 0o007 ? [...wrong, `${file}: others can read this password. Run: chmod 600 ${file}`] : wrong;
}
