/**
 * Everything the worker is told, read and checked once, here: which folders, and how a cluster is reached.
 * Whatever is wrong is said at once, with its file, cause and remedy. Nothing else reads the environment.
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import type { ClusterAccess } from '../activities/access.js';
import { clusterConfFromText, type Server, vipsOf } from '../cluster/cluster-conf.js';
import { checkClusterConf } from '../cluster/cluster-conf-check.js';
import { complaintInWords } from '../cluster/complaint.js';
import type { Login, Logins } from '../cluster/logins.js';
import { clusterFolder, type Places, placesOf } from '../cluster/places.js';
import { type ApprovalSections, approvalSections, readApproval } from './approval-settings.js';
import { iniFromText } from './ini-file.js';
import { besideIt, complaintsAboutKey, complaintsAboutKnownHosts, complaintsAboutSecret } from './named-files.js';
import { jumpHosts, port, reference, text, yesOrNo } from './values.js';

/** Bad settings: every complaint, one a line. Nothing was touched. */
export class BadSettings extends Error {
  constructor(readonly complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'BadSettings';
  }
}

export const places = (): Places => placesOf({ env: process.env, home: homedir(), root: process.getuid?.() === 0 });

export async function clusterNames({ config }: Places = places()): Promise<readonly string[]> {
  const found = await readdir(`${config}/clusters`, { withFileTypes: true }).catch((): Dirent[] => []);
  return found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Errors: BadSettings, with all complaints about both files at once. */
export async function loadCluster(name: string, where: Places = places()): Promise<ClusterAccess> {
  const known = await clusterNames(where);
  if (!known.includes(name)) throw new BadSettings([unknownCluster(name, known, where)]);
  const folder = clusterFolder(where, name);
  const complaints: string[] = [];
  const clusterConf = await readFile(`${folder}/cluster.conf`, 'utf8').catch(complain(complaints));
  const iniText = await readFile(`${folder}/access.ini`, 'utf8').catch(complain(complaints));
  const networksConf = await readFile(`${folder}/networks.conf`, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : complain(complaints)(error),
  );
  const conf = clusterConfFromText(clusterConf ?? '');
  if (clusterConf !== undefined) {
    const wrong = checkClusterConf(clusterConf).filter(({ level }) => level === 'error');
    complaints.push(...wrong.map((complaint) => `${folder}/cluster.conf: ${complaintInWords(complaint)}`));
  }
  const asked = readAccess(iniText ?? '', `${folder}/access.ini`, conf.servers);
  if (iniText !== undefined) complaints.push(...asked.complaints);
  const { approval, complaints: aboutApproval } = await readApproval(asked, folder);
  const files = [
    ...aboutApproval,
    ...(await complaintsAboutKey(asked.ssh, folder)),
    ...(await complaintsAboutKnownHosts(asked.ssh, folder)),
    ...(await complaintsAboutSecret('[mysql] password', asked.mysql.password, folder)),
    ...(await complaintsAboutSecret('[webservices] password', asked.logins.webservices?.password, folder)),
    ...(await complaintsAboutSecret('[replication] password', asked.logins.replication?.password, folder)),
  ];
  if (iniText !== undefined) complaints.push(...files);
  if (complaints.length > 0 || clusterConf === undefined) throw new BadSettings(complaints);
  const { identity, known_hosts, jump, ...ssh } = asked.ssh;
  const login = (given: Login | undefined) => given && { ...given, password: besideIt(given.password, folder) };
  const [webservices, replication] = [login(asked.logins.webservices), login(asked.logins.replication)];
  return {
    name,
    nodes: conf.servers.map(({ node, managementIp }) => ({
      node,
      address: asked.addresses[node] ?? managementIp.text,
    })),
    vips: vipsOf(conf),
    clusterConf,
    ...(networksConf !== undefined && { networksConf }),
    ssh: {
      ...ssh,
      knownHosts: resolve(folder, known_hosts),
      ...(identity && { identity: resolve(folder, identity) }),
      ...(jump && { jump: jump.map((hop) => ({ ...hop, user: hop.user ?? ssh.user })) }),
    },
    mysql: {
      user: asked.mysql.user,
      ...(asked.mysql.password && { password: besideIt(asked.mysql.password, folder) }),
    },
    logins: { ...(webservices && { webservices }), ...(replication && { replication }) },
    approval,
  };
}

function unknownCluster(name: string, known: readonly string[], { config }: Places): string {
  const place = `${config}/clusters/${name}/`;
  if (known.length === 0)
    return `There is no cluster "${name}", nor any other: put its cluster.conf and an access.ini into ${place}; pfrunbook new-cluster writes them from questions.`;
  return `There is no cluster "${name}". Did you mean "${closest(name, known)}"? Known: ${known.join(', ')}. A new one needs a cluster.conf and an access.ini in ${place}; pfrunbook new-cluster writes them from questions.`;
}

const complain = (complaints: string[]) => (error: NodeJS.ErrnoException) => {
  const cause = error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.code})`;
  complaints.push(`${error.path}: ${cause}.`);
  return undefined;
};

// --- access.ini ----------------------------------------------------------------------------------------------

/** One entry per key that access.ini may hold. Messages: cause, and the remedy as a second sentence, without its full stop. */
const sections = {
  ssh: z.strictObject({
    user: text.default('root'),
    port: port.default(22),
    identity: text.optional(),
    known_hosts: text.default('known_hosts'),
    sudo: yesOrNo.default(false),
    jump: jumpHosts.optional(),
  }),
  mysql: z.strictObject({ user: text.default('root'), password: reference.optional() }),
  webservices: z.strictObject({ user: text.optional(), password: reference.optional() }),
  replication: z.strictObject({ user: text.optional(), password: reference.optional() }),
  ...approvalSections,
};
const nodeSection = z.strictObject({
  address: z.ipv4({ error: 'must be an IPv4 address. Write it as 192.0.2.11' }).optional(),
});

interface AccessFile extends ApprovalSections {
  readonly ssh: z.infer<typeof sections.ssh>;
  readonly mysql: z.infer<typeof sections.mysql>;
  readonly logins: Logins;
  /** node -> address that replaces the management IP. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly complaints: readonly string[];
}

export function readAccess(
  text: string,
  file: string,
  servers: readonly Pick<Server, 'node' | 'managementIp'>[],
): AccessFile {
  const given = iniFromText(text);
  const complaints = given.complaints.map((words) => `${file}: ${words}`);
  const check = <T extends z.ZodType>(schema: T & { readonly shape: object }, name: string): z.infer<T> => {
    const { line: heading = 0, entries = new Map() } = given.sections.find((section) => section.name === name) ?? {};
    const values = Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));
    const checked = schema.safeParse(values);
    if (checked.success) return checked.data;
    const { issues } = checked.error;
    const keysOf = (issue: z.core.$ZodIssue) =>
      issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1).map(String);
    for (const issue of issues)
      for (const key of keysOf(issue)) {
        const words =
          issue.code === 'unrecognized_keys'
            ? `unknown key "${key}". ${nearest(key, Object.keys(schema.shape))}`
            : `${key}: ${issue.message}.`;
        complaints.push(`${file}: line ${entries.get(key)?.line ?? heading}: [${name}] ${words}`);
      }
    // What is right is taken all the same: it may be wrong in other ways, and those are told now too.
    const wrong = issues.flatMap(keysOf);
    return schema.parse(Object.fromEntries(Object.entries(values).filter(([key]) => !wrong.includes(key))));
  };
  const login = (name: 'webservices' | 'replication'): Login | undefined => {
    const { user, password } = check(sections[name], name);
    if (user && password) return { user, password };
    const { line, entries } = given.sections.find((section) => section.name === name) ?? {};
    const missing = ['user', 'password'].filter((key) => !entries?.has(key));
    for (const key of line === undefined ? [] : missing)
      complaints.push(`${file}: line ${line}: [${name}] has no ${key}. It takes both, user and password.`);
    return undefined;
  };
  const [webservices, replication] = [login('webservices'), login('replication')];
  const addresses: Record<string, string> = {};
  for (const { name: section, line } of given.sections) {
    if (Object.hasOwn(sections, section)) continue;
    const at = `${file}: line ${line}`;
    const node = /^node (.+)$/.exec(section)?.[1]?.trim();
    if (node === undefined)
      complaints.push(
        `${at}: unknown section [${section}]. ${nearest(section, [...Object.keys(sections), 'node <name>'])}`,
      );
    else if (!servers.some((server) => server.node === node))
      complaints.push(
        `${at}: [${section}] names a node that cluster.conf does not. ${nearest(
          node,
          servers.map((server) => server.node),
        )}`,
      );
    else addresses[node] = check(nodeSection, section).address ?? '';
  }
  const owners = new Map<string, string>();
  for (const { node, managementIp } of servers) {
    const address = addresses[node] || managementIp.text;
    const other = owners.get(address);
    // Two names for one machine: what is seen of one would be told of the other. cluster.conf alone is checked elsewhere.
    if (other !== undefined && (addresses[node] || addresses[other])) {
      const section = `node ${addresses[node] ? node : other}`;
      const { line } = given.sections.find(({ name }) => name === section) ?? {};
      complaints.push(
        `${file}: line ${line}: [${section}] address: ${node} and ${other} are both ${address}. Give each its own.`,
      );
    }
    owners.set(address, node);
  }
  return {
    ssh: check(sections.ssh, 'ssh'),
    mysql: check(sections.mysql, 'mysql'),
    logins: { ...(webservices && { webservices }), ...(replication && { replication }) },
    approval: check(sections.approval, 'approval'),
    notify: check(sections.notify, 'notify'),
    escalate: check(sections.escalate, 'escalate'),
    addresses: Object.fromEntries(Object.entries(addresses).filter(([, address]) => address)),
    complaints,
  };
}

const nearest = (word: string, known: readonly string[]): string =>
  known.length === 0 ? '' : `Did you mean "${closest(word, known)}"? Known: ${known.join(', ')}.`;
