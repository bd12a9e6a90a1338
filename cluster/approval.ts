/**
 * Who may decide, how that is proven, and who is told of a question. Pure: the worker's settings make it, a run records
 * it with each question, and the command line signs by it.
 */

/** As it stood when a question was opened. */
export interface Approval {
  /** Signed: an answer with no way back counts by signature only; a name alone proves nothing. */
  readonly policy: 'named' | 'signed';
  /** Who may decide; empty: anyone with a name. */
  readonly approvers: readonly string[];
  /** Who is in allowed_signers, with each key; empty where the policy is `named`. */
  readonly signers: readonly Signer[];
  /** So many different signers must choose the same. */
  readonly needed: number;
  /** False: who started the run is none of them. */
  readonly requesterMayApprove: boolean;
  readonly tells: Tells;
}

export interface Signer {
  readonly name: string;
  /** "ssh-ed25519 AAAA..."; an authority's, where it certifies theirs. */
  readonly key: string;
}

export type Receiver = 'notify' | 'escalate';
export type Via = 'webhook' | 'command';

/** Who is told of a question, and when: seconds after it was asked. */
export interface Tells {
  readonly notify: readonly Via[];
  readonly escalate: readonly Via[];
  readonly remindAfter: readonly number[];
  readonly escalateAfter?: number;
}

/** What a signature is over: a signature for another run, question, evidence or choice fits none of it. */
export interface Signable {
  readonly run: string;
  readonly token: string;
  /** The whole hash of the evidence; the token holds only its beginning. */
  readonly evidence: string;
  readonly choice: string;
  readonly by: string;
  readonly reason?: string;
}

/** So that a signature for anything else, a commit or a login, counts for nothing here. */
export const signatureNamespace = 'decision@pfrunbook';

/** The very bytes that are signed: one line, the keys in this order. */
export const textToSign = ({ run, token, evidence, choice, by, reason = '' }: Signable): string =>
  `pfrunbook decision ${JSON.stringify({ run, token, evidence, choice, by, reason })}\n`;

/** What the check of a signature showed. */
export type Proof =
  /** "ED25519 key SHA256:...", as OpenSSH names it. */
  | { readonly key: string; readonly rejected?: undefined }
  /** A sentence, in words. */
  | { readonly rejected: string; readonly key?: undefined };

/** What a receiver is told, as JSON: docs/approvals.md. Times in ISO 8601. */
export interface Notice {
  /** The same when it is sent again: a receiver may see it twice. */
  readonly id: string;
  readonly kind: 'asked' | 'reminder' | 'escalation' | 'expired' | 'closed';
  readonly cluster: string;
  readonly run: string;
  readonly runbook: string;
  readonly startedBy: string;
  readonly token: string;
  readonly question: string;
  readonly verdict: readonly string[];
  readonly choices: Readonly<Record<string, string>>;
  readonly askedAt: string;
  /** The command that answers it. */
  readonly answer: string;
  /** Set where the question is closed: how. */
  readonly closed?: string;
  /** All of it in a sentence: what a chat shows. */
  readonly text: string;
}
