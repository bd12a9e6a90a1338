/** Waits until a node answers from another boot, at the address by which it is always reached. */
import { activityInfo, sleep } from '@temporalio/activity';
import { notBack } from '../cluster/prepare.js';
import { fail, Unreachable } from './errors.js';
import type { Remote } from './ssh/pool.js';

const between = 1_000; // ms

export interface Awaited {
  readonly node: string;
  readonly bootId: string;
  readonly limitMinutes: number;
  readonly renamedBy?: string;
  readonly reach: () => Promise<Pick<Remote, 'sh'>>;
  readonly tell: (details: object) => void;
}

/** Errors: Failed, after the limit. */
export async function untilRebooted(awaited: Awaited): Promise<void> {
  const { node, bootId, limitMinutes, reach, tell } = awaited;
  const end = activityInfo().scheduledTimestampMs + limitMinutes * 60_000; // a worker that dies meanwhile gives it no more time
  for (;;) {
    const seen = await now(reach);
    if (typeof seen !== 'string') {
      if (seen.boot !== bootId) return;
      tell({ node, boot: 'as before' });
    } else tell({ node, unreachable: seen });
    if (Date.now() > end) {
      const minutes = `${limitMinutes} minutes after its reboot`;
      throw fail(
        'Failed',
        { node, title: `Wait until ${node} is up again` },
        {
          seen:
            typeof seen === 'string'
              ? `It does not answer ${minutes}: ${seen}.`
              : `It still runs the boot of before, ${minutes}.`,
          changed: 'Nothing else was begun meanwhile.',
          next: notBack(awaited),
        },
      );
    }
    await sleep(between);
  }
}

/** Its boot, or why it cannot be asked. */
async function now(reach: Awaited['reach']): Promise<{ readonly boot: string } | string> {
  try {
    const { stdout } = await (await reach()).sh('cat /proc/sys/kernel/random/boot_id', { deadline: 10_000 });
    const boot = stdout.trim();
    return boot === '' ? 'it does not say which boot it runs' : { boot };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return error.because;
  }
}
