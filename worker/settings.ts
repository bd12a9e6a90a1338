/**
 * Everything the worker is told, read and checked once, here: which folders, and how a cluster is reached.
 * Whatever is wrong is said at once, with its file, cause and remedy. Nothing else reads the environment.
 */
import { constants, type Dirent } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse } from 'ini';
import { z } from 'zod';
import type { ClusterAccess, SshAccess } from '../activities/access.js';
import { clusterConfFromText, type Server, vipsOf } from '../cluster/cluster-conf.js';
import { checkClusterConf, complaintInWords } from '../cluster/cluster-conf-check.js';
import { clusterFolder, type Places, placesOf } from '../cluster/places.js';

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
  const conf = clusterConfFromText(clusterConf ?? '');
  if (clusterConf !== undefined) {
    const wrong = checkClusterConf(clusterConf).filter(({ level }) => level === 'error');
    complaints.push(...wrong.map((complaint) => `${folder}/cluster.conf: ${complaintInWords(complaint)}`));
  }
  const asked = readAccess(iniText ?? '', `${folder}/access.ini`, conf.servers);
  if (iniText !== undefined) complaints.push(...asked.complaints);
  const files = [
    ...(await complaintsAboutKey(asked.ssh, folder)),
    ...(await complaintsAboutKnownHosts(asked.ssh, folder)),
  ];
  if (iniText !== undefined) complaints.push(...files);
  if (complaints.length > 0 || clusterConf === undefined) throw new BadSettings(complaints);
  const { identity, known_hosts, ...ssh } = asked.ssh;
  return {
    name,
    nodes: conf.servers.map(({ node, managementIp }) => ({
      node,
      address: asked.addresses[node] ?? managementIp.text,
    })),
    vips: vipsOf(conf),
    clusterConf,
    ssh: { ...ssh, knownHosts: resolve(folder, known_hosts), ...(identity && { identity: resolve(folder, identity) }) },
    mysql: { user: asked.mysql.user, ...(asked.mysql.password && { password: asked.mysql.password }) },
    approvers: asked.approvers,
  };
}

function unknownCluster(name: string, known: readonly string[], { config }: Places): string {
  const place = `${config}/clusters/${name}/`;
  if (known.length === 0)
    return `There is no cluster "${name}", nor any other: put its cluster.conf and an access.ini into ${place}.`;
  return `There is no cluster "${name}". Did you mean "${closest(name, known)}"? Known: ${known.join(', ')}. A new one needs a cluster.conf and an access.ini in ${place}.`;
}

