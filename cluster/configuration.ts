/** Whether a node holds the configuration that the cluster holds, and what another cluster.conf would change. */
import { list, refused, type Unhashed } from './finding.js';
import type { Finding, NodeName, Proposal } from './words.js';

export interface ConfigurationSeen {
  readonly node: NodeName;
  /** As the nodes compare it; empty: nobody has synced a configuration yet. */
  readonly version: string;
  readonly clusterConf: string;
  /** conf/cluster-files.txt: what a sync carries besides; empty: no such file. */
  readonly extraFiles: string;
  /** path -> SHA-256, of every file that was asked; absent: not there. */
  readonly files: Readonly<Record<string, string>>;
}

/** Without these it would not know of the cluster, or how its database is reached: a sync that ends early says no word of it. */
const must = ['cluster.conf', 'pf.conf', 'pfconfig.conf'];

/** Equal versions prove nothing (reference/packetfence-run.md C8): every file's checksum does. */
export function sameConfiguration({
  node,
  from,
  seen,
}: {
  readonly node: NodeName;
  readonly from: NodeName;
  readonly seen: readonly ConfigurationSeen[];
}): Unhashed<Finding> {
  const [mine, theirs] = [node, from].map((name) => seen.find((one) => one.node === name));
  const paths = Object.keys({ ...theirs?.files, ...mine?.files }).toSorted();
  const differing = paths.filter((path) => mine?.files[path] !== theirs?.files[path]);
  const missing = must.filter((name) => !paths.includes(`/usr/local/pf/conf/${name}`));
  const reasons = [
    ...(mine && theirs && paths.length > 0 ? [] : [`Nothing can be compared between ${node} and ${from}.`]),
    ...(paths.length > 0 && missing.length > 0 ? [`The sync of ${node} did not bring ${list(missing)}.`] : []),
    ...(differing.length > 0
      ? [`${node} and ${from} differ in ${list(differing.slice(0, 5))}${differing.length > 5 ? ', and more' : ''}.`]
      : []),
    ...(mine?.version === theirs?.version
      ? []
      : [
          `${node} holds version ${mine?.version || 'none'} of the configuration, ${from} ${theirs?.version || 'none'}.`,
        ]),
  ];
  return {
    verdict:
      reasons.length > 0
        ? reasons
        : [
            `${node} holds the ${paths.length} files of ${from}, ${theirs?.version ? `version ${theirs.version}` : 'which have no version yet'}.`,
          ],
    ...refused(
      reasons.length > 0
        ? [
            ...reasons,
            `Did somebody change the configuration meanwhile? The data of ${node} is as it was; start again.`,
          ]
        : [],
    ),
  };
}

/** Our cluster.conf in place of the cluster's own: what a person says yes to. */
export function newClusterConf({
  from,
  ours,
  seen,
}: {
  readonly from: NodeName;
  readonly ours: string;
  readonly seen: readonly ConfigurationSeen[];
}): Unhashed<Proposal> {
  const theirs = seen.find(({ node }) => node === from)?.clusterConf ?? '';
  const [before, after] = [theirs, ours].map((text) => text.split('\n'));
  const minus = (a: readonly string[] = [], b: readonly string[] = []) => {
    const left = [...b];
    return a.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0 && line.trim() !== '';
    });
  };
  return {
    verdict: [
      `cluster.conf of ${from}, and then of every node:`,
      ...minus(before, after).map((line) => `- ${line}`),
      ...minus(after, before).map((line) => `+ ${line}`),
    ],
    choices: { go: 'ours becomes the cluster.conf of every node' },
    goOn: 'go',
  };
}
