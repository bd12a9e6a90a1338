/** Where a run keeps things on a node. */

/** What was read from a held node. Root only. */
export const recoveredFolder = (run: string): string => `/var/lib/pfrunbook/recovered/${run.replaceAll('/', '-')}`;

/** Data set aside stands under the data directory's name and this: a sibling, outside every path that a transfer cleans. */
export const asideSuffix = (run: string): string => `.aside-${run.replaceAll('/', '-')}`;
