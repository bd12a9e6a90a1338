/** A server that was reinstalled shows another host key than before: so does somebody who answers in its place. A person tells them apart. */
import { refused, type Unhashed } from './finding.js';
import type { NodeName, Proposal } from './words.js';

export interface HostKeySeen {
  readonly node: NodeName;
  readonly verdict: 'known' | 'changed' | 'unknown' | 'revoked';
  /** "ssh-ed25519 SHA256:..."; the key that the node shows now. */
  readonly shown: string;
  /** The same of those that known_hosts holds for it. */
  readonly known: readonly string[];
  /** Set: it could not be asked for its key, and why. */
  readonly because?: string;
}

export interface HostKeyVerdict extends Proposal {
  readonly isKnown: boolean;
}

/** There is no choice that `approve` stands for: whoever trusts a key says so by name. */
export function hostKeyVerdict({ seen }: { readonly seen: HostKeySeen }): Unhashed<HostKeyVerdict> {
  const { node, verdict, shown, known, because } = seen;
  const reasons = [
    ...(because === undefined ? [] : [`${node} cannot be reached: ${because}. Nothing was touched.`]),
    ...(verdict === 'revoked'
      ? [`The host key of ${node} is revoked in known_hosts: ${shown}. Nothing was touched. Give the server a new key.`]
      : []),
  ];
  const isKnown = verdict === 'known' && because === undefined;
  if (isKnown)
    return {
      isKnown,
      verdict: [`The key that ${node} shows is the known one now: somebody has changed known_hosts meanwhile.`],
      choices: { trust: 'whoever changed it was right: the run logs in with it' },
    };
  return {
    isKnown,
    verdict:
      reasons.length > 0
        ? reasons
        : [
            known.length > 0 ? `Known until now: ${known.join(' or ')}.` : `No key of ${node} was known until now.`,
            `Shown now: ${shown}.`,
            'On its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub (or of the type that is shown). What the network shows proves nothing.',
          ],
    choices: {
      trust: `it was installed anew, and its console says the same as what is shown: from now on this is the only key of ${node} in known_hosts`,
    },
    ...refused(reasons),
  };
}
