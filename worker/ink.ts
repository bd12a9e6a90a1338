import pc from 'picocolors';

/** Colours on a terminal only: picocolors also paints what is piped, wherever `CI` is set. */
export const ink = pc.createColors(pc.isColorSupported && Boolean(process.stdout.isTTY));
