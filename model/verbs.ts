/** What each verb does to a node of the model, when it is satisfied, and what it needs: the same three as in its scripts. */
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

const held = (node: ModelNode) => node.held;

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
  startNewCluster: {
    requires: (node, { run }) => node.held && node.recovered?.run === run && node.sealBroken === undefined,
    act: (node, _, cluster) => {
      node.start();
      cluster.startNewCluster(node);
    },
    wanted: (node) => node.primary,
  },
  setDataAside: {
    requires: held,
    act: (node, { to = '' }) => {
      if (node.data) node.aside[to] = node.data;
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
  maskAutofix: {
    act: (node) => {
      node.autofix = 'masked';
    },
    wanted: (node) => node.autofix === 'masked',
  },
  unmaskAutofix: {
    act: (node, { start }) => {
      node.autofix = start === 'true' ? 'active' : 'inactive';
    },
    wanted: (node, { start }) => (start === 'true' ? node.autofix === 'active' : node.autofix !== 'masked'),
  },
  stopMonit: flag('monit', false),
  startMonit: flag('monit', true),
  suspendUnitTimers: flag('timersSuspended', true),
  resumeUnitTimers: flag('timersSuspended', false),
  startServices: flag('services', true),
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

function flag(name: 'monit' | 'timersSuspended' | 'services', value: boolean): Verb {
  return {
    act: (node) => {
      node[name] = value;
    },
    wanted: (node) => node[name] === value,
  };
}
