/**
 * What is wrong with a cluster, in one named condition, from one look at its nodes (guide 4.1-4.3). It changes nothing
 * and believes no single file: the power cut that heals by itself and the one that never will differ only in what the
 * nodes' view files say together (cluster/view.ts).
 */
import { splitBrainByHand } from './by-hand.js';
import { count, list, type Unhashed, verb } from './finding.js';
import { joining } from './joining.js';
import type { Lock } from './lock.js';
import {
  allJoined,
  joinCommand,
  joiners,
  neverInCluster,
  outsiders,
  prepareCommand,
  settingUp,
  setUpCommand,
} from './newcomers.js';
import type { NodeSeen, Reached, UnitSeen, WsrepSeen } from './observation.js';
import { isZero, positionInShort, positionInWords, positionSeen } from './position.js';
import type { Pair } from './recovery.js';
import { isPrimary, isReached, mayServeSilently, namesOf, serverRuns, uuidOf, wsrepOf } from './seen.js';
import { beingSetUp, type Condition, openOn, type Sign, signsOf, tooMany } from './signs.js';
import { judgeViews } from './view.js';
import { wayOut } from './way-out.js';
import type { Cluster, Finding, NodeName } from './words.js';

export type { Condition, Sign } from './signs.js';

export interface Diagnosis extends Finding {
  readonly condition: Condition;
  /** One sentence. */
  readonly summary: string;
  /** Everything else that is worth a word, the gravest first. */
  readonly findings: readonly Sign[];
  /** First row is the heading. Holds numbers that move. */
  readonly table: readonly (readonly string[])[];
  readonly recommended?: Recommended;
  /** What would make the answer another one. */
  readonly wouldChange: readonly string[];
}

export interface Recommended {
  /** Absent: nothing is to be started. */
  readonly runbook?: string;
  readonly args?: Readonly<Record<string, string>>;
  /** To be typed as it is. */
  readonly command: string;
  /** To be typed when that has ended. */
  readonly next?: string;
}

interface Facts {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  readonly reached: readonly Reached[];
  /** Names of those that did not answer. */
  readonly away: readonly NodeName[];
  /** Who is here and is, or was, in the cluster. */
  readonly members: readonly Reached[];
  /** Names of those whose data no member gave them. */
  readonly outside: readonly NodeName[];
  /** The run that works on them. */
  readonly open?: Lock;
}

type Answer = Pick<Diagnosis, 'condition' | 'summary' | 'wouldChange'> & { readonly recommended?: Recommended };

export function diagnose({
  cluster,
  seen,
  vips,
  pairs = [],
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  readonly vips: readonly string[];
  /** Judged where lineage was read. */
  readonly pairs?: readonly Pair[];
}): Unhashed<Diagnosis> {
  const inOrder = cluster.nodes.flatMap((node) => seen.find((one) => one.node === node) ?? []);
  const reached = inOrder.filter(isReached);
  const [{ lock: open } = {}] = openOn(reached);
  const outside = outsiders(reached);
  const facts: Facts = {
    cluster,
    seen: inOrder,
    reached,
    away: cluster.nodes.filter((node) => !reached.some((one) => one.node === node)),
    members: reached.filter((one) => !outside.includes(one)),
    outside: namesOf(outside),
    ...(open && { open }),
  };
  const findings = signsOf({ cluster, seen: inOrder, vips });
  const found =
    split(facts, pairs) ??
    unfinished(facts) ??
    (inOrder.some(isPrimary) ? inService(facts, findings) : outage(ofMembers(facts)));
  const answer = open ? { ...found, ...whileOpen(open) } : found;
  return {
    ...answer,
    findings,
    verdict: [
      answer.summary,
      ...inOrder.map((one) => `${one.node}: ${stateInWords(one)}`),
      ...pairs.map(({ lower, higher, kinship, because }) => `${lower} and ${higher}: ${kinship} history, ${because}.`),
    ],
    table: [['Node', 'Database', 'Position', 'Last view', 'Remarks'], ...inOrder.map((one) => row(one, vips))],
  };
}

