/** The way to Temporal: its own environment and profiles where they name a server, else the embedded one. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { supervisor } from './embedded.js';
import { Mistake } from './exit.js';
import { identity, places } from './settings.js';

export interface Reached {
  readonly client: Client;
  /** Of the Web UI, where we know it. */
  readonly ui?: string;
  close(): Promise<void>;
}

/** Of a Temporal that is somebody else's, named by TEMPORAL_ADDRESS or a profile. */
export const namedAddress = (): string | undefined => loadClientConnectConfig().connectionOptions.address || undefined;

export const isElsewhere = (): boolean => namedAddress() !== undefined;

/** Errors: Mistake where no server answers. */
export async function connect(): Promise<Reached> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const own = connectionOptions.address ? undefined : await supervisor(places().state);
  const address = connectionOptions.address || own?.address;
  if (!address)
    throw new Mistake(
      `No Temporal server: none runs for ${places().state}, and TEMPORAL_ADDRESS names none. Nothing was touched. Run pfrunbook up, then this again.`,
    );
  const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: '3 seconds' }).catch(
    (error: unknown) => {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Mistake(
        own
          ? `The Temporal server at ${address} does not answer (${cause}). Nothing was touched. It may be starting again: pfrunbook status`
          : `The Temporal server at ${address} does not answer (${cause}). Nothing was touched. Correct TEMPORAL_ADDRESS or the profile, or unset it to use the embedded one.`,
      );
    },
  );
  return {
    client: new Client({ connection, namespace, identity: identity() }),
    ...(own?.ui && { ui: own.ui }),
    close: () => connection.close(),
  };
}

/** Connects for one command, and lets go whatever happens: an open connection keeps the process alive. */
export async function withTemporal<T>(act: (reached: Reached) => Promise<T>): Promise<T> {
  const reached = await connect();
  try {
    return await act(reached);
  } finally {
    await reached.close();
  }
}

export const uiLink = ({ ui, client }: Reached, workflowId: string, runId: string): string | undefined =>
  ui && `${ui}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
