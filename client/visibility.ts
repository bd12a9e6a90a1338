import type { Client } from '@temporalio/client';
import { attributes } from '../workflows/messages.js';

/** A server that lacks one of our search attributes refuses this question; a run that sets one there hangs for ever. */
export async function hasOurAttributes(client: Client): Promise<boolean> {
  const query = Object.values(attributes)
    .map((name) => `${name} IS NULL`)
    .join(' AND ');
  return client.workflow.count(query).then(
    () => true,
    (error: unknown) => {
      if (/search attribute/i.test(`${error instanceof Error ? [error.message, error.cause].join(' ') : error}`))
        return false;
      throw error;
    },
  );
}
