/** `pfrunbook abort`, `pause`, `resume`: signals, so that they are heard even while no worker is up. */
import { messages } from '../../workflows/messages.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { findRun, isOpen } from '../runs.js';
import { identity } from '../settings.js';

interface SteerOptions {
  readonly json?: boolean;
}

export const abort = (name: string, { reason, ...options }: SteerOptions & { reason?: string }): Promise<ExitCode> =>
  steer(
    name,
    messages.abort,
    [`aborted by ${identity()}${reason ? `: ${reason}` : ''}`],
    'It stops at the next safe boundary, and takes back what can be.',
    options,
  );

export const pause = (name: string, options: SteerOptions): Promise<ExitCode> =>
  steer(
    name,
    messages.pause,
    [],
    'It waits at the next safe boundary; what has begun on a node finishes there first.',
    options,
  );

export const resume = (name: string, options: SteerOptions): Promise<ExitCode> =>
  steer(name, messages.resume, [], 'It goes on.', options);

const steer = (
  name: string,
  signal: string,
  args: readonly string[],
  words: string,
  { json = false }: SteerOptions,
): Promise<ExitCode> =>
  withTemporal(async ({ client }) => {
    const run = await findRun(client, name);
    const { status } = await run.handle.describe();
    if (!isOpen({ status: status.name }))
      throw new Mistake(`${run.name} is over (${status.name.toLowerCase()}): there is nothing to ${signal}.`);
    await run.handle.signal(signal, ...args);
    console.log(
      json
        ? JSON.stringify({ run: run.name, sent: signal })
        : `${run.name}: ${signal} sent. ${words}\n  pfrunbook watch ${run.name}`,
    );
    return exits.done;
  });
