/** What is worth a word on each node, whatever the cluster as a whole is doing; the gravest first. */
import { count, list, megabytes, verb } from './finding.js';
import { lockInWords, runsHolding } from './lock.js';
import {
  allJoined,
  bootsIntoCluster,
  finishSetUp,
  joinCommand,
  joiners,
  neverInCluster,
  outsiders,
  settingUp,
  setUpCommand,
  setUpNoted,
  showsOtherKey,
} from './newcomers.js';
import type { NodeSeen, Reached, Unreached } from './observation.js';
import {
  isLeftHeld,
  isPrimary,
  isReached,
  isTransferring,
  namesOf,
  serverRuns,
  stillBegins,
  uuidOf,
  wsrepOf,
} from './seen.js';
import type { Cluster, NodeName } from './words.js';

export type Condition =
  | 'healthy'
  | 'split brain'
  | 'no node reachable'
  | 'max connections reached'
  | 'waiting for the whole view'
  | 'torn view'
  | 'quorum lost'
  | 'non-Primary but running'
  | 'all down gracefully'
  | 'all down hard'
  | 'no cluster yet'
  | 'being set up'
  | 'barrier owed'
  | 'not joined'
  | 'node detached'
  | 'node down'
  | 'node desynced'
  | 'stale bootstrap flag'
  | 'maintenance'
  | 'run open'
  | 'guard owed'
  | 'stale inventory'
  | 'VIP not served'
  | 'service down'
  | 'little room'
  | 'clock differs'
  | 'mixed versions'
  | 'wrong default target'
  | 'unknown';

export interface Sign {
  readonly condition: Condition;
  /** Absent: of the cluster as a whole. */
  readonly node?: NodeName;
  readonly words: string;
  readonly remedy?: string;
}

const clockLimit = 2_000; // ms; configuration versions are epochs in seconds, and the newer one wins
const roomLimit = 200 * 1024 * 1024; // bytes where the ledger lives

export function signsOf({
  cluster,
  seen,
  vips,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  readonly vips: readonly string[];
}): readonly Sign[] {
  const reached = seen.filter(isReached);
  const running = openOn(reached);
  const first = settingUp({ cluster, seen });
  const joining = joiners({ cluster, seen });
  const strangers = outsiders(reached);
  /** What is in no cluster yet is told of in one sentence, and not measured by what a member is like. */
  const outside = (one: Reached) => strangers.includes(one) || joining.includes(one.node);
  const members = first === undefined ? reached.filter((one) => !outside(one)) : [];
  const serving = first === undefined && seen.some(isPrimary);
  const each = (signs: (one: Reached) => readonly Sign[], of: readonly Reached[] = reached) => of.flatMap(signs);
  const signs: readonly Sign[] = [
    ...(first === undefined ? [] : [begun(cluster, first)]),
    ...barriers(cluster, reached, joining),
    ...(first === undefined ? newcomers(cluster, seen, joining, strangers) : []),
    ...each((one) => detached(cluster, one, serving), members),
    ...seen.flatMap((one) => (one.reachable || joining.includes(one.node) ? [] : [unreached(one, serving)])),
    ...(serving ? each((one) => stopped(cluster, one), members) : []),
    ...(serving ? each(apart, members) : []),
    ...each(crowded),
    ...each(moving),
    ...membership(cluster, members),
    ...each(flagged),
    ...began(cluster, members),
    ...each(maintained),
    ...open(reached, goesOn(cluster, { first, joiner: joining[0], serving })),
    ...(first === undefined ? noted(cluster, seen) : []),
    ...each((one) => owed(cluster, one, running, first)),
    ...inventory(members),
    ...misnamed(reached),
    ...(serving ? vips.flatMap((vip) => vipSigns(vip, reached)) : []),
    ...(serving ? each(services, members) : []),
    ...each(room),
    ...each(clock),
    ...versions(reached),
    ...each(target, members),
  ];
  return running.length > 0 ? signs.map(withoutRemedy) : signs;
}

/** Beside a run that is open no other is started, and nothing is mended under its hands. */
function withoutRemedy({ remedy, ...sign }: Sign): Sign {
  return remedy === undefined || !besideARun.includes(sign.condition) ? sign : { ...sign, remedy };
}

const besideARun: readonly Condition[] = ['run open', 'guard owed', 'little room', 'max connections reached'];

const begun = (cluster: Cluster, first: NodeName): Sign => ({
  condition: 'being set up',
  words: beingSetUp(first),
  remedy: `${setUpCommand(cluster)} goes on from there.`,
});

