/** The guards: what a run lowers, or raises, while it works, and when each goes back. */
import { maskAutofix, maskCron, maskIptables, stopMonit, suspendUnitTimers } from '../cluster/commands/automation.js';
import { keepOut } from '../cluster/commands/barrier.js';
import { holdDatabase } from '../cluster/commands/database.js';
import type { Dialect } from '../cluster/dialect.js';
import type { Inventory } from '../cluster/inventory.js';
import type { Reached, UnitRole, UnitSeen } from '../cluster/observation.js';
import type { Finding, NodeName, Reversible } from '../cluster/words.js';
import { judge, look } from './proxies.js';
import type { Guard, Run } from './runbook.js';

/** A unit that somebody masked is theirs: it is as we need it, and stays so. */
const maskedByHand = (seen: Reached, role: UnitRole, verb: string): boolean =>
  (seen.units[role]?.enabled.startsWith('masked') ?? false) && !owes(seen, verb);

export interface Autofix extends Guard {
  /** The last look of a recovery says it as well: then nobody looks again. */
  judged?: Pick<Finding, 'refusal'>;
}

/** It wipes a node whose peers are Primary: back only when every node of the cluster is Primary, Synced and of one history. */
export function autofix(run: Run, present: readonly Reached[], dialect: Dialect): Autofix {
  const { name: cluster, nodes } = run.order.cluster;
  const guard: Autofix = {
    title: 'Stop galera-autofix on every node',
    back: 'Let galera-autofix work again',
    changes: masks(present, 'autofix', maskAutofix, dialect),
    condition: 'every node is Primary, Synced and of one history',
    mayReturn: async () =>
      guard.judged ??
      run.judge('See whether galera-autofix may work again', judge.mayAutofixReturn, {
        order: nodes,
        seen: await run.read('Look at every node, for galera-autofix', look.nodes, { cluster, nodes }),
      }),
  };
  return guard;
}

/** It drops Galera where pf.conf is not whole yet. */
export function iptables(present: readonly Reached[], dialect: Dialect): Guard {
  return {
    title: 'Stop PacketFence’s firewall on every node',
    back: 'Let PacketFence’s firewall work again',
    changes: masks(present, 'iptables', maskIptables, dialect),
  };
}

/** It would give the configuration of most nodes to one that is about to be changed, or spread half of a change. */
export function clusterCheck(present: readonly Reached[], dialect: Dialect): Guard {
  return {
    title: 'Stop the cluster check on every node',
    back: 'Let the cluster check work again',
    changes: masks(present, 'cron', maskCron, dialect),
  };
}

function masks(
  present: readonly Reached[],
  role: UnitRole,
  mask: (node: NodeName, dialect: Dialect, ran: boolean) => Reversible,
  dialect: Dialect,
): readonly Reversible[] {
  return present.flatMap((seen) => {
    const unit = seen.units[role];
    const verb = mask(seen.node, dialect, true).verb;
    if (!unit || maskedByHand(seen, role, verb)) return [];
    return [mask(seen.node, dialect, ranBefore(seen, verb, isAtWork(unit)))];
  });
}

/** It restarts what it finds stopped. */
export function monit(present: readonly Reached[], dialect: Dialect): Guard {
  const running = present.filter((seen) => seen.units.monit?.active === 'active' || owes(seen, 'stopMonit'));
  return {
    title: 'Stop monit on every node',
    back: 'Start monit',
    changes: running.map(({ node }) => stopMonit(node, dialect)),
  };
}

export function unitTimers(nodes: readonly NodeName[], dialect: Dialect): Guard {
  return {
    title: 'Suspend the start timeout and the automatic restart of MariaDB',
    back: 'Let the start timeout and the automatic restart of MariaDB work again',
    changes: nodes.map((node) => suspendUnitTimers(node, dialect)),
  };
}

/** Undone while no pair of histories was judged different or unknown; from then on a runbook keeps it. */
export function hold(
  present: readonly Reached[],
  dialect: Dialect,
  title = 'Stop MariaDB on every node, and hold it',
): Guard {
  return {
    title,
    back: 'Let MariaDB start again',
    changes: present.flatMap((seen) => {
      const { node, database, units } = seen;
      const runs = database.processes.length > 0 || units.mariadb?.active === 'activating';
      if (!runs && maskedByHand(seen, 'mariadb', 'holdDatabase')) return [];
      return [holdDatabase(node, dialect, ranBefore(seen, 'holdDatabase', runs))];
    }),
    condition: 'the histories of all nodes are proven to be one',
  };
}

/** Of nodes that serve: what stops one of them lets it start again. */
export function holdServing(nodes: readonly NodeName[], dialect: Dialect, title: string): Guard {
  return { ...hold([], dialect, title), changes: nodes.map((node) => holdDatabase(node, dialect, true)) };
}

/** What an earlier run judged is not known to this one before it has judged for itself: what that one kept held stays held. */
export function heldBefore(present: readonly Reached[]): string | undefined {
  const names = present.filter((seen) => owes(seen, 'holdDatabase')).map(({ node }) => node);
  return names.length > 0
    ? `an earlier run left ${names.join(', ')} held, and this one has not judged the histories`
    : undefined;
}

/** Of these guards, what a run before this one lowered and never put back: also where there is nothing else to do. */
export const leftBehind = (present: readonly Reached[], guards: readonly Guard[]): readonly Guard[] =>
  guards
    .map((guard) => ({
      ...guard,
      changes: guard.changes.filter(({ node, verb }) => present.some((seen) => seen.node === node && owes(seen, verb))),
    }))
    .filter(({ changes }) => changes.length > 0);

/** A node that nobody could hold stays out until it is held and judged. */
export function barrier(
  absent: readonly NodeName[],
  survivors: readonly NodeName[],
  addresses: Inventory['addresses'],
): Guard {
  const names = absent.join(', ');
  const condition = `${names} is held and judged, by full-recovery`;
  return {
    title: `Keep ${names} out`,
    back: `Let ${names} in again`,
    changes: survivors.flatMap((node) => absent.map((out) => keepOut(node, out, addresses[out] ?? ''))),
    condition,
    mayReturn: async () => ({ refusal: `not until ${condition}` }),
  };
}

/** An earlier run lowered it there and still owes it: what is seen now is its doing, and must not be taken for the node's own state. */
export const owes = (seen: Reached, verb: string): boolean => owedFor(seen, verb).length > 0;

const owedFor = ({ flags }: Reached, verb: string): readonly string[] =>
  Object.keys(flags.owedGuards).filter((file) => file.includes(`.${verb}.`));

/** What stands still now, and is owed, ran when it was stopped first, unless that is noted otherwise. */
function ranBefore(seen: Reached, verb: string, runs: boolean): boolean {
  const begun = (file: string) => file.slice(0, file.indexOf(`.${verb}.`)).replace(/^.*_/, ''); // a run's name: its cluster's, then its minute
  const [first] = owedFor(seen, verb).toSorted((a, b) => (begun(a) < begun(b) ? -1 : 1));
  return runs || (first !== undefined && !seen.flags.owedStopped.includes(first));
}

const isAtWork = ({ active }: UnitSeen): boolean => active.startsWith('activ');
