/**
 * A person's words on their way to a run: as an update where a worker can answer, else as a signal that waits for one.
 * Where the question wants a signature, it is made on the way.
 */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { type Decision, messages, wantedFor } from '../workflows/messages.js';
import { Mistake } from './exit.js';
import { ask, type Run } from './runs.js';
import { me } from './settings.js';
import { type Answer, sign } from './sign.js';

export interface Answered extends Omit<Decision, 'signature'> {
  /** A signal was sent: nobody has counted it yet. */
  readonly sent: 'taken' | 'signal';
  /** How it went over. */
  readonly words: string;
}

/** Errors: Mistake, in the run's own words, when it does not count: wrong token, no such choice, not an approver. */
export async function decide(client: Client, run: Run, answer: Answer, keyFile?: string): Promise<Answered> {
  // Asked first: an update that no worker takes is lost, a signal is not.
  const progress = await ask(client, run.handle);
  const question = progress?.question;
  const wanted = question && wantedFor(question, answer.choice);
  const signed =
    question && wanted && question.token === answer.token
      ? await sign({ ...answer, run: run.name, evidence: question.evidence.hash }, wanted, keyFile)
      : undefined;
  const decision = { ...answer, by: signed?.by ?? answer.by ?? me() };
  const message: Decision = { ...decision, ...signed };
  if (!progress) {
    await run.handle.signal(messages.decide, message);
    const words = 'sent: no worker answers now, the run counts it when one does, unless it needs a signature';
    return { ...decision, sent: 'signal', words };
  }
  try {
    const words = await client.withDeadline(Date.now() + 30_000, () =>
      run.handle.executeUpdate<string, [Decision]>(messages.decide, { args: [message] }),
    );
    return { ...decision, sent: 'taken', words };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new Mistake('The run is over.');
    if (error instanceof WorkflowUpdateFailedError) throw new Mistake(error.cause?.message ?? error.message);
    throw error;
  }
}
