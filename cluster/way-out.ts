/** The way out of an outage, from what was seen: the first question of a full recovery. */
import { splitBrainByHand } from './by-hand.js';
import { list, refused, type Unhashed, verb } from './finding.js';
import {
  joinCommand,
  joiners,
  type Outsider,
  outsiders,
  prepareCommand,
  settingUp,
  setUpCommand,
} from './newcomers.js';
import type { NodeSeen, Reached } from './observation.js';
import {
  isLeftHeld,
  isPrimary,
  isReached,
  isTransferring,
  mayServeSilently,
  namesOf,
  stillBegins,
  uuidOf,
  wasMember,
} from './seen.js';
import { judgeViews } from './view.js';
import type { Cluster, NodeName, Proposal } from './words.js';

export interface WayOut extends Proposal {
  /**
   * heal: every node is here and knows the last view: start the units, wait. recover: hold, read, choose.
   * bring back: the cluster lives; only the nodes come back that an earlier run keeps out, or held and never started again,
   * and who began the cluster is restarted as an ordinary member.
   */
  readonly mode: 'heal' | 'recover' | 'bring back';
  readonly present: readonly NodeName[];
  readonly absent: readonly NodeName[];
  /** Nodes that survivors keep out, or that are held; empty unless `bring back`. */
  readonly barred: readonly NodeName[];
  /** Who is here and takes no part: join-node brings it in, when the cluster lives. Absent: nobody. */
  readonly outside?: readonly Outsider[];
}

/** Design 7.3a: no node is Primary, else refused, nothing touched; a living cluster that owes a barrier or a hold is finished instead. */
export function wayOut({
  cluster,
  seen,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
}): Unhashed<WayOut> {
  const reached = seen.filter(isReached);
  const present = cluster.nodes.filter((node) => reached.some((one) => one.node === node));
  const absent = cluster.nodes.filter((node) => !present.includes(node));
  const primary = namesOf(seen.filter(isPrimary));
  const walled = new Set(reached.flatMap(({ flags }) => flags.barrier));
  const joining = joiners({ cluster, seen });
  const outside = primary.length > 0 ? reached.filter(({ node }) => joining.includes(node)) : outsiders(reached);
  const held = primary.length > 0 ? namesOf(reached.filter(isLeftHeld)) : [];
  const returning = cluster.nodes.filter((node) => walled.has(node) || held.includes(node));
  // Brought back by a recovery they would have the data, and not the configuration.
  const barred = returning.filter((node) => !joining.includes(node));
  const begins = namesOf(stillBegins(seen));
  const mode =
    primary.length > 0 && barred.length + begins.length > 0
      ? 'bring back'
      : outside.length === 0 && healsByItself(cluster, reached)
        ? 'heal'
        : 'recover';
  const first = settingUp({ cluster, seen });
  const lonely = absent.length * 2 >= cluster.nodes.length - outside.length;
  return {
    mode,
    present,
    absent,
    barred: mode === 'bring back' ? barred : [],
    ...(outside.length > 0 && {
      outside: outside.map(({ node, flags }) => ({
        ...{ node, namesNobody: flags.clusterConf.namesNobody === true },
        join: joinCommand(cluster, node),
      })),
    }),
    verdict: [
      primary.length > 0 ? `Primary: ${list(primary)}.` : 'No node that answers is Primary.',
      absent.length > 0 ? `Not reachable: ${list(absent)}.` : 'Every node is reachable.',
      ...(lonely && absent.length > 0
        ? ['Half the nodes or more cannot be seen: a Primary could live among them.']
        : []),
      ...(outside.length > 0
        ? [
            primary.length > 0
              ? `${verb(namesOf(outside), 'is', 'are')} not in the cluster, and left to join-node.`
              : `As far as can be seen, ${verb(namesOf(outside), 'holds', 'hold')} nothing of the cluster. What is read of it decides.`,
          ]
        : []),
      ...(walled.size > 0 ? [`Kept out by a barrier: ${list([...walled])}.`] : []),
      ...(held.length > 0 ? [`Held by an earlier run, and not started again: ${list(held)}.`] : []),
      ...(begins.length > 0 ? [`Not yet restarted since it began the cluster: ${list(begins)}.`] : []),
      wayInWords(mode, barred),
    ],
    // Why is only shown: the words change with the path of a packet, and would void a decision.
    shown: seen.flatMap((one) => (one.reachable ? [] : [`${one.node}: ${one.because}`])),
    choices: {
      go: absent.length > 0 ? `${verb(absent, 'is', 'are')} off or cabled out, and will stay so: I made sure` : 'go on',
    },
    ...((!lonely || absent.length === 0) && { goOn: 'go' }),
    ...refused(
      first !== undefined &&
        (primary.length > 0 || absent.length === 0) &&
        isUnfinished(first, reached, mode, returning)
        ? [
            `The cluster is being set up: a setup-cluster began on ${first}, and has not come to its end. There is nothing to recover. Nothing was touched. ${setUpCommand(cluster)} goes on from there.`,
          ]
        : mode === 'bring back'
          ? cannotBringBack(barred, reached, primary, begins)
          : cannotRecover(cluster, reached, primary, { joining, outside, absent }),
    ),
  };
}

