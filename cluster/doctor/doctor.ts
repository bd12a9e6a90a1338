/**
 * Whether a recovery would find what it needs, judged on a good day: by a person before they need it, by a timer every night.
 * What state the cluster is in is for diagnosis.ts; its signs are taken up where a recovery would stumble over them.
 */
import { checkClusterConf } from '../cluster-conf-check.js';
import type { Diagnosis } from '../diagnosis.js';
import { neverInCluster, settingUp } from '../newcomers.js';
import type { NodeSeen } from '../observation.js';
import { isReached } from '../seen.js';
import type { Condition } from '../signs.js';
import type { NodeName } from '../words.js';
import { type Check, hinders, note, orFine } from './check.js';
import type { HeldPort, Kit, Machine, Ready } from './kit.js';
import { asking, backups, clocks, fullCopy, reach } from './nodes.js';
import { ownPort } from './own-port.js';
import { autofix, cover } from './service.js';

export interface Examined {
  readonly cluster: string;
  readonly seen: readonly NodeSeen[];
  readonly kits: readonly Kit[];
  readonly diagnosis: Pick<Diagnosis, 'condition' | 'summary' | 'findings'>;
  readonly vips: readonly string[];
  /** Our own, without an error: its text. */
  readonly clusterConf: string;
  /** Management address -> node. */
  readonly addresses: ReadonlyMap<string, NodeName>;
  readonly machine: Machine;
  /** Of this machine's addresses; absent: no node's database could be asked. */
  readonly heldPorts?: readonly HeldPort[];
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: number;
}

export function doctor(examined: Examined): readonly Check[] {
  const { seen, kits, diagnosis, cluster, now } = examined;
  const ready = kits.filter((kit): kit is Ready => kit.reachable);
  const reached = seen.filter(isReached);
  const signs = (about: string, conditions: readonly Condition[], fine: string): readonly Check[] => {
    const bad = diagnosis.findings
      .filter(({ condition }) => conditions.includes(condition))
      .map(({ node, words, remedy }) => hinders(about, words, remedy, node));
    return reached.length === 0 ? [] : orFine(bad, about, fine);
  };
  const nodes = seen.map(({ node }) => node);
  const none =
    (reached.length > 0 && reached.every(neverInCluster)) ||
    settingUp({ cluster: { name: cluster, nodes }, seen }) !== undefined;
  const alike =
    new Set(reached.map(({ flags }) => flags.clusterConf.sha256)).size <= 1 &&
    reached.every(({ flags }) => flags.clusterConf.differs.length === 0);
  return [
    ...reach(
      kits,
      (node) => diagnosis.findings.find((one) => one.condition === 'not joined' && one.node === node)?.remedy,
    ),
    ...asking(ready),
    ...clocks(reached),
    ...signs(
      'cluster.conf',
      ['stale inventory'],
      alike ? 'The same on every node that answers, and here.' : 'None that names another cluster than ours.',
    ),
    ...checkClusterConf(examined.clusterConf).map(({ line, cause, remedy }) =>
      note('cluster.conf', `${line > 0 ? `Line ${line}: ` : ''}${cause}.`, `${remedy}.`),
    ),
    ...signs(
      'versions',
      ['mixed versions'],
      `PacketFence ${reached[0]?.host.version ?? ''} on every node that answers.`,
    ),
    ...signs('room', ['little room'], 'Each node has room for a full copy beside its data, and for the ledger.'),
    ...fullCopy(ready),
    ...cover(ready, reached),
    ...autofix(reached, ready, cluster),
    ...signs('owed', ['guard owed', 'barrier owed', 'stale bootstrap flag'], 'No run owes anything on a node.'),
    ...backups(ready, now, none),
    ...ownPort(examined),
    ...(diagnosis.condition === 'healthy'
      ? []
      : [note('the cluster', `${diagnosis.condition}: ${diagnosis.summary}`, `pfrunbook diagnose ${cluster}`)]),
  ];
}