/** More than one cluster, or one cluster with more than one history. */
function split({ cluster, members, outside }: Facts, pairs: readonly Pair[]): Answer | undefined {
  const way = `${splitBrainByHand} Until then start no database and no recovery of ${cluster.name}.`;
  const wouldChange = ['Nothing by itself: the sides do not find together again.'];
  const sides = components(members.filter(isPrimary));
  if (sides.length > 1) {
    return {
      condition: 'split brain',
      summary: `${sides.length} clusters live at once: ${sides.map((side) => list(namesOf(side))).join(' against ')}. ${way}`,
      wouldChange,
    };
  }
  const different = pairs.filter(
    ({ kinship, lower, higher }) => kinship === 'DIFFERENT' && ![lower, higher].some((node) => outside.includes(node)),
  );
  if (different.length > 0) {
    return {
      condition: 'split brain',
      summary: `The nodes hold different histories: ${list(different.map(({ lower, higher }) => `${lower} and ${higher}`))}. ${way}`,
      wouldChange,
    };
  }
  const uuids = [...new Set(members.flatMap((one) => uuidOf(one) ?? []))];
  if (uuids.length > 1) {
    return {
      condition: 'split brain',
      summary: `The nodes belong to ${uuids.length} clusters: ${uuids.map((uuid) => `${uuid} (${list(namesOf(members.filter((one) => uuidOf(one) === uuid)))})`).join(', ')}. ${way}`,
      wouldChange,
    };
  }
  return undefined;
}

/** There is no cluster yet: nothing to recover, and nothing that a recovery would do right. */
function unfinished({ cluster, seen, reached, away, open }: Facts): Answer | undefined {
  const first = settingUp({ cluster, seen });
  const setUp = setUpRun(cluster);
  if (first !== undefined) {
    const summary = `${beingSetUp(first)}${open ? '' : ' Started again, it goes on from there.'}`;
    return away.length > 0
      ? {
          condition: 'being set up',
          summary,
          wouldChange: [`It needs every server: bring ${list(away)} back, then ${setUp.command}`],
        }
      : { condition: 'being set up', summary, recommended: setUp, wouldChange: [] };
  }
  if (reached.length === 0 || !reached.every(neverInCluster)) return undefined;
  const names = namesOf(reached);
  const summary = `${verb(names, 'was', 'were')} never in a cluster`;
  return away.length > 0
    ? {
        condition: 'unknown',
        summary: `${summary}, and ${verb(away, 'is', 'are')} not reachable: whether a cluster lives there cannot be seen.`,
        wouldChange: [
          `An answer of ${list(away)}. Where a cluster lives there, join-node brings ${list(names)} in; where there is none, prepare-nodes and setup-cluster make one of all.`,
        ],
      }
    : {
        condition: 'no cluster yet',
        summary: `${summary}: PacketFence is installed there, and each has a database of its own. Nothing is to be recovered: prepare-nodes, then setup-cluster make a cluster of them.`,
        recommended: {
          runbook: 'prepare-nodes',
          args: {},
          command: prepareCommand(cluster),
          next: setUp.command,
        },
        wouldChange: [],
      };
}

/** Who was never in the cluster has no say in how it went down: a sign tells of it. */
function ofMembers({ cluster, seen, members, outside, ...rest }: Facts): Facts {
  const nodes = cluster.nodes.filter((node) => !outside.includes(node));
  const inside = seen.filter(({ node }) => nodes.includes(node));
  return { ...rest, cluster: { ...cluster, nodes }, seen: inside, reached: members, members, outside };
}

/** A Primary lives, and one only: the worst of what was found on the nodes names the condition. */
function inService({ cluster, seen }: Facts, findings: readonly Sign[]): Answer {
  const serving = namesOf(seen.filter(isPrimary));
  const [worst] = findings;
  const service = `${verb(serving, 'is', 'are')} Primary`;
  if (!worst)
    return { condition: 'healthy', summary: 'Every node is Primary and Synced; nothing is owed.', wouldChange: [] };
  const { mode, barred, refusal } = wayOut({ cluster, seen });
  const join = whoJoins(cluster, seen);
  const isRecovery = mode === 'bring back' && refusal === undefined && !barred.some((node) => join.who.includes(node));
  const cutOff = namesOf(seen.filter(isReached).filter((one) => wsrepOf(one)?.clusterStatus === 'non-Primary'));
  return {
    condition: worst.condition,
    summary: `${service}. ${worst.condition === 'non-Primary but running' && cutOff.length > 0 ? withoutQuorum(cutOff) : worst.words}`,
    ...(join.recommended
      ? { recommended: join.recommended }
      : isRecovery
        ? { recommended: fullRecovery(cluster) }
        : worst.condition === 'being set up' && allJoined({ cluster, seen }) && { recommended: setUpRun(cluster) }),
    wouldChange: [...new Set([...join.first, ...findings.flatMap(({ remedy }) => remedy ?? [])])].slice(0, 3),
  };
}

