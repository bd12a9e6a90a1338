/** A plan as a value: what every path of a run has in common, and where they part. Pure but for the hash. */
import { createHash } from 'node:crypto';
import type { ChangeOrder } from '../../activities/contract.js';
import type { Change, NodeName } from '../../cluster/words.js';
import type { Order } from '../../workflows/messages.js';
import type { Exploration, Path, PathEvent } from './explore.js';
import type { Unknown } from './imagine.js';

export interface Plan {
  readonly hash: string;
  readonly cluster: string;
  /** As an operator types it. */
  readonly runbook: string;
  readonly args: object;
  /** Of the program, and of the bundled runbooks. */
  readonly release: string;
  /** What was judged from the nodes as they are, before anything is changed. */
  readonly verdict: readonly string[];
  readonly unknowns: readonly Unknown[];
  readonly way: Section;
  /** Every command that the plan names, by its id. */
  readonly commands: Readonly<Record<string, Command>>;
}

export interface Command {
  readonly verb: string;
  /** As it is sent to the node. */
  readonly script: string;
  readonly requires?: string;
  readonly wanted: string;
  /** Names of environment variables, with references: never a secret itself. */
  readonly secrets?: Change['secrets'];
}

/** From one question to the next, or to the end. */
export interface Section {
  readonly steps: readonly PlanStep[];
  /** More than one where it depends on a read which question is asked, or how the run ends; then each has steps of its own. */
  readonly next: readonly Next[];
}

export interface PlanStep {
  readonly title: string;
  /** Under which every look is told; absent for a change. */
  readonly activity?: string;
  readonly orders: readonly PlanOrder[];
  /** What it depends on; empty: nothing. */
  readonly dependsOn: readonly string[];
  /** Done where everything turns out as is expected. */
  readonly usual: boolean;
  readonly expected?: Expected;
}

/** How long it will take, and how that is known. */
export interface Expected {
  readonly seconds: number;
  readonly from: string;
}

export interface PlanOrder {
  readonly node: NodeName;
  readonly title: string;
  readonly command: string;
  /** Noted on the node before, as owed; or ticked off there after. */
  readonly guard?: 'owed' | 'back';
  readonly loses?: string;
  readonly dependsOn: readonly string[];
}

export type Next =
  | {
      readonly kind: 'question';
      readonly steps: readonly PlanStep[];
      readonly name: string;
      readonly text: string;
      readonly cost?: string;
      readonly expires?: string;
      readonly abortTakesBack: readonly string[];
      readonly dependsOn: readonly string[];
      readonly branches: readonly Branch[];
    }
  | {
      readonly kind: 'end';
      readonly steps: readonly PlanStep[];
      readonly phase: string;
      readonly because?: string;
      readonly owed: readonly string[];
      readonly dependsOn: readonly string[];
    };

export interface Branch {
  readonly choice: string;
  /** Absent where they rest on what is not read yet: the question will say. */
  readonly words?: string;
  readonly section: Section;
}

export interface Planned {
  readonly runbook: string;
  readonly order: Order;
  readonly release: string;
  readonly exploration: Exploration;
}

export function planOf({ runbook, order, release, exploration: { paths, unknowns } }: Planned): Plan {
  const planner = new Planner(unknowns);
  const way = planner.section(
    paths.map((path) => ({ path, events: path.events })),
    [],
  );
  const [{ events } = { events: [] }] = paths;
  const untouched = events.slice(
    0,
    events.findIndex(({ kind }) => kind !== 'look'),
  );
  const verdict = untouched.flatMap((event) => (event.kind === 'look' ? event.verdict : []));
  const { commands } = planner;
  const plan = { cluster: order.cluster.name, runbook, args: order.args, release, verdict, unknowns, way, commands };
  return { hash: digest(JSON.stringify(plan), 12), ...plan };
}

/** What two plans are compared by. */
export function linesOf({ release, args, verdict, way, commands }: Plan): readonly string[] {
  const orders = (steps: readonly PlanStep[]): string[] =>
    steps.flatMap((step) =>
      step.orders.map(({ node, title, command, dependsOn }) => {
        const text = JSON.stringify(commands[command]);
        return `${title} (${node}, ${digest(text, 6)}): ${dependsOn.join('; ') || 'certain'}`;
      }),
    );
  const of = ({ steps, next }: Section): string[] => [
    ...orders(steps),
    ...next.flatMap((one) => [
      ...orders(one.steps),
      ...(one.kind === 'end'
        ? [`the end: ${[one.phase, one.because, ...one.owed].filter(Boolean).join('; ')}`]
        : [`the question ${one.name}: ${one.text}`, ...one.branches.flatMap(({ section }) => of(section))]),
    ]),
  ];
  return [`release ${release}`, `arguments ${JSON.stringify(args)}`, ...verdict, ...of(way)];
}

/** A path from here on. */
interface Rest {
  readonly path: Path;
  readonly events: readonly PathEvent[];
}

type Asks = Extract<PathEvent, { kind: 'question' }>;
type End = Extract<PathEvent, { kind: 'end' }>;
type Terminal = Asks | End;
const isTerminal = (event: PathEvent): event is Terminal => event.kind === 'question' || event.kind === 'end';

class Planner {
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
  const { phase, because, owed } = report;
  // The words of what was imagined would pass for facts; which way it turned out is said by `dependsOn`.
  const known = phase === 'refused' && path.found.size === 0;
  const titles = owed.map((line) => line.split(': ')[0] ?? line);
  return { kind: 'end', steps, phase, ...(known && because !== undefined && { because }), owed: titles, dependsOn };
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);
