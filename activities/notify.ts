/** How a receiver is told: its address stands in the settings, and is named in no error. */
import { execa } from 'execa';
import type { Via } from '../cluster/approval.js';
import type { ReceiverAccess } from './access.js';
import { resolveSecret } from './secrets.js';

const patience = 10_000; // ms

export const sendBy: Readonly<Record<Via, (to: ReceiverAccess, json: string) => Promise<void>>> = {
  async webhook({ webhook = '', header, secret }, json) {
    const url = /^https?:/.test(webhook) ? webhook : await resolveSecret(webhook);
    const headers = { 'content-type': 'application/json', ...(secret && { [header]: await resolveSecret(secret) }) };
    const answer = await fetch(url, {
      ...{ method: 'POST', headers, body: json, signal: AbortSignal.timeout(patience) },
      redirect: 'error', // the secret goes to the address that was configured, and nowhere else
    }).catch((error: unknown) => {
      throw new Error(whyNot(error));
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`it answered HTTP ${answer.status}`);
  },

  async command({ command = [] }, json) {
    const [file = '', ...args] = command;
    const { exitCode, timedOut, code } = await execa(file, args, {
      ...{ input: json, timeout: patience, stdout: 'ignore', stderr: 'ignore', reject: false },
    });
    if (timedOut) throw new Error(`it did not end within ${patience / 1000} s`);
    if (exitCode !== 0)
      throw new Error(exitCode === undefined ? `it cannot be run (${code})` : `exit code ${exitCode}`);
  },
};

/** `fetch` says only "fetch failed", and its cause may tell the address. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return 'it was not reached';
  if (error.name === 'TimeoutError') return `no answer within ${patience / 1000} s`;
  const { code } = Object(error.cause) as { code?: unknown };
  return typeof code === 'string' ? `it was not reached (${code})` : 'it was not reached, or sent us elsewhere';
}