/** Brought back by a recovery it would have the data, and not the configuration: so join-node comes first. `first`: what keeps it from that. */
function whoJoins(
  cluster: Cluster,
  seen: readonly NodeSeen[],
): { readonly who: readonly NodeName[]; readonly recommended?: Recommended; readonly first: readonly string[] } {
  const first: string[] = [];
  const who = joiners({ cluster, seen });
  for (const node of who) {
    // A server whose key is not known can be judged by the run alone, when a person has decided on the key.
    const isSeen = seen.some((one) => one.node === node && one.reachable);
    const { refusal } = isSeen ? joining({ cluster, node, seen, hasLogin: true, even: true }) : {};
    if (refusal === undefined)
      return {
        who,
        recommended: { runbook: 'join-node', args: { node }, command: joinCommand(cluster, node) },
        first: [],
      };
    first.push(refusal.replace(/ Nothing was touched\.$/, ''));
  }
  return { who, first };
}

/** One side of a cut network, and what PacketFence still does there (guide 4.1). */
function withoutQuorum(side: readonly NodeName[]): string {
  return `${verb(side, 'runs', 'run')} outside the cluster (non-Primary), read-only. There RADIUS answers with the roles that are stored, and keeps no new one; captive portal and DHCP listeners are off; the web interface changes the configuration only.`;
}

function outage(facts: Facts): Answer {
  const { cluster, reached, outside } = facts;
  const [joinsFirst] = outside;
  const recommended: Recommended = {
    ...fullRecovery(cluster),
    ...(joinsFirst !== undefined && { next: joinCommand(cluster, joinsFirst) }),
  };
  if (reached.length === 0) {
    return {
      condition: 'no node reachable',
      summary: 'No node is reachable: nothing is known of the database.',
      wouldChange: ['A way to the nodes: see why each one does not answer.'],
    };
  }
  const crowded = namesOf(reached.filter(tooMany));
  if (crowded.length > 0) {
    return {
      condition: 'max connections reached',
      summary: `${verb(crowded, 'takes', 'take')} no more connections, so nobody can say whether the cluster is Primary.`,
      wouldChange: ['Free connections (guide 9.5.2), then look again.'],
    };
  }
  const silent = namesOf(reached.filter(mayServeSilently));
  if (silent.length > 0) {
    return {
      condition: 'unknown',
      summary: `The server of ${list(silent)} came up and does not answer now: it may be Primary.`,
      wouldChange: [`An answer of ${list(silent)}, or its stop.`],
    };
  }
  const running = reached.filter(serverRuns);
  if (running.some((one) => wsrepOf(one))) {
    const missing = cluster.nodes.filter((node) => !running.some((one) => one.node === node));
    if (missing.length === 0) {
      return {
        condition: 'non-Primary but running',
        summary: 'Every node runs its database, and none is Primary: there is no service for writing.',
        recommended,
        wouldChange: [
          'If the network between the nodes is cut (ports 4567, 4568, 4444), they find together when it is repaired.',
        ],
      };
    }
    return {
      condition: 'quorum lost',
      summary: `${verb(namesOf(running), 'runs', 'run')} without quorum, read-only: ${verb(missing, 'is', 'are')} missing.`,
      recommended,
      wouldChange: [
        `If ${verb(missing, 'comes', 'come')} back, the cluster goes on by itself, and nothing need be decided: look at ${list(missing)} first.`,
      ],
    };
  }
  return byViews(facts, recommended) ?? withoutViews(facts, running, recommended);
}

