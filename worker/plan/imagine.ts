/**
 * The activities of a rehearsal: looks and judgements as ever, changes on a model that was seeded by what was seen. It
 * takes for granted that each change works: what fails is a question in a run, and cannot be planned.
 */
import type { Acts, Looks, Watches } from '../../activities/contract.js';
import { type Judges, judges } from '../../activities/judge.js';
import { clusterConfFromText } from '../../cluster/cluster-conf.js';
import type { HostKeySeen } from '../../cluster/host-key.js';
import type { Installed, SecretsSeen } from '../../cluster/installed.js';
import type { Inventory } from '../../cluster/inventory.js';
import type { DataSeen } from '../../cluster/joining.js';
import type { ServerSeen } from '../../cluster/prepare.js';
import type { NodeName, Nodes } from '../../cluster/words.js';
import { modelActivities } from '../../model/activities.js';
import type { Histories, SeededCluster } from '../../model/seed.js';
import type { Activities } from './rehearse.js';

/** What setting up sees of its servers besides; absent for every other runbook. */
export interface SetUpSeen {
  readonly clusterConf: string;
  readonly installed: readonly Installed[];
  readonly data: readonly DataSeen[];
  readonly secrets: SecretsSeen;
}

/** What some runbooks see besides: a join of its joiner, preparing of every server. */
export interface SeenBesides {
  readonly hostKey?: HostKeySeen;
  /** Absent: it could not be asked. */
  readonly here?: Pick<SetUpSeen, 'installed' | 'data'>;
  readonly servers?: readonly ServerSeen[];
}

/** Something that only a read can tell: how it can turn out, in words; the expected way first. */
export interface Unknown {
  /** What is read: one name for each. */
  readonly title: string;
  readonly ways: readonly string[];
}

export function imagined(
  cluster: SeededCluster,
  inventory: Inventory,
  /** Index of the way that it turns out in this rehearsal. */
  turnsOut: (unknown: Unknown) => number,
  setUp?: SetUpSeen,
  { hostKey, here, servers = [] }: SeenBesides = {},
): Activities {
  cluster.addresses = inventory.addresses;
  cluster.prepare(servers);
  const model = modelActivities(cluster);
  const activities: Acts & Looks & Watches & Judges = {
    ...judges,
    ...model,
    inventory: async () => inventory,
    nodes: async ({ nodes }) => nodes.map((name) => cluster.seen(name)),
    histories: async (which) => {
      const ways = waysOf(which.nodes);
      const nodes = which.nodes.join(', ');
      const way = turnsOut({ title: `the histories of ${nodes}`, ways: ways.map(([words]) => words) });
      const turned = ways[way]?.[1] ?? 'one';
      cluster.turnOut(which.nodes, turned, which.run);
      const told = await model.histories(which);
      return turned === 'apart' ? { ...told, caches: told.caches.map((one) => ({ ...one, ranges: [] })) } : told;
    },
    untilSynced: async ({ node: name }) => {
      cluster.settle();
      cluster.node(name).synced = true;
    },
    untilServed: async () => {},
    compareContent: async ({ nodes: [reference = '', ...others] }) => {
      const way = turnsOut({ title: 'the tables, compared', ways: ['all are equal', 'they differ'] });
      const result = way === 0 ? 'equal' : 'differs';
      return { reference, others: others.map((node) => ({ node, result, tables: [] })), tables: 0, seconds: 0 };
    },
    servers: async ({ nodes, addresses }) => nodes.map((name) => cluster.serverSeen(name, addresses[name])),
    ...(setUp && setUpLooks(cluster, setUp)),
    ...(hostKey && behindHostKey(cluster, hostKey)),
    ...(here && {
      installed: async ({ nodes }: Nodes) => here.installed.filter(({ node }) => nodes.includes(node)),
      data: async ({ nodes }: Nodes) => here.data.filter(({ node }) => nodes.includes(node)),
    }),
    keepalivedSecret: async ({ run, given }) => ({ reference: given ?? `file:(made for ${run})`, complaints: [] }),
    finish: async () => {},
  };
  return activities as unknown as Activities;
}

/** Nobody has logged in on a node whose key is not known: once it is trusted, what is there is for another plan. */
function behindHostKey(
  cluster: SeededCluster,
  { node: whose, ...shown }: HostKeySeen,
): Pick<Looks, 'hostKey' | 'nodes'> & Pick<Acts, 'pinHostKey'> {
  let trusted = false;
  const because = 'a plan is made without trusting its host key; when that is known, make the plan again';
  return {
    hostKey: async ({ node }) =>
      node === whose && !trusted ? { node, ...shown } : { node, verdict: 'known', shown: '', known: [] },
    pinHostKey: async () => {
      trusted = true;
    },
    nodes: async ({ nodes }) =>
      nodes.map((node) => (node === whose && trusted ? { node, reachable: false, because } : cluster.seen(node))),
  };
}

/** A person is asked after the second look, and does what the question tells: whoever looks then finds it done. */
function setUpLooks(
  cluster: SeededCluster,
  { clusterConf, installed, data, secrets }: SetUpSeen,
): Pick<Looks, 'installed' | 'secrets' | 'configuration'> {
  cluster.install(installed, data);
  const { servers } = clusterConfFromText(clusterConf);
  const told = (node: NodeName): Pick<Installed, 'interfaces' | 'configured'> => {
    const interfaces = servers.find((one) => one.node === node)?.interfaces ?? [];
    return {
      interfaces: Object.fromEntries(interfaces.map(({ name, ip }) => [name, [ip.text]])),
      configured: interfaces.map(({ name, ip }, i) => ({
        ...{ name, ip: ip.text },
        type: i === 0 ? 'management,high-availability' : 'internal',
      })),
    };
  };
  let looks = 0;
  return {
    installed: async ({ nodes }) => {
      looks += 1;
      if (looks > 2) cluster.configure();
      return installed
        .filter(({ node }) => nodes.includes(node))
        .map((one) => ({ ...one, ...(looks > 2 && told(one.node)) }));
    },
    secrets: async () => secrets,
    configuration: async (which) => ({ ...(await modelActivities(cluster).configuration(which)), ours: clusterConf }),
  };
}

function waysOf(nodes: readonly NodeName[]): readonly (readonly [string, Histories])[] {
  return [
    ['all are proven to be one', 'one'],
    ...nodes.map((node): [string, Histories] => [`that of ${node} is not proven`, { unproven: [node] }]),
    ...(nodes.length > 1
      ? ([
          ['none is proven', { unproven: nodes }],
          ['they are one, and no cache holds what another lacks', 'apart'],
        ] as [string, Histories][])
      : []),
    ['they are two', 'two'],
  ];
}
