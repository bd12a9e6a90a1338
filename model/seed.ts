/**
 * A model that begins where a real cluster was seen. What is shown of a node stays what was observed, but for what the
 * model has changed since. What no look can tell - which history a server holds that still runs - is assumed, and
 * `turnOut` says later how it turns out.
 */
import type { LedgerSeen } from '../activities/contract.js';
import type { Installed } from '../cluster/installed.js';
import type { DataSeen } from '../cluster/joining.js';
import { neverInCluster } from '../cluster/newcomers.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import { positionSeen } from '../cluster/position.js';
import type { ServerSeen } from '../cluster/prepare.js';
import { isPrimary, isReached, serverRuns, wsrepOf } from '../cluster/seen.js';
import type { NodeName } from '../cluster/words.js';
import { ModelCluster } from './cluster.js';
import { type ModelNode, zero } from './node.js';

/** How histories can turn out: proven to be one, each node ending elsewhere or not, proven to be two, or not to be compared on these nodes. */
export type Histories = 'one' | 'apart' | 'two' | { readonly unproven: readonly NodeName[] };

const trunk = 200; // events; positions keep their order, not their distance: a real one is a number of millions

export class SeededCluster extends ModelCluster {
  /** What was observed, and what the model showed then. */
  private readonly observed = new Map<NodeName, readonly [NodeSeen, NodeSeen]>();

  private readonly prepared = new Map<NodeName, readonly [ServerSeen, ServerSeen]>();

  constructor(seen: readonly NodeSeen[]) {
    super(
      seen.map(({ node }) => node),
      trunk,
    );
    const known = seen.filter(isReached).flatMap((one) => {
      const at = positionSeen(one);
      return at.kind === 'known' ? [at.seqno] : [];
    });
    const ranks = [...new Set(known)].toSorted((a, b) => b - a);
    for (const one of seen) {
      const node = this.node(one.node);
      node.crash();
      node.reachable = one.reachable;
      if (one.reachable) seed(node, one, ranks);
    }
    this.observe(seen);
  }

  /** From here on these are the facts that the model's own changes come on top of. */
  observe(seen: readonly NodeSeen[]): void {
    for (const one of seen) this.observed.set(one.node, [one, this.node(one.node).see()]);
  }

  /** Servers that are to be set up: those whose own cluster.conf names none know nothing of a cluster. */
  install(installed: readonly Installed[], data: readonly DataSeen[]): void {
    for (const { node: name, servers, setUpBegun, devices = 0, lacks } of installed) {
      const node = this.node(name);
      const blank = servers.length === 0;
      const holdsPf = data.some((one) => one.node === name && one.schemas.some((schema) => schema.name === 'pf'));
      Object.assign(node, { blank, knowsPeers: !blank, holdsPf, setUpBegun, devices, lacks });
      if (blank && node.data) node.data = { uuid: zero, events: [] };
    }
    this.observe([...this.observed.values()].map(([seen]) => seen));
  }

  /** Servers that are to become a cluster: what they are like, and what a run gives them on top. */
  prepare(servers: readonly ServerSeen[]): void {
    for (const server of servers) {
      const node = this.node(server.node);
      const { nonlocalBind, ipv6Off, clusterConf, interfaces } = server;
      Object.assign(node.server, {
        tools: false, // which count is not known here; what was observed does, until they are installed
        nonlocalBind: nonlocalBind.now && nonlocalBind.kept,
        ipv6Off: ipv6Off.now && ipv6Off.kept,
        clusterConf: clusterConf.length > 0,
      });
      node.links = interfaces.map((one) => {
        const wrote = server.renamedBy.findLast(({ mac, from }) => mac === one.mac && from === one.name);
        return { ...one, ...(wrote && { next: wrote.to, by: wrote.run }) };
      });
      this.prepared.set(server.node, [server, node.serverSeen('')]);
    }
  }

  serverSeen(name: NodeName, address = ''): ServerSeen {
    const now = this.node(name).serverSeen(address);
    const [observed, then] = this.prepared.get(name) ?? [now, now];
    return changed(observed, then, now) as ServerSeen;
  }

