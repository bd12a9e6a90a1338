/** A signature, checked by OpenSSH itself: `ssh-keygen -Y verify`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Proof, type Signable, signatureNamespace, textToSign } from '../cluster/approval.js';

/** Errors: when ssh-keygen cannot be run. */
export async function verifySignature(allowedSigners: string, signed: Signable, signature: string): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-signature-'));
  const file = join(folder, 'signature');
  const ask = async (...how: readonly string[]) => {
    const { exitCode, stdout, stderr } = await execa(
      'ssh-keygen',
      ['-Y', ...how, '-n', signatureNamespace, '-s', file],
      { input: textToSign(signed), reject: false, timeout: 10_000 },
    );
    if (exitCode === undefined)
      throw new Error('ssh-keygen cannot be run on the worker: install openssh-client there.');
    return { good: exitCode === 0, said: `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '', key: keyOf(stdout) };
  };
  try {
    await writeFile(file, signature, { mode: 0o600 });
    const verified = await ask('verify', '-f', allowedSigners, '-I', signed.by);
    if (verified.good && verified.key) return { key: verified.key };
    const itself = await ask('check-novalidate');
    return {
      rejected: itself.good
        ? `allowed_signers does not let the ${itself.key} sign for "${signed.by}" (${verified.said}).`
        : `The signature is not one over this run, question, evidence, choice and reason by "${signed.by}" (${itself.said}).`,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `Good "..." signature with ED25519 key SHA256:...` */
const keyOf = (said: string): string | undefined => / with (\S+ key SHA256:\S+)/.exec(said)?.[1];
