/**
 * Guide 3.6: Securing the cluster: Keepalived secret.
 *
 * The shared key, the virtual router id, unicast: each alone or together. The guide restarts keepalived on all servers;
 * until the last of them runs by the new words, two nodes that do not hear each other serve the virtual addresses. Here
 * keepalived is stopped on all but the one that serves, that one is restarted, and the others then find it there.
 */
import type { Duration } from '@temporalio/common';
import { restartKeepalived, setVrrp, stopKeepalived, type Vrrp } from '../cluster/commands/keepalived.js';
import type { NodeSeen, Reached } from '../cluster/observation.js';
import type { NodeName } from '../cluster/words.js';
import * as guards from './guards.js';
import type { Order } from './messages.js';
import { act, judge, look, watch } from './proxies.js';
import { type Guard, type Run, runbook } from './runbook.js';

const servedLimit: Duration = '5 minutes'; // keepalived waits 30 s before it takes an address back
/** One that does not hear the others takes the addresses after three advertisements, at 5 s, and a little. */
const steadySeconds = 20;

export interface SecureKeepalivedArgs {
  /** Reference to the new shared key, or "new": one is made. */
  readonly secret?: string;
  readonly routerId?: number;
  readonly unicast?: boolean;
}

export const secureKeepalived = (order: Order<SecureKeepalivedArgs>) =>
  runbook('Secure keepalived', order, async (run) => {
    const { routerId, unicast } = order.args;
    const { secret = routerId === undefined && unicast === undefined ? 'new' : undefined } = order.args;
    return applyVrrp(run, { ...(secret && { secret }), ...(routerId && { routerId }), ...(unicast && { unicast }) });
  });

/** As a part of another runbook too. */
export async function applyVrrp(run: Run, { secret: asked, ...others }: Vrrp, { begun = false } = {}) {
  const { name: cluster, nodes } = run.order.cluster;
  let seen: readonly NodeSeen[] = [];
  const { dialect } = await run.confirm(
    'Confirm that every node is here, and that its keepalived may be restarted',
    judge.mayRestartKeepalived,
    async () => {
      seen = await run.read('Look at every node', look.nodes, { cluster, nodes });
      return { cluster: run.order.cluster, seen, ...(begun && { begun }) };
    },
  );
  const secret = asked && (await secretFor(run, asked, begun));
  await run.change(
    'Change what keepalived goes by, in pf.conf of every node',
    nodes.map((node) => setVrrp(node, dialect, run.order.run, { ...others, ...(secret && { secret }) })),
  );
  const unmet = await run.unmet(
    'See whose keepalived does not run by it yet',
    nodes.map((node) => restartKeepalived(node, dialect)),
  );
  const stale = unmet.map(({ node }) => node);
  const done = { ...(secret && { secret }), ...others };
  const present = seen.filter((one): one is Reached => one.reachable);
  const monit = guards.monit(present, dialect);
  const waits = (node: NodeName): Guard => ({
    title: `Stop keepalived on ${node}`,
    back: `Start keepalived on ${node}`,
    changes: [stopKeepalived(node, dialect)],
  });
  const left = guards.leftBehind(present, [...nodes.map(waits), monit]);
  if (stale.length === 0) {
    await run.putBack(...left);
    return { ...done, restarted: 'nobody: it was so already' };
  }

  const { zones } = await run.read('Read our cluster.conf', look.inventory, { cluster });
  const { first, stopped, restarted } = await run.judge('Find whose keepalived is restarted when', judge.restartOrder, {
    zones,
    seen,
    stale,
  });
  const served = (steady: number) =>
    run.until(
      'Wait until each virtual address is served by one node, and can be written through',
      watch.untilServed,
      { cluster, nodes, steadySeconds: steady },
      servedLimit,
    );
  const restart = (which: readonly NodeName[]) =>
    run.change(
      `Restart keepalived on ${which.join(', ')}`,
      which.map((node) => restartKeepalived(node, dialect)),
    );
  const waiting = stopped.map(waits);
  await run.lower(monit, ...waiting);
  if (first.length > 0) {
    await restart(first);
    await served(0);
  }
  for (const guard of waiting) {
    await run.putBack(guard);
    await served(steadySeconds);
  }
  for (const node of restarted) {
    await restart([node]);
    await served(steadySeconds);
  }
  await run.putBack(monit, ...left);
  return { ...done, restarted: [...first, ...stopped, ...restarted] };
}

/** A reference that keepalived can take; the run ends where it cannot. */
export async function secretFor(run: Run, asked: string, begun: boolean): Promise<string> {
  const { reference } = await run.confirm(
    'Confirm that keepalived can use the new shared key',
    judge.secretUsable,
    async () => ({
      ...(await run.read('Have the worker read it, or make one', act.keepalivedSecret, {
        run: run.order.run,
        ...(asked !== 'new' && { given: asked }),
      })),
      ...(begun && { begun }),
    }),
  );
  return reference;
}
