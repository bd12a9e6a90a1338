/** How the command ends: scripts branch on these, docs/cli.md explains them. */
export const exits = {
  /** What was asked is done. */
  done: 0,
  /** The run ended without being done (refused, aborted, terminated), or a program failed. */
  failed: 1,
  /** Bad input, or no server: nothing was touched. */
  mistake: 2,
  /** The run waits for a decision, and nobody here can be asked. */
  waits: 3,
  /** The run goes on without us: interrupted, or out of contact. */
  goesOn: 4,
} as const;

export type ExitCode = (typeof exits)[keyof typeof exits];

/** What was typed cannot be done as it stands: what is wrong and how to mend it, every complaint at once. */
export class Mistake extends Error {
  constructor(...complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'Mistake';
  }
}