/** All that can be seen of it is done; what comes last may not be. */
function noted(cluster: Cluster, seen: readonly NodeSeen[]): readonly Sign[] {
  const own = setUpNoted({ cluster, seen });
  return own
    ? [
        {
          condition: 'being set up',
          node: own.node,
          words: `${own.node} notes that its cluster is being set up: that setup-cluster has not come to its end.`,
          remedy: allJoined({ cluster, seen })
            ? finishSetUp(cluster)
            : `When every server serves: ${setUpCommand(cluster)}`,
        },
      ]
    : [];
}

export const beingSetUp = (first: NodeName): string =>
  `The cluster is being set up: a setup-cluster began on ${first}, and has not come to its end.`;

/** One that was installed anew is counted on for some seconds by the cluster that it was in. */
const unreached = (one: Unreached, serving: boolean): Sign => ({
  condition: 'node down',
  node: one.node,
  words: `${one.node} is not reachable: ${one.because}.`,
  ...(serving &&
    showsOtherKey(one) && {
      remedy: `The cluster still counts ${one.node} among its members: look again in half a minute. Where that stays so, it serves, and its key was changed: compare it at its console.`,
    }),
});

/** Beside nodes that are in a cluster, or were; where there are none, the diagnosis itself says so. */
function newcomers(
  cluster: Cluster,
  seen: readonly NodeSeen[],
  joining: readonly NodeName[],
  strangers: readonly Reached[],
): readonly Sign[] {
  const reached = seen.filter(isReached);
  if (reached.every(neverInCluster)) return [];
  const serving = reached.some(isPrimary);
  return seen.flatMap((one) => {
    const { node } = one;
    const join = joinCommand(cluster, node);
    const words = newcomer(one, strangers);
    if (joining.includes(node)) return [{ condition: 'not joined', node, words, remedy: join } as const];
    if (!one.reachable || serving || !strangers.includes(one)) return [];
    const walled = reached.some(({ flags }) => flags.barrier.includes(node));
    return [
      {
        condition: 'not joined',
        node,
        words,
        ...(!walled && { remedy: `When the cluster serves again: ${join}` }),
      } as const,
    ];
  });
}

function newcomer(seen: NodeSeen, strangers: readonly Reached[]): string {
  const { node } = seen;
  if (!seen.reachable)
    return `${node} is in no cluster, and is not reachable: ${seen.because}. It was installed anew, or somebody else answers in its place: join-node asks about the key, and brings it in.`;
  const own = strangers.includes(seen) ? uuidOf(seen) : undefined;
  if (seen.flags.clusterConf.namesNobody)
    return `${node} is just installed: its cluster.conf names no server.${own === undefined ? '' : ` Its data is of a cluster of its own (${own}).`}`;
  if (own !== undefined && !seen.flags.heldByJoin)
    return `The data of ${node}${isLeftHeld(seen) ? ', which is held,' : ''} is of another cluster (${own}) than the one that lives: started by itself it would be overwritten. join-node asks before it sets that data aside. Where that is the data to keep, decide before (guide 5.3).`;
  if (neverInCluster(seen)) return `${node} runs a database of its own, which was never in a cluster.`;
  return `${node} is half way into the cluster: a join began there, and did not come to its end.`;
}

/** A barrier that an open run has raised is that run's to lift. */
function barriers(cluster: Cluster, reached: readonly Reached[], joining: readonly NodeName[]): readonly Sign[] {
  const barred = [...new Set(reached.flatMap(({ flags }) => flags.barrier))];
  return barred.map((node): Sign => {
    const survivors = namesOf(reached.filter(({ flags }) => flags.barrier.includes(node)));
    const here = reached.some((one) => one.node === node);
    const raiser = openOn(reached).find(({ lock: { run } }) =>
      reached.some(({ node: on, flags }) =>
        Object.hasOwn(flags.owedGuards, `${run.replaceAll('/', '_')}.keepOut-${node}.${on}.sh`),
      ),
    );
    if (raiser)
      return {
        condition: 'run open',
        node,
        words: `${verb(survivors, 'keeps', 'keep')} ${node} out: ${raiser.lock.run}, which is open, goes on without it.`,
      };
    return {
      condition: 'barrier owed',
      node,
      words: `${verb(survivors, 'keeps', 'keep')} ${node} out: an earlier recovery went on without it.`,
      remedy: joining.includes(node)
        ? joinCommand(cluster, node)
        : here
          ? `pfrunbook start full-recovery ${cluster.name}`
          : `Switch ${node} on, and at once (its own galera-autofix wipes it within minutes): pfrunbook start full-recovery ${cluster.name}`,
    };
  });
}

