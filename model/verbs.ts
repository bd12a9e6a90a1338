/** What each verb does to a node of the model, when it is satisfied, and what it needs: the same three as in its scripts. */
import { nameAfter } from '../cluster/renaming.js';
import type { Change } from '../cluster/words.js';
import type { ModelCluster } from './cluster.js';
import type { ModelNode } from './node.js';

type Given = Readonly<Record<string, string>>;

export interface Verb {
  readonly requires?: (node: ModelNode, given: Given) => boolean;
  readonly act: (node: ModelNode, given: Given, cluster: ModelCluster) => void;
  readonly wanted: (node: ModelNode, given: Given) => boolean;
}

export function verbOf({ verb }: Change): Verb {
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!known) throw new Error(`the model does not know the verb ${verb}: teach it in model/verbs.ts`);
  return known;
}

const automations = ['autofix', 'iptables', 'cron'] as const;

const held = (node: ModelNode) => node.held;
function gives(name: keyof ModelNode['server'], value: boolean): Verb {
  return {
    act: ({ server }) => {
      server[name] = value;
    },
    wanted: ({ server }) => server[name] === value,
  };
}
const pairs = (moves: Given) => Object.entries(moves).map(([from, to]) => ({ from, to }));
const settingOf = (key: string | undefined) => (key === 'net.ipv4.ip_nonlocal_bind' ? 'nonlocalBind' : 'ipv6Off');
const sysctl: Verb = {
  act: ({ server }, { key, value }) => {
    server[settingOf(key)] = value === '1';
  },
  wanted: ({ server }, { key, value }) => server[settingOf(key)] === (value === '1'),
};
const keepalivedStarted: Verb = {
  act: (node) => {
    node.keepalivedBy = node.vrrp;
  },
  wanted: (node) => node.keepalivedBy === node.vrrp,
};

