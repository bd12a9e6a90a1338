/**
 * What the nodes' gvwstate.dat tell together, while no node is Primary: whether the cluster finds itself again.
 *
 * The members of the last Primary view form it again when all of them are up and each still knows it (tried: a third
 * node coming back made size 3 in 9 s). If one of them has lost its file, they wait for each other for ever. The file of
 * that node is rewritten as soon as its server runs, so sizes say nothing: view id and members must be compared (D4).
 */
import type { Reached, ViewSeen } from './observation.js';
import { isZero } from './position.js';
import { namesOf, serverRuns } from './seen.js';
import type { NodeName } from './words.js';

export type Views =
  /** No node knows a view that it could wait for. */
  | { readonly kind: 'none' }
  /** Every member of the last view is here and knows it. */
  | { readonly kind: 'whole'; readonly viewId: string; readonly holders: readonly NodeName[] }
  /** Some members have not been seen; nothing says that they have lost it. */
  | {
      readonly kind: 'waiting';
      readonly viewId: string;
      readonly holders: readonly NodeName[];
      readonly missing: number;
    }
  /** These nodes are here and have lost it. */
  | {
      readonly kind: 'torn';
      readonly viewId: string;
      readonly holders: readonly NodeName[];
      readonly torn: readonly NodeName[];
    };

export function judgeViews(reached: readonly Reached[]): Views {
  const newest = reached
    .flatMap(({ database }) => (isWhole(database.view) ? [database.view] : []))
    .reduce<WholeView | undefined>((one, other) => (one && numberOf(one) >= numberOf(other) ? one : other), undefined);
  // A sole crashed member goes on under a new uuid, seqno 1 (tried): that is no way to find itself again.
  if (!newest || newest.members.length < 2) return { kind: 'none' };

  const { viewId } = newest;
  const holding = reached.filter(({ database }) => database.view?.viewId === viewId);
  const holders = namesOf(holding);
  const missing = newest.members.filter(
    (uuid) => !holding.some(({ database }) => isSameMember(database.view?.myUuid, uuid)),
  ).length;
  if (missing === 0) return { kind: 'whole', viewId, holders };
  const torn = namesOf(reached.filter((seen) => !holding.includes(seen) && mayHaveLost(seen, newest)));
  return torn.length > 0 ? { kind: 'torn', viewId, holders, torn } : { kind: 'waiting', viewId, holders, missing };
}

type WholeView = ViewSeen & { readonly viewId: string; readonly myUuid: string };

function isWhole(view: ViewSeen | undefined): view is WholeView {
  const [, uuid = ''] = view?.viewId?.split(' ') ?? [];
  return (
    view?.myUuid !== undefined &&
    view.viewId !== undefined &&
    !isZero(uuid) &&
    view.members.some((uuid) => isSameMember(view.myUuid, uuid))
  );
}

/**
 * A server that restores its view counts its own uuid's fourth group up and writes that to the file, the members staying as
 * they were (seen: my_uuid 28f67998-e7d1-11f1-acba-..., member 28f67998-e7d1-11f1-acb9-...).
 */
function isSameMember(mine: string | undefined, member: string): boolean {
  const lasting = (uuid: string): string => uuid.split('-').toSpliced(3, 1).join('-');
  return mine !== undefined && lasting(mine) === lasting(member);
}

/** Not a holder: was it a member of that view? */
function mayHaveLost(seen: Reached, { members }: ViewSeen): boolean {
  const { view, grastate } = seen.database;
  if (isWhole(view)) return members.some((uuid) => isSameMember(view.myUuid, uuid)); // an older view of its own: it was out before, or its newer file is lost
  const stoppedCleanly = !view && !serverRuns(seen) && grastate !== undefined && grastate.seqno >= 0;
  return !stoppedCleanly;
}

function numberOf({ viewId = '' }: ViewSeen): number {
  return Number(viewId.split(' ').at(-1));
}
