/** Signs a decision with the operator's own SSH key: `ssh-keygen -Y sign`, through the agent or with a key file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { keyIn } from '../cluster/allowed-signers.js';
import { type Signable, type Signer, signatureNamespace, textToSign } from '../cluster/approval.js';
import { wantedInWords } from '../workflows/details.js';
import type { Decision, Wanted } from '../workflows/messages.js';
import { Mistake } from './exit.js';
import { agentHint, me } from './settings.js';

/** What was decided; `by` is known from the key, unless told. */
export type Answer = Omit<Decision, 'by' | 'signature'> & { readonly by?: string };

/** Errors: Mistake, where there is no key that the question takes, or it cannot be used. */
export async function sign(
  { by, ...what }: Answer & Omit<Signable, 'by'>,
  wanted: Wanted,
  keyFile: string | undefined,
): Promise<Required<Pick<Decision, 'by' | 'signature'>>> {
  const may = wanted.signers.filter(({ name }) => by === undefined || name === by);
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-sign-'));
  try {
    const key = keyFile === undefined ? await agentKey(may) : await publicPart(keyFile);
    if (typeof key === 'object')
      throw new Mistake(
        `${what.token} needs ${wantedInWords(wanted)}${by === undefined ? '' : `, and you decide as ${by}`}. ${key.missing}`,
        '  ssh-add FILE       has the agent hold your key\n  --key FILE         names it (decide and approve)',
      );
    const file = keyFile ?? join(folder, 'key.pub');
    if (keyFile === undefined) await writeFile(file, `${key}\n`, { mode: 0o600 }); // ssh-keygen finds its other half in the agent
    const signer = by ?? listed(key, may) ?? me();
    return { by: signer, signature: await made({ ...what, by: signer }, file, folder) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whose key it is: ours before others'. */
const listed = (key: string | undefined, may: readonly Signer[]): string | undefined =>
  (may.find((one) => one.key === key && one.name === me()) ?? may.find((one) => one.key === key))?.name;

/** Undefined where there is no .pub file: who decides is then told, not known. */
const publicPart = async (file: string): Promise<string | undefined> =>
  keyIn(await readFile(file.endsWith('.pub') ? file : `${file}.pub`, 'utf8').catch(() => ''));

/** The first key of the agent that may sign, or why there is none. */
async function agentKey(may: readonly Signer[]): Promise<string | { readonly missing: string }> {
  const { exitCode, stdout } = await execa('ssh-add', ['-L'], { reject: false, stdin: 'ignore' });
  if (exitCode !== 0 && exitCode !== 1) return { missing: `No SSH agent answers${agentHint()}.` };
  const keys = exitCode === 0 ? stdout.split('\n').flatMap((line) => keyIn(line) ?? []) : [];
  const missing = `Your SSH agent holds ${keys.length === 1 ? '1 key, which is' : `${keys.length} keys, which are`} not theirs.`;
  return keys.find((key) => listed(key, may) !== undefined) ?? { missing };
}

/** The text goes as a file: ssh-keygen asks for a passphrase only where its stdin is the terminal. */
async function made(signable: Signable, key: string, folder: string): Promise<string> {
  const text = join(folder, 'decision');
  await writeFile(text, textToSign(signable), { mode: 0o600 });
  const { exitCode, stderr } = await execa(
    'ssh-keygen',
    ['-q', '-Y', 'sign', '-f', key, '-n', signatureNamespace, text],
    {
      ...{ reject: false, stdin: 'inherit', stdout: 'ignore' },
    },
  );
  if (exitCode === undefined) throw new Mistake('ssh-keygen cannot be run here: install openssh-client.');
  if (exitCode !== 0) throw new Mistake(`${key} cannot sign: ${stderr.trim().split('\n').at(-1)}.`);
  return readFile(`${text}.sig`, 'utf8');
}
