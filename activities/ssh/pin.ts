/** A host key that is not the known one: what is shown and known, and how the shown one becomes the known one, once a person said so. */
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { beating } from '../beat.js';
import type { Resolve } from '../change.js';
import type { Acts, Looks } from '../contract.js';
import { fail, Unreachable, unreachable } from '../errors.js';
import { HostKeyRefused } from './connect.js';
import { withKey } from './known-hosts.js';
import type { SshPool } from './pool.js';
import { targetOf } from './target.js';

export function hostKeyActivities(pool: SshPool, resolve: Resolve): Pick<Looks, 'hostKey'> & Pick<Acts, 'pinHostKey'> {
  return {
    hostKey: ({ cluster, node }) =>
      beating(async () => {
        try {
          await pool.reach(await resolve(cluster), node);
          return { node, verdict: 'known', shown: '', known: [] };
        } catch (error) {
          if (error instanceof HostKeyRefused) return { node, ...error.seen };
          if (!(error instanceof Unreachable)) throw error;
          return { node, verdict: 'unknown', shown: '', known: [], because: error.because };
        }
      }),

    pinHostKey: ({ cluster, node, shown }) =>
      beating(async () => {
        const access = await resolve(cluster);
        const title = `Take the host key of ${node} for the known one`;
        const nothing = 'known_hosts is as it was.';
        try {
          await pool.reach(access, node);
        } catch (error) {
          if (!(error instanceof HostKeyRefused))
            throw error instanceof Unreachable ? unreachable(title, error, nothing) : error;
          if (error.seen.shown !== shown)
            throw fail(
              'Refused',
              { node, title },
              {
                seen: `It shows another key now, ${error.seen.shown}, than the one that was decided on, ${shown}.`,
                changed: nothing,
                next: 'Two machines may be answering. Abort, find out who answers at its address, and start again.',
              },
            );
          const { names, port, knownHosts } = targetOf(access, node);
          await replace(knownHosts, withKey(await readFile(knownHosts, 'utf8'), names, port, error.offered));
        }
      }),
  };
}

/** At once, with the mode that it had. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await chmod(`${file}.new`, (await stat(file)).mode & 0o777);
  await rename(`${file}.new`, file);
}
