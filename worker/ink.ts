import pc from 'picocolors';

/** Colours on a terminal only: picocolors also paints what is piped, wherever `CI` is set. */
export const ink = pc.createColors(pc.isColorSupported && Boolean(process.stdout.isTTY));

/** Characters in a line; 80 columns where there is no terminal. */
export const room = Math.max(40, process.stdout.columns ?? 80);
