/**
 * The networks of guide 7.2: what our cluster.conf says in `[ZONE CLUSTER network X]`, and our networks.conf, are to stand
 * in the nodes' own files. They must be right before anything is touched: clients get what is written there.
 */
import { clusterConfFromText } from './cluster-conf.js';
import type { KeyEdit } from './commands/files.js';
import { complaintInWords } from './complaint.js';
import type { Dialect } from './dialect.js';
import { equipmentItems } from './equipment.js';
import { everyNode } from './every-node.js';
import { list, refused, type Unhashed } from './finding.js';
import { isNetworkSection, networksOf } from './networks.js';
import { checkNetworks, type NetworkFiles } from './networks-check.js';
import type { NodeSeen } from './observation.js';
import { pfFileFromText, sectionsOf } from './pf-file.js';
import { isReached } from './seen.js';
import type { Cluster, Finding, NodeName, Proposal } from './words.js';

/** A route that the servers of a zone are to have. */
export interface Route {
  readonly node: NodeName;
  /** "192.0.2.0/24" */
  readonly network: string;
  readonly via: string;
}

export interface RouteSeen extends Route {
  /** The next hop that the node takes; empty: none. */
  readonly taken: string;
}

export interface Networks extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
  readonly clusterConf: readonly KeyEdit[];
  readonly networksConf: readonly KeyEdit[];
  readonly routes: readonly Route[];
}

/** Errors of the files refuse, with what each node is like besides; warnings are told. */
export function mayApplyNetworks({
  cluster,
  seen,
  files,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  readonly files: NetworkFiles;
}): Unhashed<Networks> {
  const complaints = checkNetworks(files);
  const wrong = complaints.filter(({ level }) => level === 'error').map(complaintInWords);
  const conf = clusterConfFromText(files.clusterConf);
  const networks = networksOf(conf, pfFileFromText(files.networksConf), pfFileFromText(files.pfConf ?? ''));
  const digests = new Set(seen.filter(isReached).map(({ flags }) => flags.clusterConf.sha256));
  const here = everyNode({
    ...{ cluster, seen },
    comesBack: 'would come back with the networks that it knows now',
    besides: (sameCluster) =>
      sameCluster && digests.size > 1
        ? [
            'The nodes hold different cluster.conf files: the sync would overwrite one. On the node that is right: /usr/local/pf/bin/cluster/sync --as-master',
          ]
        : [],
  });
  const reasons = [
    ...wrong,
    ...(networks.length === 0
      ? ['Neither our cluster.conf nor a networks.conf beside it names a network: there is nothing to apply.']
      : []),
    ...here.reasons,
  ];
  return {
    dialect: here.dialect,
    clusterConf: keysIn(files.clusterConf, isNetworkSection),
    networksConf: keysIn(files.networksConf),
    routes: networks.flatMap(({ zone, range, link, keys }) => {
      const via = keys.get('next_hop')?.text;
      if (!range || link || via === undefined) return [];
      const here = conf.servers.filter((server) => server.zone === zone);
      return here.map(({ node }) => ({ node, network: range, via }));
    }),
    verdict:
      reasons.length > 0
        ? reasons
        : [
            ...here.version,
            ...networks.map(({ name, zone, range }) => `${range ?? name}${zone ? ` of ${zone}` : ''} is well formed.`),
            ...complaints.map(complaintInWords),
          ],
    ...refused(reasons.length > 0 ? [...reasons, 'Nothing was touched.'] : []),
  };
}

/** A person's work, with every address filled in: the cluster does its part only where they do theirs. */
export function equipmentTold({ files }: { readonly files: NetworkFiles }): Unhashed<Proposal> {
  return {
    verdict: equipmentItems(files),
    choices: { go: 'the network equipment is told, or will be before clients depend on it' },
    goOn: 'go',
  };
}

export function routesTaken({ seen }: { readonly seen: readonly RouteSeen[] }): Unhashed<Finding> {
  const wrong = seen.filter(({ via, taken }) => via !== taken);
  const reasons = wrong.map(
    ({ node, network, via, taken }) =>
      `${node} sends to ${network} by ${taken || 'no next hop'}, not by ${via}. PacketFence sets that route when it starts: see its log there.`,
  );
  return {
    verdict:
      reasons.length > 0
        ? reasons
        : [
            seen.length > 0
              ? `Every server has a route to each remote network, by its zone’s next hop: ${list([...new Set(seen.map(({ network, via }) => `${network} by ${via}`))])}.`
              : 'No network lies behind a router.',
          ],
    ...refused(reasons),
  };
}

/** For a node's own file, whose other sections stay. */
function keysIn(text: string, wanted: (section: string) => boolean = () => true): readonly KeyEdit[] {
  return sectionsOf(pfFileFromText(text))
    .filter(({ name }) => wanted(name))
    .flatMap(({ keys }) => keys.map(({ section, key, value }) => ({ section, key, value })));
}
