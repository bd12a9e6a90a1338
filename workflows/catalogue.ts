/** The runbooks by the name that an operator types, with what each may be told. No Temporal in here: the CLI loads it. */

import type { Logins } from '../cluster/logins.js';
import { workflowIdOf } from './messages.js';

export interface Runbook {
  /** The wire name: the exported function of workflows/index.ts. */
  readonly workflow: string;
  readonly title: string;
  /** Section of the clustering guide. */
  readonly guide: string;
  /** One sentence for the help. */
  readonly words: string;
  /** False: it changes nothing, so that it may run beside another. */
  readonly locks: boolean;
  /** Sections of access.ini without which it cannot work. */
  readonly needs?: readonly (keyof Logins)[];
  /** Our networks must be well formed before it is started. */
  readonly networks?: true;
  /** Option without its dashes -> what it is. They reach the runbook as `order.args`, in camelCase. */
  readonly args: Readonly<Record<string, Argument>>;
}

export type Argument =
  | { readonly kind: 'switch'; readonly words: string }
  | {
      readonly kind: 'node';
      readonly words: string;
      readonly required?: boolean;
      /** Its host key need not be known yet: the runbook asks. */
      readonly mayBeUnknown?: boolean;
    }
  | { readonly kind: 'number'; readonly words: string; readonly from: number; readonly to: number }
  /** A reference to a secret that the worker reads (`file:/PATH`, `env:NAME`), or `new`. */
  | { readonly kind: 'secret'; readonly words: string };

/** What stands for its value in the help. */
export const valueWords: Readonly<Record<Argument['kind'], string>> = {
  switch: '',
  node: ' NODE',
  number: ' N',
  secret: ' REFERENCE',
};

export const catalogue: Readonly<Record<string, Runbook>> = {
  'full-recovery': {
    workflow: 'fullRecovery',
    title: 'Full recovery',
    guide: '5.4',
    words: 'No node serves the database any more: find what each holds, keep one, bring all back.',
    locks: true,
    args: {
      'resync-from-scratch': {
        kind: 'switch',
        words: 'the guide’s literal way: every other node takes a full copy, even where its data could be kept',
      },
    },
  },
  'setup-cluster': {
    workflow: 'setupCluster',
    title: 'Set up a cluster',
    guide: '3.1-3.6',
    words:
      'From installed and prepared servers to a cluster: the first database, the configuration, every other server.',
    locks: true,
    needs: ['webservices', 'replication'],
    args: {},
  },
  'join-node': {
    workflow: 'joinNode',
    title: 'Join a node',
    guide: '3.5',
    words: 'Bring a new, replaced, reinstalled or returning server into the cluster that lives.',
    locks: true,
    needs: ['webservices'],
    args: {
      node: {
        kind: 'node',
        words: 'the server that joins; our cluster.conf names it',
        required: true,
        mayBeUnknown: true,
      },
      even: { kind: 'switch', words: 'a cluster with an even number of nodes is meant' },
    },
  },
  'secure-keepalived': {
    workflow: 'secureKeepalived',
    title: 'Secure keepalived',
    guide: '3.6',
    words:
      'Give keepalived another shared key, router id or unicast, on every node, with the virtual addresses watched.',
    locks: true,
    args: {
      secret: {
        kind: 'secret',
        words:
          'the new shared key: file:/PATH or env:NAME on the worker, or `new`: one is made; `new` where no option is given',
      },
      'router-id': {
        kind: 'number',
        from: 1,
        to: 255,
        words: 'the virtual router id, where others use VRRP in these networks',
      },
      unicast: { kind: 'switch', words: 'let the nodes speak to each other alone, not by multicast' },
    },
  },
  'apply-networks': {
    workflow: 'applyNetworks',
    title: 'Apply networks',
    guide: '7.2',
    words: 'Bring the networks of our cluster.conf and networks.conf into force on every node, one node at a time.',
    locks: true,
    networks: true,
    args: {},
  },
  'prepare-nodes': {
    workflow: 'prepareNodes',
    title: 'Prepare nodes',
    guide: '3.1, 3.3, 9.2, 9.3',
    words: 'Give installed servers what a cluster needs of them, and say what only a person can mend.',
    locks: true,
    args: {
      'disable-ipv6': { kind: 'switch', words: 'also switch IPv6 off (guide 9.3); asks before each reboot' },
    },
  },
  diagnose: {
    workflow: 'diagnose',
    title: 'Diagnosis',
    guide: '4',
    words: 'Look at every node, name the condition, recommend a runbook. Changes nothing; recorded as a run.',
    locks: false,
    args: {
      lineage: { kind: 'switch', words: "also compare what the nodes' histories have in common; takes longer" },
    },
  },
};

/** "resync-from-scratch" -> "resyncFromScratch". */
export const argumentName = (option: string): string =>
  option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** " --node pf4 --even": what was given, as it is typed; a blank before each. */
export const argumentsAsTyped = (runbook: string, given: object): string =>
  Object.entries(catalogue[runbook]?.args ?? {})
    .map(([option, { kind }]) => {
      const value = (given as Readonly<Record<string, unknown>>)[argumentName(option)];
      if (value === undefined || value === false) return '';
      return kind === 'switch' ? ` --${option}` : ` --${option} ${quoted(String(value))}`;
    })
    .join('');

/** For a shell, where it needs that. */
const quoted = (word: string): string => (/^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A runbook that locks has its cluster's id; the others one of their own. `stamp` is the second half of the run's name. */
export const workflowIdFor = (runbook: string, cluster: string, stamp: string): string =>
  catalogue[runbook]?.locks === false ? `${runbook}:${cluster}:${stamp}` : workflowIdOf(cluster);
