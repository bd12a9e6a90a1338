/** Opens one connection, and says in words why it could not. */
import { readFile } from 'node:fs/promises';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2'; // CommonJS: its values have no names of their own
import type { HostKeySeen } from '../../cluster/host-key.js';
import { Unreachable } from '../errors.js';
import { vouchedKeys } from './certificates.js';
import { throughJump, withRelay } from './jump.js';
import { fingerprint, howToTrust, judgeHostKey, type KnownKeys, keysOf, keyType } from './known-hosts.js';
import type { Target } from './target.js';

const connectDeadline = 8_000; // ms; a node on the same site answers in 50
const keepalive = { keepaliveInterval: 3_000, keepaliveCountMax: 3 }; // a silent node is known lost after 9-12 s

/** The key that the node itself shows is not the one that is known of it. */
export class HostKeyRefused extends Unreachable {
  constructor(
    node: string,
    because: string,
    next: string,
    readonly seen: Omit<HostKeySeen, 'node'>,
    readonly offered: Buffer,
  ) {
    super(node, because, next, true);
  }
}

/** `via`: the connection to the last jump host before it. */
export async function connect(target: Target, via?: Client): Promise<Client> {
  const { address, port, user } = target;
  const { known, why } = await knownKeys(target, via);
  const login = await loginOf(target);
  const sock = via && (await throughJump(via, target));
  let hostKey: Unreachable | undefined;
  const client = new ssh2.Client();
  client.setMaxListeners(0); // one for each command at work
  return new Promise((resolve, reject) => {
    client.on('error', (error: Error & { level?: string; code?: string }) => {
      if (error.level !== 'agent') reject(hostKey ?? inWords(target, error)); // a key file may still be there
    });
    client.once('close', () => reject(hostKey ?? inWords(target, { message: 'the connection was closed' })));
    client.once('ready', () => {
      client.setNoDelay(true); // else every exec waits 40 ms for Nagle's algorithm
      resolve(client);
    });
    client.connect({
      host: address,
      port,
      ...(sock && { sock }),
      username: user,
      readyTimeout: connectDeadline,
      ...keepalive,
      ...login,
      algorithms: { serverHostKey: preferring(known) },
      hostVerifier: (offered: Buffer): boolean => {
        hostKey = refusalOf(target, known, offered, why);
        return hostKey === undefined;
      },
    });
  });
}

/** An authority is asked only where no key of the host itself is known. `why`: it vouches for none. */
async function knownKeys(target: Target, via?: Client): Promise<{ known: KnownKeys; why?: string }> {
  const known = keysOf(await read(target, target.knownHosts), target.names, target.port);
  if (known.keys.length > 0 || known.authorities.length === 0) return { known };
  const { keys, why } = await withRelay(via, target, (at) => vouchedKeys({ ...at, names: target.names, known }));
  return { known: { ...known, keys }, why };
}

async function loginOf(target: Target): Promise<Pick<ConnectConfig, 'privateKey' | 'agent'>> {
  if (target.identity) {
    const privateKey = await read(target, target.identity);
    const parsed = ssh2.utils.parseKey(privateKey);
    if (!(parsed instanceof Error)) return { privateKey };
    const remedy =
      'A key with a passphrase belongs in an SSH agent: leave out `identity`, and start the worker with SSH_AUTH_SOCK.';
    throw new Unreachable(target.node, `the key ${target.identity} cannot be used (${parsed.message})`, remedy, true);
  }
  const agent = process.env.SSH_AUTH_SOCK;
  if (agent) return { agent };
  throw new Unreachable(
    target.node,
    'there is no key to log in with',
    'Name a key file (identity) in access.ini, or start an SSH agent.',
    true,
  );
}

async function read({ node }: Target, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unreachable(
      node,
      `a file that access.ini names cannot be read (${why})`,
      'Correct access.ini, or the file.',
      true,
    );
  }
}

const algorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Types that we know a key of come first; otherwise the node may show another of its keys, and look unknown. */
function preferring({ keys }: KnownKeys): ServerHostKeyAlgorithm[] {
  const types = new Set(keys.map(({ type }) => type));
  const first = algorithms.filter((name) => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name));
  return [...first, ...algorithms.filter((name) => !first.includes(name))];
}

function refusalOf(target: Target, known: KnownKeys, offered: Buffer, why?: string): Unreachable | undefined {
  const { node, knownHosts: file } = target;
  const verdict = judgeHostKey(known, offered);
  const shown = `${keyType(offered)} ${fingerprint(offered)}`;
  const before = known.keys.map(({ type, fingerprint }) => `${type} ${fingerprint}`);
  const refused = (because: string, next: string) =>
    new HostKeyRefused(node, because, next, { verdict, shown, known: before }, offered);
  switch (verdict) {
    case 'known':
      return undefined;
    case 'revoked':
      return refused(
        `its host key is revoked in ${file}: ${shown}`,
        'Somebody else may be answering in its place. Give the host a new key.',
      );
    case 'changed':
      return refused(
        `its host key has changed: known is ${before.join(' or ')}, shown is ${shown}`,
        `Unless it was reinstalled or given a new key, somebody else is answering. If it was: take its old line out of ${file}. ${howToTrust(target, file)}`,
      );
    case 'unknown':
      return refused(
        `its host key is unknown: shown is ${shown}${why ? `, and no authority of ${file} vouches for it: ${why}` : ''}`,
        howToTrust(target, file),
      );
  }
}

const network: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to its network',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'its name cannot be resolved now',
};

function inWords(target: Target, error: { message: string; level?: string; code?: string }): Unreachable {
  const { node, address, port, user, identity } = target;
  const at = `${address} port ${port}`;
  if (error.level === 'client-authentication') {
    const key = identity ? `the key ${identity}` : 'the keys of the agent';
    return new Unreachable(
      node,
      `login refused to ${user} at ${at}`,
      `Let ${key} log in there (authorized_keys), or correct access.ini.`,
      true,
    );
  }
  if (error.level === 'client-timeout')
    return new Unreachable(
      node,
      `${at} did not answer within ${connectDeadline / 1000} s`,
      'Is the node up, and the network to it?',
    );
  const because = `${network[error.code ?? ''] ?? error.message} (${at})`;
  return new Unreachable(node, because, 'Is the node up, and its sshd?');
}
