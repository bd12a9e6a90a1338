/** Where a run keeps things on a node. */

/** What was read from a held node. Root only. */
export const recoveredFolder = (run: string): string => `/var/lib/pfrunbook/recovered/${run.replaceAll('/', '-')}`;

/** Where data is set aside: a sibling of the data directory, outside every path that a transfer cleans. */
export const asideOf = (datadir: string, run: string): string => `${datadir}.aside-${run.replaceAll('/', '-')}`;

/** The checksums of what a run has taken over from another node. Root only. */
export const syncedList = (run: string): string => `/var/lib/pfrunbook/synced/${run.replaceAll('/', '-')}`;