const verbs: Readonly<Record<string, Verb>> = {
  meet: { act: () => {}, wanted: () => true },
  holdDatabase: {
    act: (node, _, cluster) => {
      cluster.stop(node);
      node.masked = true;
    },
    wanted: held,
  },
  releaseDatabase: {
    act: (node, { start }, cluster) => {
      node.masked = false;
      if (start === 'true') cluster.start(node);
    },
    wanted: (node, { start }) => !node.masked && (start !== 'true' || node.started),
  },
  recoverPosition: {
    requires: held,
    act: (node, { run = '' }) => {
      node.recovered = { run, facts: node.recover() };
    },
    wanted: (node, { run }) => node.recovered?.run === run,
  },
  sealAgain: {
    requires: held,
    act: (node, { run = '' }) => {
      node.recovered = { run, facts: node.recover() };
    },
    wanted: (node, { run = '' }) => node.begun.has(run) || (node.recovered?.run === run && node.sealed),
  },
  startNewCluster: {
    requires: (node, { run = '' }) =>
      (node.held && node.recovered?.run === run && node.sealed) || (node.begun.has(run) && !node.process),
    act: (node, { run = '' }, cluster) => {
      node.begun.add(run);
      node.start();
      cluster.startNewCluster(node);
    },
    wanted: (node) => node.primary,
  },
  setDataAside: {
    requires: held,
    act: (node, { to = '' }) => {
      node.aside[to] = node.data ?? { uuid: '', events: [] };
      node.wipe();
    },
    wanted: (node, { to = '' }) => to in node.aside && !node.data,
  },
  startMember: {
    act: (node, _, cluster) => cluster.start(node),
    wanted: (node) => !node.masked && node.process,
  },
  restartAsMember: {
    act: (node, _, cluster) => {
      cluster.stop(node);
      cluster.start(node);
    },
    wanted: (node) => node.process && !node.newCluster,
  },
  maskAutofix: masks('autofix'),
  unmaskAutofix: unmasks('autofix'),
  maskIptables: masks('iptables'),
  unmaskIptables: unmasks('iptables'),
  maskCron: masks('cron'),
  unmaskCron: unmasks('cron'),
  stopMonit: flag('monit', false),
  startMonit: flag('monit', true),
  suspendUnitTimers: flag('timersSuspended', true),
  resumeUnitTimers: flag('timersSuspended', false),
  startServices: {
    act: (node) => node.startServices(),
    wanted: ({ services }) => services,
  },
  restartServices: {
    act: (node) => {
      node.services = true;
      node.servesBy = JSON.stringify(node.files);
      node.keepalivedBy = node.vrrp;
    },
    wanted: (node) => node.services && node.servesBy === JSON.stringify(node.files),
  },
  startEnabled: {
    act: (node) => {
      for (const unit of automations) if (node[unit] === 'inactive') node[unit] = 'active';
    },
    wanted: (node) => automations.every((unit) => node[unit] !== 'inactive'),
  },
  startAlone: {
    requires: (node) => !('/usr/local/pf/conf/cluster.conf' in node.files),
    act: (node, _, cluster) => cluster.start(node),
    wanted: (node) => node.alone && !node.masked,
  },
  secureDatabase: makes('secureDatabase'),
  addReplicationUser: makes('addReplicationUser'),
  noteSetUp: {
    act: (node, { over }) => {
      node.setUpBegun = over !== 'true';
    },
    wanted: (node, { over }) => node.setUpBegun === (over !== 'true'),
  },
  syncFrom: {
    act: (node, { from = '' }, cluster) => {
      const { configuration, files, confDiffers } = cluster.at(from);
      Object.assign(node, { configuration, files: { ...files }, confDiffers, reloaded: false });
      node.tookOver.add(from);
    },
    wanted: (node, { from = '' }) => node.tookOver.has(from),
  },
  syncAsMaster: {
    act: (node, _, cluster) => {
      node.gave = cluster.all.every((peer) => peer.answers && peer.configuration !== 'as installed'); // else it refuses what it is given
      for (const peer of cluster.all)
        if (peer.answers)
          Object.assign(peer, { configuration: node.configuration, files: { ...node.files }, confDiffers: [] });
    },
    wanted: (node) => node.gave,
  },
  reloadConfiguration: flag('reloaded', true),
  restart: {
    act: (node, { units = '' }) => node.restarted.add(units),
    wanted: (node, { units = '' }) => node.restarted.has(units),
  },
  generateMariadbConf: {
    // Asked of packetfence-config, which boots with the cluster's target only.
    act: (node) => {
      node.knowsPeers ||=
        node.restarted.has('packetfence-config') || node.defaultTarget === 'packetfence-cluster.target';
    },
    wanted: ({ knowsPeers }) => knowsPeers,
  },
  setDefaultTarget: {
    act: (node, { target = '' }) => {
      node.defaultTarget = target;
    },
    wanted: (node, { target }) => node.defaultTarget === target,
  },
  enableServices: {
    act: (node, { round = '' }) => node.enabled.add(round),
    wanted: (node, { round = '' }) => node.enabled.has(round),
  },
  writeFile: {
    act: (node, { path = '', content = '' }) => write(node, path, { [path]: content }),
    wanted: (node, { path = '', content }) => node.files[path] === content,
  },
  setKeys: {
    act: (node, { path = '', ...keys }) => write(node, path, keysOf(path, keys)),
    wanted: (node, { path = '', ...keys }) =>
      Object.entries(keysOf(path, keys)).every(([key, value]) => node.files[key] === value),
  },
  restoreFile: {
    act: (node, { path = '', reload }) => {
      const kept = node.kept[path];
      if (kept) node.files = { ...without(node.files, path), ...kept };
      node.reloaded = reload === 'true';
    },
    wanted: (node, { path = '' }) =>
      node.kept[path] === undefined || JSON.stringify(only(node.files, path)) === JSON.stringify(node.kept[path]),
  },
  restoreVrrp: {
    act: (node, given, cluster) => {
      verbs.restoreFile?.act(node, given, cluster);
      if (node.keepalivedBy !== undefined) node.keepalivedBy = node.vrrp;
    },
    wanted: (node, given) =>
      verbs.restoreFile?.wanted(node, given) === true && [undefined, node.vrrp].includes(node.keepalivedBy),
  },
  restartKeepalived: keepalivedStarted,
  startKeepalived: keepalivedStarted,
  stopKeepalived: {
    act: (node) => {
      node.keepalivedBy = undefined;
    },
    wanted: ({ keepalivedBy }) => keepalivedBy === undefined,
  },
  installCopyTools: gives('tools', true),
  setSysctl: sysctl,
  setSysctlBack: sysctl,
  emptyClusterConf: gives('clusterConf', false),
  restoreClusterConf: gives('clusterConf', true),
  renameInterfaces: {
    requires: (node, moves) => Object.keys(moves).every((from) => node.links.some(({ name }) => name === from)),
    act: ({ links }, moves) => {
      for (const link of links) Object.assign(link, { next: nameAfter(pairs(moves), link.name), by: 'hq-the-run' });
    },
    wanted: ({ links }, moves) => pairs(moves).every(({ to }) => links.some(({ next }) => next === to)),
  },
  restoreInterfaces: {
    act: ({ links }) => {
      for (const link of links) {
        delete link.next;
        delete link.by;
      }
    },
    wanted: ({ links }) => links.every(({ next }) => next === undefined),
  },
  reboot: {
    act: (node, _, cluster) => {
      for (const link of node.links) link.name = link.next ?? link.name;
      cluster.boot(node.name);
    },
    wanted: (node, { bootId }) => `boot-${node.boot}` !== bootId,
  },
  keepOut: {
    act: (node, { absent = '' }) => node.barriers.add(absent),
    wanted: (node, { absent = '' }) => node.barriers.has(absent),
  },
  letIn: {
    act: (node, { absent = '' }) => {
      node.barriers.delete(absent);
      for (const file of Object.keys(node.owed)) // whoever raised it, as the script does
        if (file.endsWith(`.keepOut-${absent}.${node.name}.sh`)) delete node.owed[file];
    },
    wanted: (node, { absent = '' }) => !node.barriers.has(absent),
  },
};

