/** A worker's changes, with connections of its own and without Temporal around them. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ClusterAccess } from '../../activities/access.js';
import { changeActivities } from '../../activities/change.js';
import type { ChangeOrder, LedgerSeen, Made, Meeting } from '../../activities/contract.js';
import type { LedgerPlaces } from '../../activities/runner/request.js';
import { SshPool } from '../../activities/ssh/pool.js';

export function testWorker(access: () => ClusterAccess, places?: LedgerPlaces) {
  const pool = new SshPool();
  const { meet, change } = changeActivities(pool, async () => access(), places);
  const activity = () => new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') });
  return {
    meet: (meeting: Meeting): Promise<LedgerSeen> => activity().run(meet, meeting),
    change: (order: ChangeOrder | readonly ChangeOrder[], beats?: (details: unknown) => void): Promise<Made> => {
      const running = activity();
      if (beats) running.on('heartbeat', (details) => details && beats(details));
      return running.run(change, [order].flat());
    },
    close: () => pool.close(),
  };
}