function byViews(facts: Facts, recommended: Recommended): Answer | undefined {
  const { reached, away, outside } = facts;
  const views = judgeViews(reached);
  if (views.kind === 'none') return undefined;
  if (views.kind === 'torn') {
    const autofix = autofixInWords(facts);
    const nothing = autofix === '' ? 'Nothing by itself. ' : '';
    return {
      condition: 'torn view',
      summary: `No node is Primary, and the cluster will never form again by itself: ${verb(views.torn, 'has', 'have')} lost the last view (${views.viewId}), for which ${verb(views.holders, 'waits', 'wait')}.${autofix}`,
      recommended,
      wouldChange: [`${nothing}A position that only --wsrep-recover can tell is read by full-recovery.`],
    };
  }
  if (views.kind === 'waiting' && outside.length > 0 && views.missing > away.length) {
    return {
      condition: 'torn view',
      summary: `No node is Primary, and the cluster will never form again by itself: ${verb(views.holders, 'waits', 'wait')} for ${count(views.missing, 'more member')} of the last view, and ${verb(outside, 'holds', 'hold')} nothing of the cluster any more.${autofixInWords(facts)}`,
      recommended,
      wouldChange: ['A position that only --wsrep-recover can tell is read by full-recovery.'],
    };
  }
  if (views.kind === 'waiting') {
    return {
      condition: 'waiting for the whole view',
      summary: `No node is Primary: ${verb(views.holders, 'waits', 'wait')} for ${count(views.missing, 'more member')} of the last view${away.length > 0 ? ` (not reachable: ${list(away)})` : ''}. When all are up, the cluster forms by itself within seconds.`,
      wouldChange: [
        away.length > 0
          ? `Switch ${list(away)} on, then look again: if its own view file is lost, the answer becomes “torn view”.`
          : 'Look again when every member runs.',
        ...(away.length > 0 ? [`If ${verb(away, 'is', 'are')} lost for good: ${recommended.command}`] : []),
      ],
    };
  }
  const idle = views.holders.filter(
    (node) =>
      !reached.some(
        (one) => one.node === node && /^(active|activating|reloading)$/.test(one.units.mariadb?.active ?? ''),
      ),
  );
  return {
    condition: 'waiting for the whole view',
    summary: `No node is Primary yet. Every member of the last view is here and knows it: ${idle.length === 0 ? 'the cluster forms by itself within seconds.' : `it forms as soon as MariaDB is started on ${list(idle)}; nothing need be discarded.`}`,
    ...(idle.length > 0 && { recommended }),
    wouldChange: [
      'Look again in half a minute: if it has not formed by then, the network between the nodes is cut (ports 4567, 4568, 4444).',
    ],
  };
}

/**
 * What galera-autofix will do, where it is at work beside a database that is started: 5 minutes after its own start it
 * tries ten times, half a minute apart; then it goes by numbers alone (reference/packetfence.md 1.9). Else nothing.
 */
function autofixInWords({ reached, away, open }: Pick<Facts, 'reached' | 'away' | 'open'>): string {
  const starts = (unit?: UnitSeen) => unit?.active.startsWith('activ') ?? false;
  const awake = namesOf(reached.filter(({ units }) => starts(units.autofix) && starts(units.mariadb)));
  if (awake.length === 0) return '';
  const when = away.length > 0 ? `once ${verb(away, 'answers', 'answer')} again, and ` : '';
  const stopIt = open ? '' : ' full-recovery stops it first: start that before then.';
  return ` galera-autofix is awake on ${list(awake)}: ${when}about 10 minutes after the boot it starts a new cluster on the node with the highest number and wipes the others, whatever they hold.${stopIt}`;
}

/** No node knows a view to wait for. A clean stop leaves a seqno in grastate.dat; a hard one leaves -1. */
function withoutViews(facts: Facts, running: readonly Reached[], recommended: Recommended): Answer {
  const { cluster, reached, away } = facts;
  if (running.length > 0) {
    const missing = cluster.nodes.filter((node) => !running.some((one) => one.node === node));
    const autofix = autofixInWords(facts);
    return missing.length === 0
      ? {
          condition: 'non-Primary but running',
          summary: `Every node runs its database and waits for another to be Primary: none will begin.${autofix}`,
          recommended,
          wouldChange: autofix === '' ? ['Nothing by itself.'] : [],
        }
      : {
          condition: 'quorum lost',
          summary: `No node is Primary: ${verb(namesOf(running), 'waits', 'wait')} for another, and ${verb(missing, 'does', 'do')} not run.`,
          recommended,
          wouldChange: [
            `If ${list(missing)} was the last to stop, starting it first brings the cluster back: look at it first.`,
          ],
        };
  }
  const graceful = reached.every(
    ({ database: { grastate } }) => grastate !== undefined && grastate.seqno >= 0 && !isZero(grastate.uuid),
  );
  const first = namesOf(reached.filter(({ database }) => database.grastate?.safeToBootstrap));
  if (!graceful) {
    return {
      condition: 'all down hard',
      summary: `No database runs${away.length > 0 ? ` where it can be seen (not reachable: ${list(away)})` : ''}, and not every node was stopped cleanly.`,
      recommended,
      wouldChange: ['The positions, once read: full-recovery reads them, and asks before it decides.'],
    };
  }
  if (first.length === 0 && away.length > 0) {
    return {
      condition: 'quorum lost',
      summary: `${verb(namesOf(reached), 'was', 'were')} stopped cleanly, and none of them last: ${verb(away, 'is', 'are')} not reachable and may still run.`,
      wouldChange: [`Look at ${list(away)} first. If it is lost for good: ${recommended.command}`],
    };
  }
  return {
    condition: 'all down gracefully',
    summary: `Every database that can be seen was stopped cleanly${first.length > 0 ? `; ${list(first)} stopped last and is safe to start first` : ''}.`,
    recommended,
    wouldChange:
      first.length > 0
        ? [`By hand: start packetfence-mariadb on ${list(first)} first, then on the others (guide 4.2).`]
        : [],
  };
}

