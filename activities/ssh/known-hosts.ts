/**
 * OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain and hashed names, patterns, ports, @revoked.
 * `@cert-authority` lines are passed over: ssh2 does not take host certificates.
 */
import { createHash, createHmac } from 'node:crypto';

export interface HostKey {
  readonly type: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

export type HostKeyVerdict = 'known' | 'changed' | 'unknown' | 'revoked';

/** The keys that stand for any of these names on this port. */
export function keysOf(knownHosts: string, names: readonly string[], port: number): HostKey[] {
  const wanted = names.map((name) => (port === 22 ? name : `[${name}]:${port}`));
  return knownHosts.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const mark = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (!hosts || hosts.startsWith('#') || !type || !key || (mark && mark !== '@revoked')) return [];
    if (!wanted.some((name) => isNamed(hosts, name))) return [];
    return [{ type, key: Buffer.from(key, 'base64'), revoked: mark === '@revoked' }];
  });
}

export function judgeHostKey(known: readonly HostKey[], offered: Buffer): HostKeyVerdict {
  const same = known.filter(({ key }) => key.equals(offered));
  if (same.some(({ revoked }) => revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some(({ revoked }) => !revoked) ? 'changed' : 'unknown';
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
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = hosts.split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
  const regex = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${regex}$`, 'i').test(name);
}