/** Of one file: whole, or its keys. */
const only = (files: Given, path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name === path || name.startsWith(`${path} [`)));
const without = (files: Given, path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !(name in only(files, path))));
const keysOf = (path: string, keys: Given): Given =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [`${path} ${key}`, value]));

function write(node: ModelNode, path: string, what: Given): void {
  if (path === '/usr/local/pf/conf/cluster.conf') node.confDiffers = []; // a run writes none but ours
  node.kept[path] ??= only(node.files, path);
  node.files = { ...node.files, ...what };
  node.reloaded = false;
}

/** Of a database that answers. */
function makes(verb: string): Verb {
  return {
    requires: (node) => node.process,
    act: (node) => node.made.add(verb),
    wanted: (node) => node.made.has(verb),
  };
}

function masks(name: 'autofix' | 'iptables' | 'cron'): Verb {
  return {
    act: (node) => {
      node[name] = 'masked';
    },
    wanted: (node) => node[name] === 'masked',
  };
}

function unmasks(name: 'autofix' | 'iptables' | 'cron'): Verb {
  return {
    act: (node, { start }) => {
      node[name] = start === 'true' ? 'active' : 'inactive';
    },
    wanted: (node, { start }) => (start === 'true' ? node[name] === 'active' : node[name] !== 'masked'),
  };
}

function flag(name: 'monit' | 'timersSuspended' | 'reloaded' | 'knowsPeers', value: boolean): Verb {
  return {
    act: (node) => {
      node[name] = value;
    },
    wanted: (node) => node[name] === value,
  };
}