/** Groups of nodes that are Primary together. Two nodes read a moment apart may tell of two views of one cluster. */
function components(primary: readonly Reached[]): readonly (readonly Reached[])[] {
  return primary.reduce<readonly (readonly Reached[])[]>((sides, one) => {
    const mine = sides.filter((side) => side.some((other) => together(one, other)));
    return [...sides.filter((side) => !mine.includes(side)), [...mine.flat(), one]];
  }, []);
}

function together(one: Reached, other: Reached): boolean {
  const [a, b] = [wsrepOf(one), wsrepOf(other)];
  if (!a || !b || a.stateUuid !== b.stateUuid) return false;
  const [hosts, otherHosts] = [hostsOf(a), hostsOf(b)];
  if (hosts.length > 0 && otherHosts.length > 0) return hosts.some((host) => otherHosts.includes(host));
  return a.confId === b.confId && a.clusterSize === b.clusterSize && a.clusterSize > 1; // no lists: each names its size only
}

/** Older servers list AUTO, or nothing. */
function hostsOf({ incoming }: WsrepSeen): readonly string[] {
  return incoming.map((address) => address.replace(/:\d+$/, '')).filter((host) => host !== '' && host !== 'AUTO');
}

/** No second run beside one that is open: what is still to be done is its work. */
function whileOpen({ run }: Lock): Pick<Answer, 'recommended' | 'wouldChange'> {
  return {
    recommended: { command: `pfrunbook watch ${run}` },
    wouldChange: [`What ${run} does: look again when it has ended.`],
  };
}

function setUpRun(cluster: Cluster): Recommended {
  return { runbook: 'setup-cluster', args: {}, command: setUpCommand(cluster) };
}

function fullRecovery({ name }: Cluster): Recommended {
  return { runbook: 'full-recovery', args: {}, command: `pfrunbook start full-recovery ${name}` };
}

/** Without numbers that move: a stopped node's position is exact, a running one's is left to the table. */
function stateInWords(seen: NodeSeen): string {
  if (!seen.reachable) return `not reachable: ${seen.because}`;
  const wsrep = wsrepOf(seen);
  if (wsrep)
    return wsrep.clusterStatus === 'standalone' ? 'runs without Galera' : `${wsrep.clusterStatus}, ${wsrep.state}`;
  const { mariadb } = seen.units;
  if (serverRuns(seen)) return `its server runs and does not answer (unit ${mariadb?.active ?? 'missing'})`;
  const state = mariadb?.enabled.startsWith('masked')
    ? 'held'
    : mariadb?.active === 'activating'
      ? 'starting, no server yet'
      : 'stopped';
  return `${state}, position ${positionInWords(positionSeen(seen))}`;
}

function row(seen: NodeSeen, vips: readonly string[]): readonly string[] {
  if (!seen.reachable) return [seen.node, 'not reachable', '', '', seen.because];
  const { host, flags, database } = seen;
  const wsrep = wsrepOf(seen);
  const state = wsrep
    ? [wsrep.clusterStatus, wsrep.state].filter(Boolean).join('/')
    : serverRuns(seen)
      ? `waits (${seen.units.mariadb?.active ?? 'no unit'})`
      : stateInWords(seen).replace(/,.*/, '');
  const view =
    database.view && !wsrep
      ? `${database.view.viewId?.split(' ').at(-1) ?? 'torn'}: ${count(database.view.members.length, 'member')}`
      : '';
  const remarks = [
    ...vips.filter((vip) => host.addresses.includes(vip)).map((vip) => `VIP ${vip}`),
    ...(flags.maintenance ? ['maintenance'] : []),
    ...(flags.barrier.length > 0 ? [`keeps ${list(flags.barrier)} out`] : []),
    ...(Object.keys(flags.owedGuards).length > 0
      ? [`${count(Object.keys(flags.owedGuards).length, 'guard')} owed`]
      : []),
    ...(database.grastate?.safeToBootstrap && !wsrep ? ['safe to bootstrap'] : []),
  ];
  return [seen.node, state, positionInShort(positionSeen(seen)), view, remarks.join(', ')];
}
