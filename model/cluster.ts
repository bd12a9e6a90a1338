/**
 * An in-memory cluster with just enough physics: units and their masks, processes, histories, views, Galera's joins by
 * IST or full copy, the automation that strikes. Changes take effect by verb (verbs.ts); what no verb explains,
 * nothing does. It knows what Galera does not: whether two histories are one.
 */
import type { Approval } from '../cluster/approval.js';
import type { SecretsSeen } from '../cluster/installed.js';
import type { NodeName } from '../cluster/words.js';
import { autofixStrikes } from './autofix.js';
import { ModelNode, uuid, zero } from './node.js';

const good = { blanks: false, lettersAndDigits: true, example: false };

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
  /** Acts after which two nodes that do not hear each other served the virtual addresses. */
  readonly servedTwice: string[] = [];
  /** What the worker has to say against a secret that a run is given. */
  complaintsAboutSecret: readonly string[] = [];
  /** Our own cluster.conf and networks.conf. */
  ourFiles = { clusterConf: '', networksConf: '' };
  /** Of the nodes, where they are real ones. */
  addresses: Readonly<Record<NodeName, string>> = {};
  /** Reports written by `finish`. */
  readonly reports: unknown[] = [];
  /** What the settings would say of who decides. */
  approval: Approval = {
    ...{ policy: 'named', approvers: [], signers: [], needed: 1, requesterMayApprove: true },
    tells: { notify: [], escalate: [], remindAfter: [] },
  };
  /** What can be told of the secrets that access.ini names. */
  secrets: SecretsSeen = { mysql: good, replication: good, webservices: good };
  /** What checkup says of its configuration. */
  complaints: readonly string[] = [];
  private views = 0;
  private writes = 0;

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

  /** Servers as they were just installed, their databases alone. */
  static blank(names: readonly NodeName[], { configured = true } = {}): ModelCluster {
    const cluster = new ModelCluster(names, 0);
    for (const node of cluster.all) {
      node.reinstalled('known');
      const data = { uuid: zero, events: [] };
      Object.assign(node, { blank: true, addressed: false, holdsPf: false, monit: false, data });
    }
    if (configured) cluster.configure();
    return cluster;
  }

  /** A person goes through the configurator: all of it on the first, the network on the others. */
  configure(): void {
    for (const [i, node] of this.all.entries()) Object.assign(node, { addressed: true, holdsPf: i === 0 });
  }

  get all(): readonly ModelNode[] {
    return [...this.nodes.values()];
  }

  node(name: NodeName): ModelNode {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`the model has no node ${name}`);
    return node;
  }

  /** One interface for each. */
  get clusterConf(): string {
    const member = (name: string, ip: string) => `[${name}]\nmanagement_ip=${ip}\n[${name} interface eth0]\nip=${ip}\n`;
    return [member('CLUSTER', '192.0.2.10'), ...this.all.map(({ name }) => member(name, this.addressOf(name)))].join(
      '\n',
    );
  }

  /** Of the management network; where none is told, they are given in the order of the nodes. */
  addressOf(name: NodeName): string {
    return this.addresses[name] ?? `192.0.2.${11 + [...this.nodes.keys()].indexOf(name)}`;
  }

  at(address: string): ModelNode {
    const node = this.all.find(({ name }) => this.addressOf(name) === address);
    if (!node) throw new Error(`the model has no node at ${address}`);
    return node;
  }

  /** How many serve the virtual addresses at once: one of all whose keepalived hear each other. */
  get vipHolders(): number {
    const running = this.all.filter(
      ({ reachable, services, keepalivedBy }) => reachable && services && keepalivedBy !== undefined,
    );
    return new Set(running.map(({ keepalivedBy }) => keepalivedBy)).size;
  }

  // --- what befalls it -------------------------------------------------------------------------------------

  /** All at once; then the power returns, and each unit starts as it does at boot. */
  powerCut({ last = {}, torn = [], off = [] }: Cut = {}): this {
    for (const node of this.all) {
      node.crash();
      node.boot++;
      node.data?.events.splice(last[node.name] ?? Number.POSITIVE_INFINITY);
      if (torn.includes(node.name)) node.view = 'torn';
      node.reachable = false;
    }
    for (const node of this.all) if (!off.includes(node.name)) this.switchOn(node);
    return this;
  }

  /** One node dies, and stays off. */
  lose(name: NodeName): this {
    this.node(name).crash();
    this.node(name).reachable = false;
    this.settle();
    return this;
  }

  /** Destroyed, and installed anew: another machine under the same name. */
  reinstall(name: NodeName, hostKey: ModelNode['hostKey'] = 'changed'): this {
    this.node(name).reinstalled(hostKey);
    this.settle();
    return this;
  }

  /** A node that was off boots. */
  boot(name: NodeName): this {
    this.node(name).boot++;
    this.switchOn(this.node(name));
    return this;
  }

  /** Stopped in this order, as systemd does it; or the last, alone and Primary, is killed. */
  gracefulStop(order: readonly NodeName[] = [...this.nodes.keys()], { crashLast = false } = {}): this {
    for (const [i, name] of order.entries()) {
      const node = this.node(name);
      if (i === order.length - 1 && crashLast) {
        node.crash();
        node.unitSays = 'failed';
        this.settle();
      } else this.stop(node);
    }
    return this;
  }

  /** Two halves that both take writes, and then stop: the first node, and the others. */
  splitBrain(): this {
    const [first, ...others] = this.all;
    if (!first) return this;
    for (const [side, writes] of [[[first], 3] as const, [others, 5] as const]) {
      this.newView(side);
      this.write(writes, side);
    }
    for (const node of this.all) this.stop(node);
    return this;
  }

  /** Transactions, on every member. */
  write(count: number, members: readonly ModelNode[] = this.all.filter(({ primary }) => primary)): void {
    const source = `source-${++this.writes}`;
    for (const { data } of members) for (let i = 0; i < count; i++) data?.events.push(`T ${source}/1/${i}/0`);
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

  /** Lets happen what happens at once: who is left goes on or stops, a whole view becomes Primary, who waits joins. */
  settle(): void {
    for (const component of this.components()) this.shrink(component);
    const waiting = this.all.filter((node) => node.process && !node.primary && node.knowsPeers);
    if (!this.all.some((node) => node.primary)) this.restoreView(waiting);
    for (const node of waiting) if (!node.primary) this.join(node);
  }

  /** Lets happen what takes minutes: galera-autofix strikes where it is awake, and what had to wait for the database starts. */
  timePasses(): void {
    this.autofixStrikes();
    this.settle();
    for (const node of this.all) {
      if (!node.booting || !node.synced) continue;
      node.booting = false;
      node.startServices();
    }
  }

  /** A joiner is through. */
  arrive(node: ModelNode): void {
    if (node.primary && !node.stuck) node.synced = true;
  }

  /** As systemd stops it: the last of a view is one from which a cluster may be started again; after a split there are two. */
  stop(node: ModelNode): void {
    node.stop(this.components().some((members) => members.length === 1 && members.includes(node)));
    this.settle();
  }

  /** By PacketFence's unit, which starts a new cluster where grastate.dat says that it is safe and no database answers. */
  start(node: ModelNode): void {
    const { safeToBootstrap } = node;
    node.start();
    if (node.process && safeToBootstrap && !this.all.some((peer) => peer.primary)) this.beginAgain(node);
    this.settle();
  }

  protected autofixStrikes(): void {
    for (const node of this.all) autofixStrikes(this, node);
  }

  private switchOn(node: ModelNode): void {
    node.reachable = true;
    node.services = false;
    node.restarted.clear();
    if (node.masked) return;
    this.start(node);
    node.booting = true;
  }

  /** Members by view: two halves of a split are two. */
  private components(): readonly (readonly ModelNode[])[] {
    const members = this.all.filter(({ primary }) => primary);
    return [...new Set(members.map(idOfView))].map((id) => members.filter((node) => idOfView(node) === id));
  }

  /** Some have gone. Who left cleanly is not missed; of those that died, and know the view still, fewer than half may be. */
  private shrink(members: readonly ModelNode[]): void {
    const [first] = members;
    if (!first || typeof first.view !== 'object' || first.view.members.length === members.length) return;
    const died = this.all.filter((node) => !members.includes(node) && idOfView(node) === idOfView(first));
    if (died.length < members.length) this.newView(members);
    else for (const node of members) node.primary = node.synced = false;
  }

  /** Told to (--force-new-cluster): it runs so until it is restarted. */
  startNewCluster(node: ModelNode): void {
    this.beginAgain(node);
    node.newCluster = true;
  }

  /** A new cluster from this node's own data. */
  private beginAgain(node: ModelNode): void {
    const beside = this.all.filter((peer) => peer.primary && peer !== node).map(({ name }) => name);
    if (beside.length > 0) this.destroyed.push(`${node.name}: a second cluster beside ${beside.join(', ')}`);
    Object.assign(node, { process: true, primary: true, synced: true, knowsPeers: true });
    if (node.data?.uuid === zero) node.data = { ...node.data, uuid };
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
    for (const node of back) {
      if (node === ahead) continue;
      this.receive(node, ahead);
      this.arrive(node);
    }
    this.newView(back);
  }

  private split(nodes: readonly ModelNode[]): boolean {
    return nodes.some((node) => nodes.some((peer) => node.barriers.has(peer.name)));
  }

  /** Through any member that lets it in: the others follow. */
  private join(node: ModelNode): void {
    for (const members of this.components()) {
      const donor = members.find((peer) => !this.split([peer, node]));
      if (!donor) continue;
      this.receive(node, donor);
      this.newView([...members, node]);
      return;
    }
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
    if (byIst) own.events.splice(0, Number.POSITIVE_INFINITY, ...theirs.events);
    else node.data = { ...theirs, events: [...theirs.events] };
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
}

const idOfView = ({ view }: ModelNode) => (typeof view === 'object' ? view.id : undefined);
