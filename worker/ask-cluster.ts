/** Asks a person for what `pfrunbook new-cluster` must know, and writes it down as answers: the same text that --answers reads. */
import { isHostName } from '../cluster/cluster-conf-sections.js';
import { isIp, liesIn, networkOf, prefixOf } from '../cluster/ipv4.js';
import { reference } from './values.js';

export interface Question {
  readonly message: string;
  readonly default?: string;
  /** True, or what is wrong. */
  readonly validate?: (answer: string) => true | string;
}
export type Ask = (question: Question) => Promise<string>;

export async function askCluster(name: string, ask: Ask): Promise<string> {
  const words = async (question: Question) => (await ask(question)).split(/[\s,]+/).filter(Boolean);
  const zones = await words({
    message:
      'Zones, where the servers stand in several layer 2 networks (guide 7), as DC1, DC2. Nothing: they stand in one',
    validate: each(/^[A-Za-z0-9]+$/, 'PacketFence sees zones of letters and digits only'),
  });
  const [management = '', ...others] = await words({
    message: 'Interfaces, called the same on every server, the management interface first, as eth0, eth1.2',
    validate: (answer) => (answer.trim() ? true : 'Name the management interface'),
  });
  const text = [`; ${name}`, '[cluster]', `management = ${management}`];
  for (const zone of zones.length > 0 ? zones : [''])
    text.push(...(await askZone(zone, [management, ...others], ask, words)));
  text.push(...(await askAccess(ask)), '');
  return text.join('\n');
}

async function askZone(
  zone: string,
  interfaces: readonly string[],
  ask: Ask,
  words: (question: Question) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const within = zone && ` of zone ${zone}`;
  const nodes = await words({
    message: `Servers${within}, each as the command hostname says there; the first is the management node`,
    validate: (answer) => each(isHostName, 'is no host name')(answer),
  });
  const text: string[] = [];
  for (const link of interfaces) {
    const mask = await ask({
      message: `Mask of ${link}${within}`,
      default: '255.255.255.0',
      validate: (answer) => (prefixOf(answer) === undefined ? 'Write it as 255.255.255.0' : true),
    });
    const vip = await ask({ message: `Virtual address of the cluster on ${link}${within}`, validate: ip });
    const network = networkOf(vip, prefixOf(mask) ?? 0);
    const taken = [vip];
    text.push('', `[${zone && `${zone} `}interface ${link}]`, `mask = ${mask}`, `vip = ${vip}`);
    for (const node of nodes) {
      const address = await ask({
        message: `Address of ${node} on ${link}`,
        validate: (answer) => {
          if (taken.includes(answer)) return 'It is taken already';
          return isIp(answer) && !liesIn(answer, network) ? `It lies outside ${network}` : ip(answer);
        },
      });
      taken.push(address);
      text.push(`${node} = ${address}`);
    }
  }
  return text;
}

/** Section of access.ini, its usual user, what it is for. */
const logins = [
  ['mysql', 'root', 'MariaDB’s root; nothing: the socket knows root'],
  ['replication', 'pfcluster', 'the user that copies the database from server to server; nothing: later'],
  ['webservices', 'pfcluster', 'the web services; nothing: later'],
] as const;

async function askAccess(ask: Ask): Promise<readonly string[]> {
  const user = await ask({ message: 'User of the SSH connection', default: 'root' });
  const identity = await ask({ message: 'Private key; nothing: the SSH agent’s' });
  const text = ['', '[ssh]', `user = ${user}`, ...(identity ? [`identity = ${identity}`] : [])];
  if (user !== 'root') text.push('sudo = yes');
  for (const [section, name, what] of logins) {
    const password = await ask({
      message: `Password, as file:PATH, env:NAME or exec:COMMAND, of ${what}`,
      validate: (answer) =>
        !answer || reference.safeParse(answer).success ? true : 'A reference, never the password itself',
    });
    if (password) text.push('', `[${section}]`, `user = ${name}`, `password = ${quoted(password)}`);
  }
  return text;
}

/** A command may hold what an INI file takes for a comment. */
const quoted = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`);

const ip = (answer: string): true | string => isIp(answer) || 'Write it as 192.0.2.10';

const each =
  (is: RegExp | ((word: string) => boolean), otherwise: string) =>
  (answer: string): true | string => {
    const wrong = answer
      .split(/[\s,]+/)
      .filter(Boolean)
      .find((word) => !(is instanceof RegExp ? is.test(word) : is(word)));
    return wrong === undefined ? true : `"${wrong}": ${otherwise}`;
  };