function detached(cluster: Cluster, seen: Reached, serving: boolean): readonly Sign[] {
  if (wsrepOf(seen)?.clusterStatus !== 'standalone') return [];
  return [
    {
      condition: 'node detached',
      node: seen.node,
      words: `${seen.node} runs its database without Galera: what is written there is nowhere else.`,
      remedy: `${seen.node} must take a full copy before it is a member again${serving ? `: ${joinCommand(cluster, seen.node)}` : '.'}`,
    },
  ];
}

function stopped(cluster: Cluster, seen: Reached): readonly Sign[] {
  if (serverRuns(seen) || seen.flags.maintenance) return [];
  const { mariadb } = seen.units;
  if (mariadb?.enabled.startsWith('masked')) {
    return [
      {
        condition: 'node down',
        node: seen.node,
        words: `The database of ${seen.node} is held: stopped, and masked across reboots.`,
        remedy: isLeftHeld(seen)
          ? `pfrunbook start full-recovery ${cluster.name} judges it, and brings it back.`
          : `Nothing of ours is noted there: somebody else masked its unit. When that is settled, on ${seen.node}: systemctl unmask packetfence-mariadb`,
      },
    ];
  }
  if (mariadb?.active === 'activating')
    return [
      {
        condition: 'node down',
        node: seen.node,
        words: `The database of ${seen.node} is starting; no server runs yet.`,
      },
    ];
  return [
    {
      condition: 'node down',
      node: seen.node,
      words: `The database of ${seen.node} is stopped (unit ${mariadb?.active ?? 'missing'}).`,
      remedy: `On ${seen.node}: systemctl start packetfence-mariadb. It joins the cluster that runs.`,
    },
  ];
}

/** Runs, but not with the Primary that another node is part of. */
function apart(seen: Reached): readonly Sign[] {
  if (isPrimary(seen) || !serverRuns(seen) || isTransferring(seen) || wsrepOf(seen)?.clusterStatus === 'standalone')
    return [];
  const wsrep = wsrepOf(seen);
  if (!wsrep && tooMany(seen)) return []; // says it itself
  return [
    {
      condition: 'non-Primary but running',
      node: seen.node,
      words: wsrep
        ? `${seen.node} runs outside the cluster (${wsrep.clusterStatus}): it is read-only.`
        : `The server of ${seen.node} runs and does not answer: ${seen.database.sql.kind === 'silent' ? seen.database.sql.because : ''}.`,
      remedy: `Look at the network between ${seen.node} and the others (ports 4567, 4568, 4444): it joins again by itself.`,
    },
  ];
}

export function tooMany({ database: { sql } }: Reached): boolean {
  return sql.kind === 'silent' && /too many connections|max_(user_)?connections/i.test(sql.because);
}

function crowded(seen: Reached): readonly Sign[] {
  if (!tooMany(seen)) return [];
  return [
    {
      condition: 'max connections reached',
      node: seen.node,
      words: `${seen.node} takes no more connections: replication through it can stand still.`,
      remedy: `Find out who holds the connections of ${seen.node} (guide 9.5.2), raise max_connections (guide 9.5.1).`,
    },
  ];
}

function moving(seen: Reached): readonly Sign[] {
  const wsrep = wsrepOf(seen);
  if (wsrep?.clusterStatus !== 'Primary') {
    return isTransferring(seen)
      ? [
          {
            condition: 'node desynced',
            node: seen.node,
            words: `${seen.node} is in the middle of a full copy: let that end.`,
          },
        ]
      : [];
  }
  const ills = [
    ...(wsrep.state === 'Synced' ? [] : [wsrep.state]),
    ...(wsrep.ready ? [] : ['not ready']),
    ...(wsrep.connected ? [] : ['not connected']),
    ...(wsrep.readOnly ? ['read-only'] : []),
  ];
  return ills.length > 0
    ? [{ condition: 'node desynced', node: seen.node, words: `${seen.node} is a member but not well: ${list(ills)}.` }]
    : [];
}

