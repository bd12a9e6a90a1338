/** One node of the model: its state, and what of it can be seen. */

import type { Entry } from '../activities/perform.js';
import type { ConfigurationSeen } from '../cluster/configuration.js';
import type { Installed } from '../cluster/installed.js';
import type { DataSeen } from '../cluster/joining.js';
import type { Lock, Over } from '../cluster/lock.js';
import type { NodeSeen, SqlSeen, UnitRole, UnitSeen } from '../cluster/observation.js';
import { positionFromRecovery } from '../cluster/position.js';
import type { LinkSeen, ServerSeen } from '../cluster/prepare.js';
import type { CacheSeen, Recovered, SealSeen, Stamps } from '../cluster/recovery.js';
import type { NodeName } from '../cluster/words.js';

/** What a datadir holds: the event at index i has the number i + 1. */
export interface Data {
  readonly uuid: string;
  readonly events: string[];
}

export const uuid = 'b701ebf7-a7ba-11f0-9c44-7a5d0f3e2c11';
/** Of data that never was in a cluster. */
export const zero = '00000000-0000-0000-0000-000000000000';
const stamps: Stamps = {
  ib_logfile0: { mtime: 1_790_000_000, size: 100_663_296 },
  ibdata1: { mtime: 1_790_000_000, size: 12_582_912 },
  'grastate.dat': { mtime: 1_790_000_000, size: 113 },
  'galera.cache': { mtime: 1_790_000_000, size: 134_219_048 },
};

const clusterConf = '/usr/local/pf/conf/cluster.conf';
const noClusterConf = 'it has no cluster.conf';

/** Without `addresses` it holds the management address. */
export interface ModelLink extends Pick<LinkSeen, 'name' | 'mac' | 'kind' | 'vlan' | 'kernelName'> {
  name: string;
  next?: string;
  /** The run that wrote that. */
  by?: string;
  readonly addresses?: readonly string[];
}

type Automation = 'active' | 'inactive' | 'masked';

/** A server without Galera. */
const alone: Extract<SqlSeen, { kind: 'answers' }> = {
  ...{ kind: 'answers', clusterStatus: 'standalone', state: '', ready: false, connected: false, clusterSize: 0 },
  ...{ stateUuid: '', confId: 0, lastCommitted: 0, incoming: [], readOnly: false, cachedDownTo: 0 },
};

