/** The vocabulary. Plain data only: everything here travels through histories as JSON. */

export type NodeName = string;

/** A cluster as a run knows it. */
export interface Cluster {
  readonly name: string;
  /** In the order of cluster.conf: a tie goes to the first. */
  readonly nodes: readonly NodeName[];
}

/** Which nodes to ask. The worker resolves the cluster's access by its name. */
export interface Nodes {
  readonly cluster: string;
  readonly nodes: readonly NodeName[];
}

/** A change is a value before it is an act. Made by the pure functions in commands/, one per verb. */
export interface Change {
  readonly verb: string;
  readonly node: NodeName;
  /** What an operator sees: "Stop MariaDB on pf2 and hold it". */
  readonly title: string;
  /** What the verb was made from: the model plays verb and given, never the script. */
  readonly given?: Readonly<Record<string, string>>;
  /** sh, exit 0: what must be so when the act begins; else the change is refused, and nothing was touched. */
  readonly requires?: string;
  /** sh: the act. */
  readonly script: string;
  /** sh, exit 0: the wanted state is there. Asked before the act (already?) and after it (proof). */
  readonly wanted: string;
  /** The same for a person, where it does not hold: `wanted` and `requires` in words, and sh that says what is so, a line for each thing. */
  readonly tells?: { readonly wanted: string; readonly requires?: string; readonly seen: string };
  /** Environment variable of the scripts -> reference (`env:`, `file:`, `exec:`) to the secret that it holds. Resolved on the worker. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The act may run again when it began and nobody saw it end. Otherwise a person looks. */
  readonly repeatable?: boolean;
  /** What data a node no longer holds afterwards, in words. The frame makes such a change only past the point of no return. */
  readonly loses?: string;
  /** How to take it back. The frame keeps it before the act: as an undo, or as what a guard owes. */
  readonly inverse?: Change;
}

/** A change that says how it is taken back. */
export type Reversible = Change & { readonly inverse: Change };

/** What a judgement found, in words. */
export interface Finding {
  readonly verdict: readonly string[];
  /** Set: the run must not go on, and why, and what to do instead. */
  readonly refusal?: string;
  /** Of everything but the numbers that move. */
  readonly hash: string;
}

/** A finding that a person answers. */
export interface Proposal extends Finding {
  /** Each choice with what it costs. */
  readonly choices: Readonly<Record<string, string>>;
  /** The choice that `approve` stands for; absent where only a named one will do. */
  readonly goOn?: string;
  /** Numbers that move: shown, not hashed. */
  readonly shown?: readonly string[];
  /** The evidence as rows for the terminal: first row is the heading. Not hashed: the verdict says what counts. */
  readonly table?: readonly (readonly string[])[];
}

/** Where a node's data stands. Unknown is a value with a reason, never -1. */
export type Position =
  | { readonly node: NodeName; readonly kind: 'known'; readonly uuid: string; readonly seqno: number }
  | { readonly node: NodeName; readonly kind: 'unknown'; readonly because: string };
