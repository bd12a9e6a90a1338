/** A person's words on their way to a run: as an update where a worker can answer, else as a signal that waits for one. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { type Decision, messages } from '../workflows/messages.js';
import { Mistake } from './exit.js';
import { ask, type Run } from './runs.js';

/** How it went over, in words. */
export type Sent = 'taken' | 'sent: no worker answers now, the run counts it when one does';

/** Errors: Mistake, in the run's own words, when it does not count: wrong token, no such choice, not an approver. */
export async function decide(client: Client, { handle }: Run, decision: Decision): Promise<Sent> {
  // Asked first: an update that no worker takes is lost, a signal is not.
  if (!(await ask(client, handle))) {
    await handle.signal(messages.decide, decision);
    return 'sent: no worker answers now, the run counts it when one does';
  }
  try {
    await client.withDeadline(Date.now() + 15_000, () => handle.executeUpdate(messages.decide, { args: [decision] }));
    return 'taken';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new Mistake('The run is over.');
    if (error instanceof WorkflowUpdateFailedError) throw new Mistake(error.cause?.message ?? error.message);
    throw error;
  }
}
