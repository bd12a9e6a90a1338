/** Secrets that come into a run by its arguments, or are made for it: on the worker only, where they are resolved. */
import { randomInt, randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { Acts } from '../activities/contract.js';
import { resolveSecret } from '../activities/secrets.js';
import { complaintsAboutSecret, secretLength } from '../cluster/keepalived.js';
import { isRunName, secretFile } from '../cluster/places.js';

export const secretActivities = (state: string): Pick<Acts, 'keepalivedSecret'> => ({
  async keepalivedSecret({ run, given }) {
    if (given === undefined) return { reference: await makeSecret(state, run, 'keepalived'), complaints: [] };
    return { reference: given, complaints: await complaintsAbout(given) };
  },
});

async function complaintsAbout(given: string): Promise<readonly string[]> {
  const [, kind, rest = ''] = /^(env|file):(.+)$/s.exec(given) ?? [];
  // What a run is started with comes from whoever reaches Temporal: it must not make the worker run a command.
  if (kind === undefined) return ['It must be env:NAME or file:/PATH.'];
  if (kind === 'file' && !isAbsolute(rest)) return [`${given}: write the whole path; it is read on the worker.`];
  try {
    return complaintsAboutSecret(await resolveSecret(given)).map((words) => `${given}: ${words}`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Once for a run, whoever asks again: a reference to a file that only the worker's user reads. */
async function makeSecret(state: string, run: string, name: string): Promise<string> {
  if (!isRunName(run)) throw new Error(`"${run}" is not the name of a run: no secret was made.`);
  const file = secretFile(state, run, name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, Array.from({ length: secretLength }, () => letters[randomInt(letters.length)]).join(''), {
    mode: 0o600,
  });
  await link(own, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // it was made before: that one counts
  });
  await rm(own);
  return `file:${file}`;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
