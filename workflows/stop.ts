/** How a run ends early, by decision or refusal. Anything else that is thrown is a bug, and undoes nothing. */
export class Stop {
  constructor(
    readonly phase: 'refused' | 'aborted',
    readonly because: string,
  ) {}
}
