/** The only reader of this machine's surroundings in the client. */
import { readdirSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { type Places, placesOf } from '../cluster/places.js';

export const places = (): Places => placesOf({ env: process.env, home: homedir(), root: process.getuid?.() === 0 });

/** The one folder that holds everything, where it was chosen. */
export const ownHome = (): string | undefined => process.env.PFRUNBOOK_HOME;

/** Who acts: behind sudo it is the person who typed, not root. */
export const me = (): string => process.env.SUDO_USER || userInfo().username;

/** Why `ssh-add` may find no agent, behind "No SSH agent answers". */
export const agentHint = (): string => {
  if (process.env.SSH_AUTH_SOCK) return '';
  return process.env.SUDO_USER ? ' (sudo keeps it with --preserve-env=SSH_AUTH_SOCK)' : ' (SSH_AUTH_SOCK is not set)';
};

/** Lands in the run's history beside every message. */
export const identity = (): string => `${me()}@${hostname()}`;

/** Somebody can be asked, and sees what is asked. */
export const someoneIsThere = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY);

/** Those that have a folder on this machine; a client elsewhere has none. */
export function clusterNames(): readonly string[] {
  return foldersIn(`${places().config}/clusters`);
}

export function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return []; // not made yet
  }
}
