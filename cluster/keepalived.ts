/**
 * Keepalived's shared secret, and whose keepalived is restarted when. Two that do not hear each other (another secret, another
 * router id, unicast against multicast) both serve the virtual addresses, so no two of one zone may ever run at once by
 * different words: all but one are stopped first, the one is restarted, and the others then find it there.
 */
import type { Dialect } from './dialect.js';
import { everyNode } from './every-node.js';
import { list, refused, type Unhashed } from './finding.js';
import type { Inventory } from './inventory.js';
import type { NodeSeen, Reached } from './observation.js';
import { isReached, namesOf } from './seen.js';
import type { Cluster, Finding, NodeName } from './words.js';

/** So many characters of it count: keepalived sends no more. */
export const secretLength = 8;

/** Why keepalived, or the files that the secret goes through, would not take it as it stands. Never shows it. */
export function complaintsAboutSecret(secret: string): readonly string[] {
  return [
    ...(secret.length < secretLength
      ? [`It has ${secret.length} characters: keepalived uses the first ${secretLength}, so give it at least so many.`]
      : []),
    // A blank ends it in keepalived.conf, # and ! begin a comment, $ and @ a variable and a condition; pf.conf goes through a template.
    ...(/^[A-Za-z0-9._+/=-]*$/.test(secret)
      ? []
      : [
          'It holds characters that keepalived.conf or pf.conf give a meaning: use letters, digits and . _ + / = - only.',
        ]),
  ];
}

export function secretUsable({
  reference,
  complaints,
  begun = false,
}: {
  readonly reference: string;
  readonly complaints: readonly string[];
  readonly begun?: boolean;
}): Unhashed<Finding & { readonly reference: string }> {
  return {
    reference,
    verdict:
      complaints.length > 0 ? complaints : [`Keepalived goes by the first ${secretLength} characters of ${reference}.`],
    ...refused(complaints.length > 0 ? [...complaints, untouched(begun)] : []),
  };
}

const untouched = (begun: boolean): string => (begun ? 'Keepalived was not touched.' : 'Nothing was touched.');

export interface MayRestart extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
}

/** A node that is not asked comes back with the old secret, and serves beside the others: so all must be here. */
export function mayRestartKeepalived({
  cluster,
  seen,
  begun = false,
}: {
  readonly cluster: Cluster;
  readonly seen: readonly NodeSeen[];
  /** The run has changed something else before. */
  readonly begun?: boolean;
}): Unhashed<MayRestart> {
  const idle = namesOf(seen.filter(isReached).filter((one) => !one.flags.maintenance && !keepsVips(one)));
  const { dialect, reasons, version, whole } = everyNode({
    ...{ cluster, seen },
    comesBack: 'would come back with the old words and serve the virtual addresses too',
    besides: () =>
      idle.length > 0
        ? [`Keepalived does not run on ${list(idle)}: start it, or find out who stopped it and why.`]
        : [],
  });
  return {
    dialect,
    verdict:
      reasons.length > 0 ? reasons : [...version, ...whole, 'Every node’s keepalived runs and knows our cluster.conf.'],
    ...refused(reasons.length > 0 ? [...reasons, untouched(begun)] : []),
  };
}

/** It runs, or an earlier run of ours owes it. */
const keepsVips = ({ units, flags }: Reached): boolean =>
  units.keepalived?.active === 'active' ||
  Object.keys(flags.owedGuards).some((file) => file.includes('.stopKeepalived.'));

export interface RestartOrder extends Finding {
  /** One of each zone, restarted alone. Empty: what holds the addresses runs by the new words already. */
  readonly first: readonly NodeName[];
  /** Stopped before that, and started after it, one at a time. */
  readonly stopped: readonly NodeName[];
  /** The holder is right, they are not: restarted one at a time. */
  readonly restarted: readonly NodeName[];
}

/** `stale`: whose keepalived does not run by what pf.conf says now. */
export function restartOrder({
  zones,
  seen,
  stale,
}: {
  readonly zones: Inventory['zones'];
  readonly seen: readonly NodeSeen[];
  readonly stale: readonly NodeName[];
}): Unhashed<RestartOrder> {
  const reached = seen.filter(isReached);
  const plans = zones
    .filter(({ nodes }) => nodes.some((node) => stale.includes(node)))
    .map(({ name, nodes, vips: [vip = ''] }) => {
      const holders = nodes.filter((node) =>
        reached.some((one) => one.node === node && one.host.addresses.includes(vip)),
      );
      const keeper = holders.find((node) => !stale.includes(node)) ?? holders[0] ?? nodes[0] ?? '';
      const others = nodes.filter((node) => node !== keeper);
      const where = name ? ` of ${name}` : '';
      return stale.includes(keeper)
        ? {
            ...{ first: [keeper], stopped: others, restarted: [] },
            verdict: [
              `${keeper} ${holders.includes(keeper) ? 'serves' : 'is to serve'} ${vip}: it is restarted alone${others.length > 0 ? `, while keepalived of ${list(others)} is stopped` : ''}. The virtual addresses${where} are away for some seconds, and no two nodes serve them at once.`,
            ],
          }
        : {
            ...{ first: [], stopped: [], restarted: others.filter((node) => stale.includes(node)) },
            verdict: [`${keeper} serves ${vip} by the new words already; the others are restarted beside it.`],
          };
    });
  return {
    first: plans.flatMap(({ first }) => first),
    stopped: plans.flatMap(({ stopped }) => stopped),
    restarted: plans.flatMap(({ restarted }) => restarted),
    verdict: plans.flatMap(({ verdict }) => verdict),
  };
}