export class ModelNode {
  reachable = true;
  /** Of PacketFence. */
  version = '14.0.0';
  /** Of what our known_hosts says: nobody logs in where it is not known. */
  hostKey: 'known' | 'changed' | 'unknown' = 'known';
  boot = 1;
  process = false;
  masked = false;
  /** What systemd says of the database's unit where its process does not tell: `failed` after a kill, `activating` while one that cannot start is tried again. */
  unitSays: 'failed' | 'activating' | undefined;
  primary = false;
  synced = false;
  /** Started with the bootstrap flag. */
  newCluster = false;
  /** A sync that never ends. */
  stuck = false;
  /** Its cluster found it inconsistent: grastate.dat is all zeros, and it runs for itself. */
  thrownOut = false;
  /** Its files cannot be opened: no server comes up on them. */
  ruined = false;
  /** PacketFence's marker: its unit refuses to start the database. */
  maintenance = false;
  /** Where its own cluster.conf names another cluster than ours, in words. */
  confDiffers: readonly string[] = [];
  data: Data | undefined = { uuid, events: [] };
  datadir = '/var/lib/mysql';
  readonly aside: Record<string, Data> = {};
  /** On the disk of its data directory. */
  freeBytes = 1e9;
  /** gvwstate.dat: torn means there and empty. */
  view: { readonly id: string; readonly members: readonly NodeName[] } | 'torn' | undefined;
  /** grastate.dat after a clean stop. */
  cleanStop: { readonly seqno: number; readonly safeToBootstrap: boolean } | undefined;
  /** The first event that its galera.cache holds. */
  cachedFrom = 1;
  /** False: neither galera.cache nor the view in InnoDB can be read, as before MariaDB 10.4. */
  evidence = true;
  cameBy: 'IST' | 'full copy' | undefined;
  recovered: { readonly run: string; readonly facts: Recovered } | undefined;
  /** Set: somebody touched the held node after it was read. */
  sealBroken: string | undefined;
  /** Runs that have begun a new cluster from it. */
  readonly begun = new Set<string>();
  /** What would stop it only after the choice. */
  readonly obstacles: SealSeen['obstacles'][number][] = [];
  autofix: Automation = 'active';
  iptables: Automation = 'active';
  cron: Automation = 'active';
  monit = true;
  timersSuspended = false;
  services = true;
  /** What it was given before it came into a cluster. */
  readonly server = { tools: true, nonlocalBind: true, ipv6Off: false, clusterConf: false };
  /** Its network interfaces; `next`: what its files call it, from its next boot on. None: eth0, with its management address. */
  links: ModelLink[] = [];
  /** The files that PacketFence's services were started by. */
  servesBy = '{}';
  /** What keepalived was started by, of pf.conf's [active_active]; undefined: it is stopped. */
  keepalivedBy: string | undefined = '[]';
  /** Jobs of the boot wait for the database: PacketFence's services start when it is Synced. */
  booting = false;
  defaultTarget = 'packetfence-cluster.target';
  /** PacketFence's files, where a change has written one: path -> content, "path [section] key" -> value. */
  files: Record<string, string> = {};
  /** The same files before their first change: absent then is undefined. */
  readonly kept: Record<string, Record<string, string>> = {};
  /** What cluster/sync carries: equal words stand for equal files. */
  configuration = 'as everywhere';
  /** Addresses of the nodes from which it took its configuration over. */
  readonly tookOver = new Set<string>();
  /** It gave its own to all others. */
  gave = false;
  /** packetfence-config has read the files as they are now. */
  reloaded = true;
  /** mariadb.conf names the other nodes; otherwise its server starts alone. */
  knowsPeers = true;
  /** Units that a change has started anew since the last boot. */
  readonly restarted = new Set<string>();
  readonly enabled = new Set<string>();
  /** A person has been through the configurator's network step; further, it makes the database pf. */
  addressed = true;
  holdsPf = true;
  /** What setting up has done to its database, by the verb. */
  readonly made = new Set<string>();
  /** As its package left it: what it knows of a cluster is what a change has written. */
  blank = false;
  devices = 0;
  /** [database] host of its pf.conf. */
  databaseHost = '100.64.0.1';
  /** What prepare-nodes has not seen to. */
  lacks: readonly string[] = [];
  /** A set-up began here, and is not over. */
  setUpBegun = false;
  readonly barriers = new Set<NodeName>();
  /** Guards noted on the node: file -> title. */
  readonly owed: Record<string, string> = {};
  /** Files of those whose unit did not run. */
  readonly owedStopped = new Set<string>();
  /** Its size is its counter. Another map: the node was put back to an earlier time. */
  ledger = new Map<string, Entry>();
  ledgerId: string;
  machineId: string;
  lock: Lock | undefined;
  /** Those that gave it back before that one. */
  readonly over: Over[] = [];

  constructor(readonly name: NodeName) {
    this.ledgerId = `ledger-${name}`;
    this.machineId = `machine-${name}`;
  }

  get seqno(): number {
    return this.data?.events.length ?? 0;
  }

  /** As systemd has it: started, whether or not a server is up. galera-autofix leaves every other node alone. */
  get started(): boolean {
    return this.process || this.unitSays === 'activating';
  }

  /** As grastate.dat says: it was the last to stop cleanly, or is or was the only member. */
  get safeToBootstrap(): boolean {
    return this.cleanStop?.safeToBootstrap ?? (typeof this.view === 'object' && this.view.members.length === 1);
  }

  /** It runs without Galera. */
  get alone(): boolean {
    return this.process && !this.knowsPeers;
  }

  get answers(): boolean {
    return this.reachable && this.hostKey === 'known';
  }

  get held(): boolean {
    return this.masked && !this.process;
  }

