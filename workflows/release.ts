/**
 * Which release this code is, and the task queue that is its own: a run is started there, and only workers of the very code
 * that it began with ask there. No Temporal in here: the CLI loads it.
 */

/** The build writes the version and a digest of the code here ("0.1.0-3fa91c07"): two builds of one version are told apart. */
export const release: string = 'sources';

const prefix = 'pfrunbook-';

export const taskQueueOf = (name: string): string => `${prefix}${name}`;
export const taskQueue = taskQueueOf(release);

/** Of a run, by its task queue; undefined: not one of ours. */
export const releaseOf = (queue: string): string | undefined =>
  queue.startsWith(prefix) ? queue.slice(prefix.length) : undefined;