/** Every node is Primary, and still they do not say the same of their cluster. */
function membership(cluster: Cluster, reached: readonly Reached[]): readonly Sign[] {
  const members = reached.flatMap((one) => (isPrimary(one) ? (wsrepOf(one) ?? []) : []));
  if (members.length < cluster.nodes.length) return [];
  const kinds = new Set(members.map(({ clusterSize, confId }) => `${confId} of ${clusterSize}`));
  if (kinds.size === 1 && members.every(({ clusterSize }) => clusterSize === cluster.nodes.length)) return [];
  return [
    {
      condition: 'node desynced',
      words: `The nodes do not all see the same ${count(cluster.nodes.length, 'member')} (views ${list([...kinds])}).`,
      remedy: 'Look again: the membership may be moving.',
    },
  ];
}

function flagged({ node, database }: Reached): readonly Sign[] {
  return database.newClusterFlags.map((where) => ({
    condition: 'stale bootstrap flag',
    node,
    words: `${node} would start a new cluster at its next start (${where}).`,
    remedy: `On ${node}: systemctl unset-environment MARIADB_ARGS; remove a drop-in that holds it.`,
  }));
}

function began(cluster: Cluster, reached: readonly Reached[]): readonly Sign[] {
  return namesOf(stillBegins(reached)).map((node) => ({
    condition: 'stale bootstrap flag',
    node,
    words: `${node} runs as the beginning of a new cluster: started again after a crash, its server would begin another.`,
    remedy: `pfrunbook start full-recovery ${cluster.name} restarts it as an ordinary member.`,
  }));
}

function maintained({ node, flags }: Reached): readonly Sign[] {
  return [
    ...(flags.maintenance
      ? [
          {
            condition: 'maintenance',
            node,
            words: `${node} is in maintenance: its database does not start.`,
            remedy: `When the work is done, on ${node}: /usr/local/pf/bin/cluster/maintenance --deactivate`,
          } as const,
        ]
      : []),
    ...(flags.disabledNodes.length > 0
      ? [
          {
            condition: 'maintenance',
            node,
            words: `${node} has ${list(flags.disabledNodes)} switched off by a marker of cluster/node.`,
          } as const,
        ]
      : []),
  ];
}

export const openOn = (reached: readonly Reached[]) =>
  runsHolding(
    reached.map(({ node, flags: { lock, over } }) => ({ node, ...(lock && { lock }), ...(over && { over }) })),
  );

/** What takes over from a run whose Temporal is gone. A recovery beside a cluster that serves would only be refused. */
function goesOn(
  cluster: Cluster,
  { first, joiner, serving }: { first: NodeName | undefined; joiner: NodeName | undefined; serving: boolean },
): string {
  if (first !== undefined) return setUpCommand(cluster);
  if (joiner !== undefined) return joinCommand(cluster, joiner);
  return serving ? 'start the same runbook again, with' : `pfrunbook start full-recovery ${cluster.name}`;
}

function open(reached: readonly Reached[], next: string): readonly Sign[] {
  return openOn(reached).map(({ lock, nodes }) => ({
    condition: 'run open',
    words: `A run is open: ${lockInWords(lock)}, on ${list(nodes)}.`,
    remedy: `See it on ${lock.host}, or wherever its Temporal is: pfrunbook show ${lock.run}. Where that is gone for good: ${next} --take-over ${lock.run} --reason "..."`,
  }));
}

/** One sentence for a node, in the words of `pfrunbook guards`: what goes back, not what was done. */
function owed(
  cluster: Cluster,
  { node, flags }: Reached,
  open: ReturnType<typeof openOn>,
  first: NodeName | undefined,
): readonly Sign[] {
  const guards = Object.values(flags.owedGuards);
  if (guards.length === 0) return [];
  const holder = open.find(({ nodes }) => nodes.includes(node))?.lock;
  const next = first === undefined ? `pfrunbook guards ${cluster.name} --restore` : setUpCommand(cluster);
  const remedy = holder ? `Leave that to ${holder.run}, which holds ${node}.` : open.length === 0 ? next : undefined;
  return [
    {
      condition: 'guard owed',
      node,
      words: `Owed on ${node}: ${guards.join('; ')}.`,
      ...(remedy && { remedy }),
    },
  ];
}