  /** Nobody has touched it since it was read, in this boot. */
  get sealed(): boolean {
    return this.sealBroken === undefined && this.recovered?.facts.seal?.bootId === `boot-${this.boot}`;
  }

  isPrefixOf(other: ModelNode): boolean {
    return (
      this.data?.uuid === other.data?.uuid &&
      (this.data?.events ?? []).every((event, i) => event === other.data?.events[i])
    );
  }

  start(): void {
    this.masked = false;
    if (this.blank) this.knowsPeers = clusterConf in this.files; // the unit writes mariadb.conf anew
    if (this.maintenance || this.ruined) {
      this.unitSays = this.maintenance ? 'failed' : 'activating';
      return;
    }
    this.process = true;
    this.unitSays = this.cleanStop = undefined;
    this.thrownOut = false;
  }

  /** As its packages leave it, on an empty disk: a server of its own, nothing of the cluster. */
  reinstalled(hostKey: ModelNode['hostKey']): void {
    this.crash();
    this.wipe();
    Object.assign(this, {
      ...{ process: true, knowsPeers: false, configuration: 'as installed', files: {}, services: false },
      ...{ autofix: 'inactive', iptables: 'inactive', cron: 'inactive', defaultTarget: 'multi-user.target' },
      ...{ hostKey, masked: false, lock: undefined, ledger: new Map(), cachedFrom: 1, cameBy: undefined },
      ...{ ledgerId: `${this.ledgerId}-new`, machineId: `${this.machineId}-new` },
      ...{ confDiffers: [noClusterConf] },
    });
    this.barriers.clear();
    for (const file of Object.keys(this.owed)) delete this.owed[file];
  }

  /** Everything that its data directory held, and what was wrong with it. */
  wipe(): void {
    this.data = this.view = this.cleanStop = undefined;
    this.ruined = false;
  }

  /** What keepalived goes by, as pf.conf says it. */
  get vrrp(): string {
    const keys = Object.entries(this.files).filter(([key]) => /pf\.conf \[active_active\] (password|v)/.test(key));
    return JSON.stringify(keys);
  }

  /** Those that run go on as they are, keepalived among them. */
  startServices(): void {
    if (!this.services) this.keepalivedBy = this.vrrp;
    this.services = true;
  }

  /** From Primary, a clean stop removes the view; a server that waits is killed, and keeps it. */
  stop(last: boolean): void {
    if (this.primary) {
      this.cleanStop = { seqno: this.seqno, safeToBootstrap: last };
      this.view = undefined;
    }
    if (this.booting) this.startServices(); // what waited for the database in the boot waits no more
    this.crash();
  }

  crash(): void {
    this.process = this.primary = this.synced = this.newCluster = this.booting = false;
    this.unitSays = undefined;
  }

  // --- what can be seen ------------------------------------------------------------------------------------

  see(): NodeSeen {
    const { name, view, data } = this;
    if (!this.answers)
      return {
        node: name,
        reachable: false,
        because: this.reachable ? 'its host key has changed' : 'no route to host',
      };
    return {
      node: name,
      reachable: true,
      host: {
        hostname: name,
        version: this.version,
        osFamily: 'debian',
        machineId: this.machineId,
        bootId: `boot-${this.boot}`,
        clockAheadMs: 0,
        addresses: [],
        varFreeBytes: 1e9,
      },
      database: {
        processes: this.started ? [{ pid: 4312, name: this.process ? 'mariadbd' : 'mysqld_safe', args: '' }] : [],
        sql: this.sql(),
        ...(this.thrownOut && { grastate: { uuid: zero, seqno: -1, safeToBootstrap: false } }),
        ...(data?.uuid !== zero &&
          !this.thrownOut &&
          data && {
            grastate: {
              uuid: data.uuid,
              seqno: this.cleanStop?.seqno ?? -1,
              safeToBootstrap: this.safeToBootstrap,
            },
          }),
        ...(view === 'torn' && { view: { bytes: 0, members: [] } }),
        ...(typeof view === 'object' && {
          view: { bytes: 240, viewId: view.id, members: view.members.map(memberOf), myUuid: memberOf(name) },
        }),
        datadir: {
          path: this.datadir,
          holdsData: data !== undefined,
          usedBytes: data ? 2e8 : 0,
          freeBytes: this.freeBytes,
        },
        newClusterFlags: [], // of a start to come; `newCluster` is of the process that runs
        ...(this.newCluster && { beginsCluster: true }),
      },
      units: this.units(),
      flags: {
        maintenance: this.maintenance,
        disabledNodes: [],
        defaultTarget: this.defaultTarget,
        clusterConf: {
          sha256: this.differs.join() || 'as ours',
          differs: this.differs,
          ...(this.namesNobody && { namesNobody: true }),
        },
        ...(this.setUpBegun && { setUpBegun: true }),
        owedGuards: { ...this.owed },
        owedStopped: [...this.owedStopped],
        barrier: [...this.barriers],
        ...(this.lock && { lock: this.lock }),
        ...(this.over.length > 0 && { over: [...this.over] }),
      },
    };
  }

