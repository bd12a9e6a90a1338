/** Before a run takes over another: where that one is in this Temporal it ends here, and leaves what it owes to the one that comes. */
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { messages, type Order } from '../workflows/messages.js';
import { Mistake } from './exit.js';
import { findRun, isOpen, look, type Run, standingRun } from './runs.js';
import { identity } from './settings.js';

const patience = 180_000; // ms; a run that waits ends in seconds, but for a notice that nobody takes: a minute or two

/** Errors: Mistake, where it is not to be ended now, or does not end. Another Temporal's run is asked about by the new run, which sees its lock. */
export async function endForGood(
  client: Client,
  cluster: string,
  { run: name, reason }: NonNullable<Order['takeOver']>,
  say: (line: string) => void,
): Promise<void> {
  const run = await known(client, name);
  const standing = await standingRun(client, cluster);
  if (standing && standing.runId !== run?.runId && isOpen(await look(client, standing)))
    throw new Mistake(
      `${cluster} has an open run, ${standing.name}, which is not the one to be taken over. Nothing was done.`,
    );
  if (!run) return say(`${name} is not in this Temporal: the new run asks before it takes its lock.`);
  const sight = await look(client, run);
  if (!isOpen(sight)) return say(`${name} is over in this Temporal.`);
  const { phase, committed } = sight.progress ?? {};
  // It asks nothing before its settings can be read, and does nothing either.
  const unread = sight.pending.some(({ activity, failure }) => activity === 'whoMayDecide' && failure);
  if (phase !== 'waiting' && phase !== 'paused' && !unread)
    throw new Mistake(
      `${name} does not wait (${phase ?? 'no worker answers for it'}): it is ended only where it does. Nothing was done.`,
      `  pfrunbook pause ${name}    then start again when it is paused`,
    );
  if (committed)
    throw new Mistake(
      `${name} is past its point of no return: another run could not bring its work to an end. Nothing was done.`,
      `  pfrunbook show ${name}    answer its question, skip what fails, or abort it`,
    );
  await run.handle.signal(messages.handOver, `taken over by ${identity()}: ${reason}`);
  say(`${name} has been told to end. The new run starts when it has.`);
  await ended(client, run);
  say(`${name} has ended, and leaves what it owes to the run that starts now.`);
}

async function ended(client: Client, { name, handle }: Run): Promise<void> {
  try {
    await client.withDeadline(Date.now() + patience, () => handle.result());
  } catch (error) {
    if (error instanceof WorkflowFailedError) return; // as one that was ended does
    throw new Mistake(
      `${name} was told to end, and has not within 3 minutes; it will when it can: pfrunbook show ${name}. No new run was started: start again then.`,
    );
  }
}

async function known(client: Client, name: string): Promise<Run | undefined> {
  return findRun(client, name).catch((error: unknown) => {
    if (error instanceof Mistake) return undefined;
    throw error;
  });
}
