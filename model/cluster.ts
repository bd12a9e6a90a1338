/**
 * An in-memory cluster with just enough physics: units and their masks, processes, histories, views, Galera's joins by
 * IST or full copy, the automation that strikes. Changes take effect by verb (verbs.ts); what no verb explains,
 * nothing does. It knows what Galera does not: whether two histories are one.
 */
import type { NodeName } from '../cluster/words.js';
import { ModelNode } from './node.js';

/** What a power cut leaves. */
export interface Cut {
  /** The last event that each node's disk holds; absent: all of them. */
  readonly last?: Readonly<Record<NodeName, number>>;
  /** Nodes whose gvwstate.dat came back empty: such a cluster never heals by itself. */
  readonly torn?: readonly NodeName[];
  /** Nodes that stay off. */
  readonly off?: readonly NodeName[];
}

export class ModelCluster {
  readonly nodes: ReadonlyMap<NodeName, ModelNode>;
  /** Every act that really ran, in order: "holdDatabase pf1". What a test counts. */
  readonly acts: string[] = [];
  /** Data that something destroyed without its having been set aside, and second clusters. Must stay empty. */
  readonly destroyed: string[] = [];
  /** Reports written by `finish`. */
  readonly reports: unknown[] = [];
  private views = 0;

  /** Every node Primary, Synced, and of one history. */
  constructor(names: readonly NodeName[], transactions = 120) {
    this.nodes = new Map(names.map((name) => [name, new ModelNode(name)]));
    this.newView(this.all);
    const events = Array.from({ length: transactions }, (_, i) => `T source/1/${i}/0`);
    for (const node of this.all) {
      Object.assign(node, { process: true, primary: true, synced: true });
      node.data?.events.push(...events);
    }
  }

  get all(): readonly ModelNode[] {
    return [...this.nodes.values()];
  }

  node(name: NodeName): ModelNode {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`the model has no node ${name}`);
    return node;
  }

  // --- what befalls it -------------------------------------------------------------------------------------

  /** All at once; then the power returns, and each unit starts as it does at boot. */
  powerCut({ last = {}, torn = [], off = [] }: Cut = {}): this {
    for (const node of this.all) {
      node.crash();
      node.boot++;
      node.data?.events.splice(last[node.name] ?? Number.POSITIVE_INFINITY);
      if (torn.includes(node.name)) node.view = 'torn';
      node.reachable = !off.includes(node.name);
      node.process = node.reachable && !node.masked;
    }
    this.settle();
    return this;
  }

  /** Stopped in this order, as systemd does it. */
  gracefulStop(order: readonly NodeName[] = [...this.nodes.keys()]): this {
    for (const [i, name] of order.entries()) this.node(name).stop(i === order.length - 1);
    return this;
  }

  /** Writes that only this node holds: another history with the same uuid from the given event on. */
  fork(name: NodeName, from: number, writes: number): this {
    const events = this.node(name).data?.events;
    events?.splice(
      from,
      Number.POSITIVE_INFINITY,
      ...Array.from({ length: writes }, (_, i) => `T ${name}-alone/1/${i}/0`),
    );
    return this;
  }

  /** The whole state, for comparing ends: everything but how it was reached. */
  end(): unknown {
    return this.all.map(({ ledger, ...rest }) => ({ ...rest, barriers: [...rest.barriers] }));
  }

  // --- physics ---------------------------------------------------------------------------------------------

  /** Lets happen what happens by itself: a whole view becomes Primary, who waits joins, galera-autofix strikes. */
  settle(): void {
    const waiting = this.all.filter((node) => node.process && !node.primary);
    if (!this.all.some((node) => node.primary)) this.restoreView(waiting);
    for (const node of waiting) if (!node.primary) this.join(node);
    this.autofixStrikes();
  }

  /** A new cluster from this node's own data. */
  startNewCluster(node: ModelNode): void {
    const beside = this.all.filter((peer) => peer.primary && peer !== node).map(({ name }) => name);
    if (beside.length > 0) this.destroyed.push(`${node.name}: a second cluster beside ${beside.join(', ')}`);
    Object.assign(node, { process: true, primary: true, synced: true, newCluster: true });
    this.newView([node]);
  }

  /** pc.recovery: the members of one view, all there again, are Primary without anybody's help. */
  private restoreView(waiting: readonly ModelNode[]): void {
    const [first] = waiting;
    if (!first || typeof first.view !== 'object') return;
    const { id, members } = first.view;
    const back = waiting.filter(({ view }) => typeof view === 'object' && view.id === id);
    if (back.length !== members.length || this.split(back)) return;
    const ahead = back.reduce((most, node) => (node.seqno > most.seqno ? node : most), first);
    Object.assign(ahead, { primary: true, synced: true });
    for (const node of back) if (node !== ahead) this.receive(node, ahead);
    this.newView(back);
  }

  private split(nodes: readonly ModelNode[]): boolean {
    return nodes.some((node) => nodes.some((peer) => node.barriers.has(peer.name)));
  }

  private join(node: ModelNode): void {
    const members = this.all.filter((peer) => peer.primary && !this.split([peer, node]));
    const donor = members[0];
    if (!donor) return;
    this.receive(node, donor);
    this.newView([...members, node]);
  }

  /** Galera compares uuid and number only: on another history with the same uuid it sends the rest, and nobody sees an error. */
  private receive(node: ModelNode, donor: ModelNode): void {
    const theirs = donor.data;
    if (!theirs) throw new Error(`${donor.name} is Primary without data`);
    const { data: own } = node;
    const byIst =
      own !== undefined && own.uuid === theirs.uuid && node.seqno <= donor.seqno && node.seqno + 1 >= donor.cachedFrom;
    if (own && !node.isPrefixOf(donor))
      this.destroyed.push(
        `${node.name}: ${byIst ? 'joined by IST with another history' : 'overwritten by a full copy'}`,
      );
    node.data = { ...theirs, events: [...theirs.events] };
    Object.assign(node, { primary: true, synced: false, cameBy: byIst ? 'IST' : 'full copy' });
    if (!byIst) node.cachedFrom = node.seqno + 1;
  }

  /** A view change is an event of its own. */
  private newView(members: readonly ModelNode[]): void {
    const names = members.map(({ name }) => name).sort();
    const view = { id: `3 ${names[0]} ${++this.views}`, members: names };
    for (const node of members) {
      node.view = view;
      node.data?.events.push(`V ${this.views}/${names.join('+')}`);
    }
  }

  protected autofixStrikes(): void {
    if (!this.all.some((peer) => peer.primary)) return;
    for (const node of this.all) {
      if (!node.reachable || node.autofix !== 'active' || node.process || !node.data) continue;
      this.destroyed.push(`${node.name}: wiped by galera-autofix`);
      node.data = undefined;
    }
  }
}
