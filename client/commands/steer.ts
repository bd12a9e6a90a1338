/** `pfrunbook abort`, `pause`, `resume`: signals, so that they are heard even while no worker is up. */
import { messages, type Phase } from '../../workflows/messages.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { ask, findRun, isOpen } from '../runs.js';
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
  steer(
    name,
    messages.resume,
    [],
    (phase) =>
      phase === 'paused' ? 'It goes on.' : 'It was not paused. A pause that was still to come is taken back.',
    options,
  );

const steer = (
  name: string,
  signal: string,
  args: readonly string[],
  words: string | ((phase: Phase) => string),
  { json = false }: SteerOptions,
): Promise<ExitCode> =>
  withTemporal(async ({ client }) => {
    const run = await findRun(client, name);
    const { status } = await run.handle.describe();
    if (!isOpen({ status: status.name }))
      throw new Mistake(`${run.name} is over (${status.name.toLowerCase()}): there is nothing to ${signal}.`);
    // Without a worker nobody knows: it is told as it is meant.
    const said = typeof words === 'string' ? words : words((await ask(client, run.handle))?.phase ?? 'paused');
    await run.handle.signal(signal, ...args);
    console.log(
      json
        ? JSON.stringify({ run: run.name, sent: signal })
        : `${run.name}: ${signal} sent. ${said}\n  pfrunbook watch ${run.name}`,
    );
    return exits.done;
  });