  seen(name: NodeName): NodeSeen {
    const now = this.node(name).see();
    const [observed, then] = this.observed.get(name) ?? [now, now];
    return changed(observed, then, now) as NodeSeen;
  }

  /** What a run knows of the node's ledger, and goes on to send. */
  remember(name: NodeName, { ledger, counter, machine }: LedgerSeen): void {
    const node = this.node(name);
    Object.assign(node, { ledgerId: ledger, machineId: machine });
    while (node.ledger.size < counter) node.ledger.set(`before ${node.ledger.size}`, { digest: '' });
  }

  /** Not foreseen: a plan's first step would be the loss that it is there to prevent. */
  protected override autofixStrikes(): void {}

  /** For nodes that `run` has read already: what they tell from now on. */
  turnOut(nodes: readonly NodeName[], histories: Histories, run: string): void {
    const last = nodes.at(-1);
    if (histories === 'two' && last) this.fork(last, trunk / 2, 1);
    const ahead = nodes.map((name) => this.node(name)).toSorted((a, b) => b.seqno - a.seqno);
    if (histories === 'apart') for (const [i, { data }] of ahead.entries()) data?.events.splice(-i, i);
    for (const name of nodes) {
      const node = this.node(name);
      node.evidence = typeof histories !== 'object' || !histories.unproven.includes(name);
      node.recovered = { run, facts: node.recover() };
    }
  }
}

function seed(node: ModelNode, seen: Reached, ranks: readonly number[]): void {
  const { database, units, flags } = seen;
  const { grastate, view } = database;
  const at = positionSeen(seen);
  const wsrep = wsrepOf(seen);
  const uuid = at.kind === 'known' ? at.uuid : grastate?.uuid;
  const behind = at.kind === 'known' ? ranks.indexOf(at.seqno) : 0;
  const events = node.data?.events.slice(0, trunk - behind) ?? [];
  const unnamed = neverInCluster(seen) ? zero : '';
  node.data = database.datadir.holdsData ? { uuid: uuid ?? unnamed, events } : undefined;
  if (isPrimary(seen)) node.view = { id: `3 ${uuid} ${wsrep?.confId}`, members: wsrep?.incoming ?? [] };
  else if (view?.viewId) node.view = { id: view.viewId, members: view.members };
  else node.view = view && 'torn';
  if (grastate && grastate.seqno >= 0)
    node.cleanStop = { seqno: node.seqno, safeToBootstrap: grastate.safeToBootstrap };
  const masked = (role: 'mariadb' | 'autofix') => units[role]?.enabled.startsWith('masked') ?? false;
  Object.assign(node, {
    process: serverRuns(seen),
    primary: isPrimary(seen),
    synced: wsrep?.state === 'Synced',
    newCluster: database.beginsCluster === true,
    setUpBegun: flags.setUpBegun === true,
    masked: masked('mariadb'),
    autofix: masked('autofix') ? 'masked' : units.autofix?.active === 'active' ? 'active' : 'inactive',
    monit: units.monit?.active === 'active',
    services: units.keepalived?.active === 'active' && units.webservices?.active === 'active',
  });
  for (const out of flags.barrier) node.barriers.add(out);
  Object.assign(node.owed, flags.owedGuards);
}

/** `observed`, with what is not now as it was then. */
function changed(observed: unknown, then: unknown, now: unknown): unknown {
  if (!isRecord(observed) || !isRecord(then) || !isRecord(now))
    return JSON.stringify(then) === JSON.stringify(now) ? observed : now;
  const names = [...new Set([...Object.keys(observed), ...Object.keys(now)])].filter(
    (name) => name in now || !(name in then),
  );
  return Object.fromEntries(
    names.map((name) => [name, counted.has(name) ? now[name] : changed(observed[name], then[name], now[name])]),
  );
}

/** Positions are the model's own everywhere: a real one and one of the model's do not compare. */
const counted = new Set(['lastCommitted', 'cachedDownTo']);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
