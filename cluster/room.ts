/** What a full copy takes on the disk of the node that takes it. */

/** Bytes besides the data: its log, and a small database. */
export const besidesACopy = 2 ** 29;
