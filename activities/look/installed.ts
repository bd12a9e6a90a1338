/** What setting up asks of a server, beside what every look tells. */
import { readFileSync } from 'node:fs';
import { clusterConfFromText } from '../../cluster/cluster-conf.js';
import type { Installed, SecretSeen, SecretsSeen } from '../../cluster/installed.js';
import type { NodeName } from '../../cluster/words.js';
import type { ClusterAccess } from '../access.js';
import { Unreachable } from '../errors.js';
import { NoAnswer, query } from '../mysql/query.js';
import { resolveSecret } from '../secrets.js';
import type { Remote } from '../ssh/pool.js';
import { Lines } from './lines.js';

const script = ['prepared', 'installed']
  .map((name) => readFileSync(new URL(`./${name}.sh`, import.meta.url), 'utf8'))
  .join('');

export async function readInstalled(remote: Remote): Promise<Installed> {
  const [{ stdout }, devices] = await Promise.all([remote.sh(script, { deadline: 15_000 }), countDevices(remote)]);
  return installedFromText(remote.node, stdout, devices);
}

async function countDevices(remote: Remote): Promise<number | undefined> {
  try {
    const [row = {}] = await query(remote, 'select count(*) as n from pf.node');
    return Number(row.n);
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

/** From what installed.sh said. Throws Unreachable where it was cut off. */
export function installedFromText(node: NodeName, text: string, devices: number | undefined): Installed {
  const said = new Lines(text);
  if (!said.has('end')) throw new Unreachable(node, 'the look was cut off before its end', 'Look again.');
  const live = said.all('live').map((row) => row.split(' '));
  const configured = new Map<string, { ip: string; type: string }>();
  for (const row of said.all('configured')) {
    const [name = '', key, value = ''] = row.split('\t');
    const known = configured.get(name) ?? { ip: '', type: '' };
    configured.set(name, { ...known, ...(key === 'ip' ? { ip: value } : { type: value }) });
  }
  return {
    node,
    interfaces: Object.fromEntries(
      [...new Set(live.map(([name = '']) => name))].map((name) => [
        name,
        live.flatMap(([at, address = '']) => (at === name ? [address] : [])),
      ]),
    ),
    configured: [...configured].map(([name, keys]) => ({ name, ...keys })),
    servers: clusterConfFromText(said.file('clusterConf') ?? '').servers.map((server) => server.node),
    databaseHost: said.one('databaseHost'),
    ...(devices !== undefined && { devices }),
    setUpBegun: said.has('begun'),
    lacks: said.all('lacks'),
  };
}

/** Never a value: it would stand in a history. */
export async function lookAtSecrets({ mysql, logins }: ClusterAccess): Promise<SecretsSeen> {
  const references = {
    mysql: mysql.password,
    replication: logins.replication?.password,
    webservices: logins.webservices?.password,
  };
  const seen = await Promise.all(
    Object.entries(references).map(async ([name, reference]) => reference && [name, await lookAtSecret(reference)]),
  );
  return Object.fromEntries(seen.filter((one) => one !== undefined && one !== ''));
}

async function lookAtSecret(reference: string): Promise<SecretSeen> {
  try {
    const value = await resolveSecret(reference);
    return {
      blanks: /\s/.test(value),
      lettersAndDigits: /^[A-Za-z0-9]+$/.test(value),
      example: ['aMuchMoreSecurePassword', 'fence', 'packet'].includes(value),
    };
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error);
    return { unreadable, blanks: false, lettersAndDigits: true, example: false };
  }
}
