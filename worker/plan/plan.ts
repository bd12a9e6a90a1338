/** A plan as a value: what every path of a run has in common, and where they part. Pure but for the hash. */
import { createHash } from 'node:crypto';
import type { Change, NodeName } from '../../cluster/words.js';
import type { Order } from '../../workflows/messages.js';
import type { Exploration } from './explore.js';
import type { Unknown } from './imagine.js';
import { Planner } from './weave.js';

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
      /** Would take back what is not taken back any more. */
      readonly stays?: readonly string[];
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

/** Why two plans differ. */
export const causesOf = ({ release, args, verdict }: Plan): readonly string[] => [
  `release ${release}`,
  `arguments ${JSON.stringify(args)}`,
  ...verdict,
];

/** And in what: every command with what it depends on. */
export function linesOf({ way, commands }: Plan): readonly string[] {
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
        ? [`the end: ${[one.phase, one.because, ...one.owed, ...(one.stays ?? [])].filter(Boolean).join('; ')}`]
        : [`the question ${one.name}: ${one.text}`, ...one.branches.flatMap(({ section }) => of(section))]),
    ]),
  ];
  return of(way);
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);