  private get differs(): readonly string[] {
    return this.blank && this.namesNobody ? ['it names no server'] : this.confDiffers;
  }

  private get namesNobody(): boolean {
    return (this.blank && !(clusterConf in this.files)) || this.confDiffers.includes(noClusterConf);
  }

  /** As installed.sh says it: one interface; a server that is no blank one is taken for configured. */
  installed(servers: readonly NodeName[], address: string): Installed {
    const configured = { name: 'eth0', ip: address, type: 'management,high-availability' };
    return {
      node: this.name,
      interfaces: this.addressed ? { eth0: [address] } : {},
      configured: this.holdsPf ? [configured] : [],
      servers: this.differs.length > 0 ? [] : servers,
      databaseHost: this.databaseHost,
      ...(this.holdsPf && { devices: this.devices }),
      setUpBegun: this.setUpBegun,
      lacks: this.lacks,
    };
  }

  /** As server.sh says it, of a Debian 12. */
  serverSeen(address: string): ServerSeen {
    const { name, server, boot, databaseHost } = this;
    const setting = (value: boolean) => ({ now: value, kept: value });
    const own: readonly ModelLink[] = this.links.length > 0 ? this.links : [{ name: 'eth0' }];
    return {
      ...{ node: name, workerRunsHere: false, hasSocat: server.tools },
      hasCopyTool: { mariabackup: server.tools, xtrabackup: server.tools },
      nonlocalBind: setting(server.nonlocalBind),
      ipv6Off: setting(server.ipv6Off),
      ...{ databaseHost, databaseVersion: 'mariadbd Ver 10.11-MariaDB', foreignUnits: [], closed: [], patterns: [] },
      clusterConf: server.clusterConf ? ['CLUSTER'] : [],
      ...{ bootId: `boot-${boot}`, osVersion: '12', systemd: 252, grubCfg: '/boot/grub/grub.cfg' },
      interfaces: own.map(({ next: _, by: __, addresses = [address], ...link }) => ({ ...link, addresses })),
      next: own.flatMap(({ mac, next }) => (mac && next ? [{ mac, name: next }] : [])),
      renamedBy: own.flatMap(({ mac, name: from, next: to, by: run }) =>
        mac && to && run ? [{ run, mac, from, to }] : [],
      ),
      named: own.map(({ name: link, next = link }) => ({ name: next, path: '/etc/network/interfaces' })),
    };
  }

