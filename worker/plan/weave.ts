/** How paths become a plan: what they share once, and where they part, by which question or read. */
import type { ChangeOrder } from '../../activities/contract.js';
import type { Change } from '../../cluster/words.js';
import type { Path, PathEvent } from './explore.js';
import type { Unknown } from './imagine.js';
import type { Command, Next, PlanOrder, PlanStep, Section } from './plan.js';

/** A path from here on. */
interface Rest {
  readonly path: Path;
  readonly events: readonly PathEvent[];
}

type Asks = Extract<PathEvent, { kind: 'question' }>;
type End = Extract<PathEvent, { kind: 'end' }>;
type Terminal = Asks | End;
const isTerminal = (event: PathEvent): event is Terminal => event.kind === 'question' || event.kind === 'end';

/** Weaves paths into sections; `commands` are those that they name. */
export class Planner {
  readonly commands: Record<string, Command> = {};
  private readonly ids = new Map<string, string>();

  constructor(private readonly unknowns: readonly Unknown[]) {}

  /** `gates`: the answers that led here. */
  section(rests: readonly Rest[], gates: readonly string[]): Section {
    const all = rests.map(({ path }) => path);
    const dependsOn = (some: readonly Path[]) => [...gates, ...this.reasons(some, all)];
    const ends = new Map<string, { event: Terminal; path: Path; rests: Rest[] }>();
    for (const { path, events } of rests) {
      const end = events.findIndex(isTerminal);
      const event = events[end];
      if (!event || !isTerminal(event)) throw new Error('a path of a plan has no end');
      const key = event.kind === 'question' ? event.name : JSON.stringify(endOf(event, path, [], []));
      const group = ends.get(key) ?? { event, path, rests: [] };
      group.rests.push({ path, events: events.slice(end) });
      ends.set(key, group);
    }
    const steps = merged(rests);
    const groups = [...ends.values()];
    const leadsTo = ({ paths }: Merged) =>
      groups.filter(({ rests: some }) => some.some(({ path }) => paths.includes(path)));
    const shared = groups.length > 1 ? steps.findLastIndex((step) => leadsTo(step).length > 1) + 1 : steps.length;
    const told = ({ title, activity, paths, orders }: Merged): PlanStep => ({
      title,
      ...(activity !== undefined && { activity }),
      orders: orders.map(({ order, paths: some }) => this.order(order, dependsOn(some))),
      dependsOn: dependsOn(paths),
      usual: paths.some((path) => path === all[0]),
    });
    return {
      steps: steps.slice(0, shared).map(told),
      next: groups.map((group) => {
        const on = dependsOn(group.rests.map(({ path }) => path));
        const own = steps
          .slice(shared)
          .filter((step) => leadsTo(step).includes(group))
          .map(told);
        const { event } = group;
        return event.kind === 'end'
          ? endOf(event, group.path, own, on)
          : this.question(event, group.rests, own, on, gates);
      }),
    };
  }

  private question(
    { name, question: { text, cost, expires, abortTakesBack, evidence } }: Asks,
    rests: readonly Rest[],
    steps: readonly PlanStep[],
    dependsOn: readonly string[],
    gates: readonly string[],
  ): Next {
    // What a choice costs is imagined where it rests on what nobody has read.
    const read = rests.some(({ path }) => path.found.size > 0);
    const branches = Object.keys(evidence.choices).map((choice) => {
      const taken = rests.flatMap(({ path, events: [first, ...events] }) =>
        first?.kind === 'question' && first.choice === choice ? [{ path, events }] : [],
      );
      const words = read && choice !== 'abort' ? undefined : evidence.choices[choice];
      const section = this.section(taken, [...gates, `gate ${name}: ${choice}`]);
      return { choice, ...(words !== undefined && { words }), section };
    });
    return {
      kind: 'question',
      steps,
      name,
      text,
      ...(cost !== undefined && { cost }),
      ...(expires !== undefined && { expires }),
      abortTakesBack,
      dependsOn,
      branches: branches.filter(({ section }) => section.next.length > 0),
    };
  }

  private order({ change, note }: ChangeOrder, dependsOn: readonly string[]): PlanOrder {
    const { node, title, loses } = change;
    return {
      node,
      title,
      command: this.command(change),
      ...(note && { guard: note.what }),
      ...(loses !== undefined && { loses }),
      dependsOn,
    };
  }

  /** C1, C2 ... in the order of their first use; the same for every node that it is the same on. */
  private command({ verb, script, requires, wanted, secrets }: Change): string {
    const command = { verb, script, ...(requires !== undefined && { requires }), wanted, ...(secrets && { secrets }) };
    const text = JSON.stringify(command);
    const id = this.ids.get(text) ?? `C${this.ids.size + 1}`;
    this.ids.set(text, id);
    this.commands[id] = command;
    return id;
  }

  /** Why only some of these paths: the first unknown that turned out one way on them, and other ways on the rest. */
  private reasons(some: readonly Path[], all: readonly Path[]): readonly string[] {
    const rest = all.filter((path) => !some.includes(path));
    if (rest.length === 0) return [];
    for (const { title } of this.unknowns) {
      const [here, there] = [some, rest].map((paths) => [...new Set(paths.map(({ found }) => found.get(title)))]);
      if (!here || !there || here.some((way) => there.includes(way))) continue;
      const [word, ways] = there.length === 1 ? ['unless', there] : ['if', here];
      return [`read of ${title}: ${word} ${ways.filter((way) => way !== undefined).join(', or ')}`];
    }
    return ['what is read'];
  }
}

interface Merged {
  readonly title: string;
  readonly activity?: string;
  readonly orders: { readonly order: ChangeOrder; readonly paths: Path[] }[];
  readonly paths: Path[];
}

/** The steps of all paths up to where they next end, each once, in an order that is each path's own. */
function merged(rests: readonly Rest[]): readonly Merged[] {
  const steps: Merged[] = [];
  for (const { path, events } of rests) {
    let at = 0;
    for (const event of events.slice(0, events.findIndex(isTerminal))) {
      if (isTerminal(event)) continue;
      const known = steps.findIndex(
        ({ title, activity }, i) =>
          i >= at && title === event.title && (activity === undefined) === (event.kind === 'change'),
      );
      const step: Merged = steps[known] ?? {
        title: event.title,
        ...(event.kind === 'look' && { activity: event.activity }),
        orders: [],
        paths: [],
      };
      if (known < 0) steps.splice(at, 0, step);
      at = (known < 0 ? at : known) + 1;
      step.paths.push(path);
      for (const order of event.kind === 'change' ? event.orders : []) {
        const same = step.orders.find((one) => JSON.stringify(one.order.change) === JSON.stringify(order.change));
        if (same) same.paths.push(path);
        else step.orders.push({ order, paths: [path] });
      }
    }
  }
  return steps;
}

function endOf({ report }: End, path: Path, steps: readonly PlanStep[], dependsOn: readonly string[]): Next {
  const { phase, because, owed, stays } = report;
  // The words of what was imagined would pass for facts; which way it turned out is said by `dependsOn`.
  const known = phase === 'refused' && path.found.size === 0;
  const titles = owed.map((line) => line.split(': ')[0] ?? line);
  return {
    kind: 'end',
    steps,
    phase,
    ...(known && because !== undefined && { because }),
    owed: titles,
    ...(stays && { stays }),
    dependsOn,
  };
}
