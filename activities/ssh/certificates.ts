/**
 * Host certificates. ssh2 takes none, so OpenSSH's own programs fetch and read them: `ssh-keyscan -c` asks the host for its
 * certificate, and `ssh-keygen -L` reads only one whose signature is good. That nobody vouches for that answer does no
 * harm: a certificate proves itself, and the host must still show the key that it names when we connect.
 */
import { execa } from 'execa';
import { type HostKey, type KnownKeys, matches } from './known-hosts.js';

export interface Asked {
  /** Where the certificate is asked for. */
  readonly address: string;
  readonly port: number;
  /** What the host may be called in it. */
  readonly names: readonly string[];
  readonly known: KnownKeys;
}

/** The keys that an authority of known_hosts vouches for; where there is none, why. */
export async function vouchedKeys({ address, port, names, known }: Asked): Promise<{ keys: HostKey[]; why: string }> {
  const scan = ['-c', '-T', '5', '-p', `${port}`, '--', address];
  const { stdout, code } = await execa('ssh-keyscan', scan, { reject: false, timeout: 8_000 });
  if (code === 'ENOENT') return { keys: [], why: 'ssh-keyscan is not installed here (openssh-client)' };
  const certificates = stdout.match(/\S+-cert-v01@openssh\.com \S+$/gm) ?? [];
  const judged = await Promise.all(
    certificates.map(async (input) => {
      const read = await execa('ssh-keygen', ['-L', '-f', '-'], { input, env: { TZ: 'UTC' }, reject: false });
      return judgeCertificate(read.stdout, names, known, Date.now());
    }),
  );
  return {
    keys: judged.filter((one) => typeof one !== 'string'),
    why: [...new Set(judged.filter((one) => typeof one === 'string'))].join('; ') || 'ssh-keyscan -c gets none from it',
  };
}

/** The key that it vouches for, or why it does not. `said`: by `ssh-keygen -L`, in UTC; `now` in milliseconds. */
export function judgeCertificate(
  said: string,
  names: readonly string[],
  { authorities, revoked }: KnownKeys,
  now: number,
): HostKey | string {
  // The key id may hold anything, lines like these too: only what stands before it is believed of a stranger.
  const [head = ''] = said.split(/^\s*Key ID:/m);
  const [, type, kind] = /^\s*Type: (\S+)-cert-v01@openssh\.com (\S+) certificate$/m.exec(head) ?? [];
  const [, fingerprint] = /^\s*Public key: \S+ (SHA256:\S+)$/m.exec(head) ?? [];
  const [, authority, signature] = /^\s*Signing CA: \S+ (SHA256:\S+) \(using (\S+)\)$/m.exec(head) ?? [];
  if (!type || !fingerprint || !authority) return 'its signature is not good';
  const isAuthority = (key: HostKey) => key.fingerprint === authority;
  if (revoked.some(isAuthority)) return `its authority ${authority} is revoked`;
  if (!authorities.some(isAuthority)) return `its authority ${authority} is not one of ours`;
  if (signature === 'ssh-rsa') return 'it is signed with SHA-1';
  if (kind !== 'host') return `it is for a ${kind}, not for a host`;
  if (!/^\s*Critical Options: \(none\)$/m.test(said)) return 'it has critical options, which nobody here understands';
  const valid = /^\s*Valid: (.*)$/m.exec(said)?.[1] ?? '';
  const [, from] = /(?:from|after) (\S+)/.exec(valid) ?? [];
  const [, to] = /(?:to|before) (\S+)/.exec(valid) ?? [];
  if (from && now < Date.parse(`${from}Z`)) return `it is not valid before ${from}Z`;
  if (to && now > Date.parse(`${to}Z`)) return `it expired at ${to}Z`;
  const [, principals = ''] = /^\s*Principals:\s*\n([\s\S]*?)^\s*Critical Options:/m.exec(said) ?? [];
  const hosts = principals.split(/\s+/).filter(Boolean);
  if (hosts.some((host) => names.some((name) => matches(host, name)))) return { type, fingerprint };
  return `it is for ${hosts.join(', ') || 'no host by name'}, not for ${names.join(' or ')}`;
}
