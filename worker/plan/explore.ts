/**
 * Every way that a run can go: the workflow is rehearsed once for each answer to each question. Of what only a read
 * can tell, a rehearsal lets at most one turn out otherwise than expected: two at once differ from the plan in nothing
 * but how they are put together.
 */
import type { ChangeOrder } from '../../activities/contract.js';
import type { Question, Report } from '../../workflows/messages.js';
import type { Unknown } from './imagine.js';
import { type Asked, type Rehearsal, rehearse } from './rehearse.js';
import type { Sandbox } from './workflow.js';

export type PathEvent =
  | { readonly kind: 'look'; readonly title: string; readonly activity: string; readonly verdict: readonly string[] }
  | { readonly kind: 'change'; readonly title: string; readonly orders: readonly ChangeOrder[] }
  | { readonly kind: 'question'; readonly name: string; readonly question: Question; readonly choice: string }
  | { readonly kind: 'end'; readonly report: Report<unknown> };

/** One rehearsal: what happened, and how the unknowns turned out. */
export interface Path {
  readonly events: readonly PathEvent[];
  readonly found: ReadonlyMap<string, string>;
}

/** What a rehearsal is made of; what changes by it is made anew for each. */
export interface Explored extends Pick<Rehearsal, 'workflow' | 'order'> {
  readonly made: (turnsOut: (unknown: Unknown) => number) => Pick<Rehearsal, 'activities' | 'recorded'>;
}

export interface Exploration {
  readonly paths: readonly Path[];
  readonly unknowns: readonly Unknown[];
}

const enough = 2_000; // rehearsals: of three nodes there are about 30

export async function explore(sandbox: Sandbox, { workflow, order, made }: Explored): Promise<Exploration> {
  const paths: Path[] = [];
  const unknowns = new Map<string, Unknown>();
  const open: (readonly number[])[] = [[]];
  for (let prefix = open.pop(); prefix; prefix = open.pop()) {
    if (paths.length === enough) throw new Error(`the plan of ${workflow} has more than ${enough} branches`);
    const taken = [...prefix];
    const events: PathEvent[] = [];
    const found = new Map<string, string>();
    let at = 0;
    /** The next point where ways part: as the prefix says, beyond it the first; the others are left for later. */
    const choose = (ways: number): number => {
      if (at === taken.length) {
        for (let other = ways - 1; other > 0; other--) open.push([...taken, other]);
        taken.push(0);
      }
      return taken[at++] ?? 0;
    };
    let surprised = false;
    const turnsOut = (unknown: Unknown): number => {
      unknowns.set(unknown.title, unknown);
      const way = surprised ? 0 : choose(unknown.ways.length);
      surprised ||= way > 0;
      found.set(unknown.title, unknown.ways[way] ?? '');
      return way;
    };
    const report = await rehearse(sandbox, {
      workflow,
      order,
      ...made(turnsOut),
      asked: (what) => events.push(...eventsOf(what)),
      answers: (question) => {
        const name = gateOf(question);
        const before = events.filter((event) => event.kind === 'question').filter((event) => event.name === name);
        const choices = waysOn(
          question,
          before.map((event) => event.question),
        );
        const choice = choices[choose(choices.length)] ?? 'abort';
        events.push({ kind: 'question', name, question, choice });
        return { choice, by: order.by, reason: 'planned' };
      },
    });
    events.push({ kind: 'end', report });
    paths.push({ events, found });
  }
  return { paths, unknowns: [...unknowns.values()] };
}

/**
 * Asked again in the same words, it would be asked for ever. Of another node than before, it goes on: every answer stands at the
 * first, and all of them for each would be as many plans as there are ways to mix them.
 */
function waysOn({ text, evidence: { goOn, choices } }: Question, before: readonly Question[]): readonly string[] {
  if (before.some((one) => one.text === text)) return ['abort'];
  return before.length > 0 ? [goOn ?? Object.keys(choices)[0] ?? 'abort'] : Object.keys(choices);
}

/** The frame's own business with its ledgers and reports. */
const own = new Set(['meet', 'finish']);

/** "keep-1-3fa91c" -> "keep". */
export const gateOf = ({ token }: Pick<Question, 'token'>): string => token.split('-').slice(0, -2).join('-');

function eventsOf({ title, calls }: Asked): PathEvent[] {
  const orders = calls.flatMap(({ activity, input }) => (activity === 'change' ? (input as ChangeOrder[]) : []));
  if (orders.length > 0) return [{ kind: 'change', title, orders }];
  const [call] = calls;
  if (!call || own.has(call.activity)) return [];
  const { verdict } = (call.output ?? {}) as { readonly verdict?: unknown };
  // A single word is a mere look's, for the judgement after it to put into a sentence.
  return [{ kind: 'look', title, activity: call.activity, verdict: Array.isArray(verdict) ? verdict : [] }];
}