const complain = (complaints: string[]) => (error: NodeJS.ErrnoException) => {
  const cause = error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.code})`;
  complaints.push(`${error.path}: ${cause}.`);
  return undefined;
};

// --- access.ini ----------------------------------------------------------------------------------------------

const yesOrNo = z.union([z.boolean(), z.enum(['yes', 'no'])]).transform((value) => value === true || value === 'yes');
const reference = z
  .string()
  .regex(/^(env|file|exec):./, 'must be a reference (env:NAME, file:PATH or exec:COMMAND), never the secret itself');
const names = z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean));

/** One entry per key that access.ini may hold. */
const sections = {
  ssh: z.strictObject({
    user: z.string().default('root'),
    port: z.coerce.number().int().min(1).max(65535).default(22),
    identity: z.string().optional(),
    known_hosts: z.string().default('known_hosts'),
    sudo: yesOrNo.default(false),
  }),
  mysql: z.strictObject({ user: z.string().default('root'), password: reference.optional() }),
  approval: z.strictObject({ policy: z.literal('named').default('named'), approvers: names.default([]) }),
};
const nodeSection = z.strictObject({ address: z.ipv4({ error: 'must be an IPv4 address' }).optional() });

interface AccessFile {
  readonly ssh: z.infer<typeof sections.ssh>;
  readonly mysql: z.infer<typeof sections.mysql>;
  readonly approvers: readonly string[];
  /** node -> address that replaces the management IP. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly complaints: readonly string[];
}

export function readAccess(
  text: string,
  file: string,
  servers: readonly Pick<Server, 'node' | 'managementIp'>[],
): AccessFile {
  // A node's name may hold dots, which `ini` takes for nesting.
  const given: Record<string, unknown> = parse(
    text.replace(/^\s*\[.*\]/gm, (heading) => heading.replaceAll('.', '\\.')),
  );
  const complaints: string[] = [];
  const check = <T extends z.ZodType>(schema: T & { readonly shape: object }, section: string): z.infer<T> => {
    const entries = withoutEmpty(given[section] ?? {});
    const checked = schema.safeParse(entries);
    if (checked.success) return checked.data;
    const { issues } = checked.error;
    for (const issue of issues) complaints.push(...inWords(issue, `${file} [${section}]`, Object.keys(schema.shape)));
    // What is right is taken all the same: it may be wrong in other ways, and those are told now too.
    const wrong = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : issue.path));
    return schema.parse(Object.fromEntries(Object.entries(entries).filter(([key]) => !wrong.includes(key))));
  };
  const addresses: Record<string, string> = {};
  for (const section of Object.keys(given)) {
    if (section in sections) continue;
    const node = /^node (.+)$/.exec(section)?.[1]?.trim();
    if (node === undefined)
      complaints.push(
        `${file}: unknown section [${section}]. ${nearest(section, [...Object.keys(sections), 'node <name>'])}`,
      );
    else if (!servers.some((server) => server.node === node))
      complaints.push(
        `${file}: [${section}] names a node that cluster.conf does not. ${nearest(
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
    if (other !== undefined && (addresses[node] || addresses[other]))
      complaints.push(
        `${file} [node ${addresses[node] ? node : other}] address: ${node} and ${other} are both ${address}.`,
      );
    owners.set(address, node);
  }
  return {
    ssh: check(sections.ssh, 'ssh'),
    mysql: check(sections.mysql, 'mysql'),
    approvers: check(sections.approval, 'approval').approvers,
    addresses: Object.fromEntries(Object.entries(addresses).filter(([, address]) => address)),
    complaints,
  };
}

/** An empty value means: not given. */
function withoutEmpty(section: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(Object(section)).filter(([, value]) => value !== ''));
}

function inWords(issue: z.core.$ZodIssue, where: string, known: readonly string[]): readonly string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${where}: unknown key "${key}". ${nearest(key, known)}`);
  return [`${where} ${issue.path.join('.')}: ${issue.message}.`];
}

const nearest = (word: string, known: readonly string[]): string =>
  known.length === 0 ? '' : `Did you mean "${closest(word, known)}"? Known: ${known.join(', ')}.`;

// --- the files that it names -----------------------------------------------------------------------------------

async function complaintsAboutKey(
  { identity }: Pick<SshAccess, 'identity'> | { identity?: string | undefined },
  folder: string,
): Promise<readonly string[]> {
  if (!identity)
    return process.env.SSH_AUTH_SOCK
      ? []
      : [`${folder}/access.ini [ssh]: no identity, and no agent (SSH_AUTH_SOCK is not set): name a private key.`];
  const file = resolve(folder, identity);
  const seen = await stat(file).catch(() => undefined);
  if (!seen) return [`${folder}/access.ini [ssh] identity: ${file} is missing.`];
  return seen.mode & 0o077 ? [`${file}: others can read this private key. Run: chmod 600 ${file}`] : [];
}

async function complaintsAboutKnownHosts(
  { known_hosts }: { known_hosts: string },
  folder: string,
): Promise<readonly string[]> {
  const file = resolve(folder, known_hosts);
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable
    ? []
    : [
        `${folder}/access.ini [ssh] known_hosts: ${file} is missing. Collect the nodes' host keys there; none is ever accepted by itself.`,
      ];
}