function inventory(reached: readonly Reached[]): readonly Sign[] {
  const ours = reached.flatMap(({ node, flags }) =>
    flags.clusterConf.differs.map(
      (words): Sign => ({
        condition: 'stale inventory',
        node,
        words: `The cluster.conf of ${node} and ours differ: ${words}`,
        remedy: `Bring the copy in clusters/ up to date, or find out who changed that of ${node}.`,
      }),
    ),
  );
  const digests = new Set(reached.map(({ flags }) => flags.clusterConf.sha256));
  return [
    ...ours,
    ...(digests.size > 1
      ? [
          {
            condition: 'stale inventory',
            words: `The nodes do not hold the same cluster.conf (${count(digests.size, 'version')}).`,
            remedy: 'On the node that is right: /usr/local/pf/bin/cluster/sync --as-master',
          } as const,
        ]
      : []),
  ];
}

function misnamed(reached: readonly Reached[]): readonly Sign[] {
  return reached
    .filter(({ node, host }) => host.hostname !== node)
    .map(({ node, host }) => ({
      condition: 'stale inventory',
      node,
      words: `${node} calls itself ${host.hostname}: PacketFence’s commands fail where the host name is no section of cluster.conf.`,
      remedy: `On ${node}: hostnamectl set-hostname ${node}`,
    }));
}

function vipSigns(vip: string, reached: readonly Reached[]): readonly Sign[] {
  const holders = namesOf(reached.filter(({ host }) => host.addresses.includes(vip)));
  if (holders.length === 1) return [];
  const words =
    holders.length === 0 ? `No node that can be reached serves ${vip}.` : `${list(holders)} serve ${vip} at once.`;
  return [{ condition: 'VIP not served', words, remedy: 'Look at packetfence-keepalived on each node.' }];
}

/** A server that answers beside its unit (an orphan) is not well either: the unit would start a second one. */
function services(seen: Reached): readonly Sign[] {
  const { node, units } = seen;
  if (!isPrimary(seen)) return [];
  const down = (['mariadb', 'config', 'keepalived', 'haproxyDb', 'webservices'] as const).filter(
    (role) => (units[role] ? units[role].active !== 'active' : role === 'mariadb'), // older versions lack other roles
  );
  return down.length > 0
    ? [
        {
          condition: 'service down',
          node,
          words: `${node}: ${down.map((role) => `${role} is ${units[role]?.active ?? 'missing'}`).join(', ')}.`,
          remedy: `On ${node}: /usr/local/pf/bin/pfcmd service pf start`,
        },
      ]
    : [];
}

function room({ node, host, database: { datadir } }: Reached): readonly Sign[] {
  return [
    ...(host.varFreeBytes < roomLimit
      ? [
          {
            condition: 'little room',
            node,
            words: `${node} has ${megabytes(host.varFreeBytes)} free on /var/lib.`,
            remedy: `Make room on ${node}: before each change a run notes it there.`,
          } as const,
        ]
      : []),
    ...(datadir.freeBytes < datadir.usedBytes
      ? [
          {
            condition: 'little room',
            node,
            words: `${node} has ${megabytes(datadir.freeBytes)} free beside ${megabytes(datadir.usedBytes)} of data: no room to set the data aside and take a full copy.`,
            remedy: `Make room on ${node}: data that earlier runs set aside (${datadir.path}.aside-*) goes when you are sure of it.`,
          } as const,
        ]
      : []),
  ];
}

function clock({ node, host }: Reached): readonly Sign[] {
  if (Math.abs(host.clockAheadMs) <= clockLimit) return [];
  const seconds = Math.round(Math.abs(host.clockAheadMs) / 1000);
  return [
    {
      condition: 'clock differs',
      node,
      words: `The clock of ${node} is ${seconds} s ${host.clockAheadMs > 0 ? 'ahead' : 'behind'}: PacketFence compares configurations by time.`,
    },
  ];
}

function versions(reached: readonly Reached[]): readonly Sign[] {
  const kinds = new Set(reached.map(({ host }) => host.version));
  return kinds.size > 1
    ? [
        {
          condition: 'mixed versions',
          words: `The nodes run ${reached.map(({ node, host }) => `${node} ${host.version || 'no PacketFence'}`).join(', ')}.`,
          remedy: 'Bring the upgrade to its end, or take it back, before anything else (guide 9.4).',
        },
      ]
    : [];
}

function target(seen: Reached): readonly Sign[] {
  const { node, flags } = seen;
  if (bootsIntoCluster(seen) || flags.maintenance) return [];
  return [
    {
      condition: 'wrong default target',
      node,
      words: `${node} would boot into ${flags.defaultTarget || 'no target'}, without PacketFence.`,
      remedy: `On ${node}: systemctl set-default packetfence-cluster.target`,
    },
  ];
}
