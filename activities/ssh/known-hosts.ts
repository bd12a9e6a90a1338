/** OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain and hashed names, patterns, ports, @revoked, @cert-authority. */
import { createHash, createHmac } from 'node:crypto';
import type { HostKeySeen } from '../../cluster/host-key.js';

export interface HostKey {
  readonly type: string;
  /** As ssh-keygen -l prints it: "SHA256:...". */
  readonly fingerprint: string;
}

/** What known_hosts says of one host. */
export interface KnownKeys {
  readonly keys: readonly HostKey[];
  /** Whoever one of these has signed is known too: certificates.ts. */
  readonly authorities: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

/** The keys that stand for any of these names on this port. */
export function keysOf(knownHosts: string, names: readonly string[], port: number): KnownKeys {
  const wanted = names.map((name) => (port === 22 ? name : `[${name}]:${port}`));
  const lines = knownHosts.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const mark = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (!hosts || hosts.startsWith('#') || !type || !key || !wanted.some((name) => isNamed(hosts, name))) return [];
    return [{ mark, type, fingerprint: fingerprint(Buffer.from(key, 'base64')) }];
  });
  const marked = (wanted?: string): HostKey[] =>
    lines.filter(({ mark }) => mark === wanted).map(({ type, fingerprint }) => ({ type, fingerprint }));
  return { keys: marked(), authorities: marked('@cert-authority'), revoked: marked('@revoked') };
}

export function judgeHostKey({ keys, revoked }: KnownKeys, offered: Buffer): HostKeySeen['verdict'] {
  const isOffered = (key: HostKey) => key.fingerprint === fingerprint(offered);
  if (revoked.some(isOffered)) return 'revoked';
  if (keys.some(isOffered)) return 'known';
  return keys.length > 0 ? 'changed' : 'unknown';
}

/**
 * The text with this key as the only one of its host, written for the first of its names. A line that names other hosts
 * too keeps those; one with a pattern stays whole, and so do marked ones.
 */
export function withKey(knownHosts: string, names: readonly string[], port: number, key: Buffer): string {
  const own = names.map((name) => (port === 22 ? name : `[${name}]:${port}`));
  const kept = knownHosts.split('\n').flatMap((line) => {
    const [hosts = '', ...rest] = line.trim().split(/\s+/);
    if (hosts === '' || /^[@#]/.test(hosts)) return [line];
    if (hosts.startsWith('|1|')) return own.some((name) => isNamed(hosts, name)) ? [] : [line];
    const others = hosts.split(',').filter((host) => !own.some((name) => name.toLowerCase() === host.toLowerCase()));
    if (others.length === hosts.split(',').length) return [line];
    return others.length > 0 ? [[others.join(','), ...rest].join(' ')] : [];
  });
  const text = kept.join('\n').replace(/\n*$/, '');
  return `${text && `${text}\n`}${own[0]} ${keyType(key)} ${key.toString('base64')}\n`;
}

/** How a person comes to trust a host: the network tells a key, the host's own console whether it is the right one. */
export function howToTrust(
  { address, port }: { readonly address: string; readonly port: number },
  file: string,
): string {
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${address}`;
  return `What the network shows proves nothing: \`${scan} >new-key; ssh-keygen -lf new-key\`, compare with what its console says (\`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`, or of another type), and only if both are the same \`cat new-key >>${file}\`.`;
}

/** As ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key names itself by: its first string. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString();
}

function isNamed(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [, , salt = '', hash] = hosts.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name.toLowerCase()).digest('base64') === hash;
  }
  const patterns = hosts.split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matches(pattern, name));
}

/** OpenSSH's patterns: * and ?, whatever the case. */
export function matches(pattern: string, name: string): boolean {
  const regex = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${regex}$`, 'i').test(name);
}