  /** What `recoverPosition` reads. */
  recover(): Recovered {
    const { name, data } = this;
    const events = data?.events ?? [];
    const at = events.findLastIndex((event) => event.startsWith('V'));
    const [, viewId, members] = /^V (\d+)\/(.*)$/.exec(events[at] ?? '') ?? [];
    return {
      node: name,
      position: !data
        ? positionFromRecovery(name, 'WSREP: disabled, skipping position recovery')
        : data.uuid === zero
          ? positionFromRecovery(name, `WSREP: Recovered position: ${zero}:-1`)
          : { node: name, kind: 'known', uuid: data.uuid, seqno: events.length },
      ...(this.thrownOut && { grastateUuid: zero }),
      before: data ? stamps : {},
      touched: [],
      ...(this.evidence &&
        members !== undefined && {
          lastView: {
            clusterUuid: data?.uuid ?? zero,
            viewId: Number(viewId),
            viewSeqno: at + 1,
            members: members.split('+').map(memberOf),
          },
        }),
      seal: { bootId: `boot-${this.boot}`, stamps },
    };
  }

  configured(): ConfigurationSeen {
    const { name, configuration, files } = this;
    const conf = files['/usr/local/pf/conf/cluster.conf'] ?? '';
    const came = Object.fromEntries(
      ['cluster.conf', 'pf.conf', 'pfconfig.conf'].map((file) => [`/usr/local/pf/conf/${file}`, configuration]),
    );
    return { node: name, version: '1790000000', clusterConf: conf, extraFiles: '', files: came };
  }

  dataHeld(): DataSeen {
    const { name, data, datadir } = this;
    const own = { name: 'pf', tables: 43, bytes: 2e8, writtenAt: 1_790_000_000_000 };
    return {
      node: name,
      datadir,
      bytes: data ? 2e8 : 0,
      schemas: data && (this.holdsPf || data.uuid !== zero) ? [own] : [],
    };
  }

  cache(seqnos: readonly number[], from: number, to: number): CacheSeen {
    const events = this.evidence ? (this.data?.events ?? []) : [];
    const holds = (seqno: number) => seqno >= this.cachedFrom && seqno <= events.length;
    const first = Math.max(from, this.cachedFrom);
    const last = Math.min(to, events.length);
    return {
      node: this.name,
      events: Object.fromEntries(seqnos.filter(holds).map((seqno) => [seqno, events[seqno - 1] ?? '?'])),
      views: events.flatMap((event, i) => (event.startsWith('V') && holds(i + 1) ? [i + 1] : [])),
      ranges: first <= last ? [[first, last]] : [],
      ...(!this.evidence && { unreadable: 'not the layout of Galera 4' }),
    };
  }

  private sql(): Extract<NodeSeen, { reachable: true }>['database']['sql'] {
    const { data } = this;
    if (!this.process) return { kind: 'silent', because: 'no such socket' };
    if (!this.knowsPeers) return alone;
    if (!this.primary || !data || typeof this.view !== 'object')
      return { kind: 'silent', because: 'connection refused: it waits for its peers' };
    const { members } = this.view;
    return {
      kind: 'answers',
      clusterStatus: 'Primary',
      state: this.synced ? 'Synced' : 'Joined',
      ready: this.synced,
      connected: true,
      clusterSize: members.length,
      stateUuid: data.uuid,
      confId: Number(this.view.id.split(' ').at(-1)),
      lastCommitted: data.events.length,
      incoming: members,
      readOnly: false,
      cachedDownTo: this.cachedFrom,
    };
  }

  private units(): Partial<Record<UnitRole, UnitSeen>> {
    const unit = (active: boolean, enabled = 'enabled'): UnitSeen => ({
      active: active ? 'active' : 'inactive',
      enabled,
      mainPid: active ? 4300 : 0,
    });
    const automation = (state: Automation) => unit(state === 'active', state === 'masked' ? 'masked' : 'enabled');
    return {
      mariadb: {
        ...unit(this.process, this.masked ? 'masked' : 'enabled'),
        ...(this.process && !this.synced && !this.alone && { active: 'activating' }),
        ...(this.unitSays && { active: this.unitSays }),
      },
      config: unit(true),
      keepalived: unit(this.services && this.keepalivedBy !== undefined),
      haproxyDb: unit(this.services),
      webservices: unit(this.services),
      iptables: automation(this.iptables),
      autofix: automation(this.autofix),
      monit: unit(this.monit),
      cron: automation(this.cron),
    };
  }
}

const memberOf = (name: NodeName): string => `member-${name}`;