/** Who comes back by a recovery takes the data, and nobody gives a server its configuration that has never joined. */
function isUnfinished(
  first: NodeName,
  reached: readonly Reached[],
  mode: WayOut['mode'],
  barred: readonly NodeName[],
): boolean {
  const fresh = namesOf(reached.filter((one) => one.node !== first && !isPrimary(one) && !wasMember(one)));
  return mode === 'bring back' ? barred.some((node) => fresh.includes(node)) : true;
}

function wayInWords(mode: WayOut['mode'], barred: readonly NodeName[]): string {
  if (mode === 'heal')
    return 'Every node is here and knows the last view: started, they form the cluster again, and nothing is discarded.';
  if (mode === 'bring back')
    return barred.length > 0
      ? `The cluster lives: only ${verb(barred, 'comes', 'come')} back.`
      : 'The cluster lives: only who began it is restarted, as an ordinary member.';
  return 'The nodes do not find themselves: one node’s data must be kept, and a new cluster started from it.';
}

/** The same for a start by the unit alone: whatever keeps a node from starting, or lets it start another cluster, speaks against it. */
function healsByItself(cluster: Cluster, reached: readonly Reached[]): boolean {
  const views = judgeViews(reached);
  return (
    views.kind === 'whole' &&
    cluster.nodes.every((node) => views.holders.includes(node)) &&
    reached.every(
      ({ database, units, flags }) =>
        database.newClusterFlags.length === 0 &&
        !flags.maintenance &&
        flags.barrier.length === 0 &&
        flags.disabledNodes.length === 0 &&
        units.mariadb !== undefined &&
        !units.mariadb.enabled.startsWith('masked'),
    )
  );
}

function cannotRecover(
  cluster: Cluster,
  reached: readonly Reached[],
  primary: readonly NodeName[],
  {
    joining,
    outside,
    absent,
  }: {
    readonly joining: readonly NodeName[];
    readonly outside: readonly Reached[];
    readonly absent: readonly NodeName[];
  },
): readonly string[] {
  if (primary.length > 0) {
    const lost = cluster.nodes.filter((node) => !primary.includes(node));
    const theirs = new Set(reached.filter(isPrimary).map(uuidOf));
    // Started by itself it would be overwritten, and nothing of it set aside.
    const strange = namesOf(
      reached.filter((one) => {
        const own = uuidOf(one);
        return lost.includes(one.node) && !joining.includes(one.node) && own !== undefined && !theirs.has(own);
      }),
    );
    const ways = lost
      .filter((node) => !strange.includes(node))
      .map((node) =>
        joining.includes(node)
          ? `${node} is not in the cluster: ${joinCommand(cluster, node)}`
          : `To bring ${node} back, start packetfence-mariadb there; where it does not join by itself: ${joinCommand(cluster, node)}`,
      );
    return [
      [
        `${verb(primary, 'offers', 'offer')} database service: a full recovery would discard live data. Nothing was touched.`,
        ...(strange.length > 0
          ? [
              `${verb(strange, 'holds', 'hold')} the data of another cluster: start no database there. ${splitBrainByHand}`,
            ]
          : []),
        ...(ways.length > 0 ? [ways.join('; ')] : []),
      ].join(' '),
    ];
  }
  if (reached.length === 0)
    return [
      `No node is reachable: nothing can be held or read. Nothing was touched. Repair the way to the nodes first (pfrunbook diagnose ${cluster.name} says why each one does not answer).`,
    ];
  const silent = namesOf(reached.filter(mayServeSilently));
  if (silent.length > 0) {
    return [
      `${verb(silent, 'runs a server that', 'run servers that')} came up and does not answer now (${reached
        .filter(mayServeSilently)
        .map(({ database: { sql } }) => (sql.kind === 'silent' ? sql.because : ''))
        .join(
          ', ',
        )}): it may be Primary. Nothing was touched. Free connections, or stop packetfence-mariadb there by hand, and start again.`,
    ];
  }
  // One whose cluster.conf names the cluster may have been thrown out by it: that is known only when it is held and read.
  if (reached.every((one) => outside.includes(one) && one.flags.clusterConf.namesNobody)) {
    const fresh = namesOf(outside);
    return [
      `${verb(fresh, 'was', 'were')} never in a cluster: there is nothing to recover. Nothing was touched. ${absent.length > 0 ? `Bring ${list(absent)} back first, where the data of the cluster is.` : `To make a cluster of them: ${prepareCommand(cluster)}, then ${setUpCommand(cluster)}`}`,
    ];
  }
  return [];
}

function cannotBringBack(
  barred: readonly NodeName[],
  reached: readonly Reached[],
  primary: readonly NodeName[],
  begins: readonly NodeName[],
): readonly string[] {
  const away = barred.filter((node) => !reached.some((one) => one.node === node));
  const living = barred.filter((node) => primary.includes(node));
  const busy = namesOf(reached.filter(isTransferring));
  return [
    ...(away.length === barred.length && begins.length === 0
      ? [
          `${verb(away, 'is', 'are')} still not reachable, and the barrier stays. The cluster lives. Nothing was touched. Switch on what is to come back, then start again.`,
        ]
      : []),
    ...(living.length > 0
      ? [
          `${verb(living, 'is', 'are')} Primary on the other side of the barrier: two clusters live. Nothing was touched. ${splitBrainByHand}`,
        ]
      : []),
    // Design 7.5: no membership change while a node sends or takes a copy.
    ...(busy.length > 0
      ? [`${verb(busy, 'is', 'are')} in the middle of a full copy. Nothing was touched. Start again when it has ended.`]
      : []),
  ];
}
