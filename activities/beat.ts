/** Heartbeats: a worker that died is noticed within the heartbeat timeout, and people see what moves. */
import { Context, heartbeat } from '@temporalio/activity';

const interval = 1_000; // ms; the heartbeat timeout of the proxies is 6 s

/** Beats while `act` runs, with the details it gave last. Outside Temporal (diagnose, guards) nobody listens. */
export async function beating<T>(act: (tell: (details: object) => void) => Promise<T>): Promise<T> {
  if (!inActivity()) return act(() => {});
  let latest: object | undefined;
  const timer = setInterval(() => heartbeat(latest), interval);
  try {
    return await act((details) => {
      latest = details;
      heartbeat(details);
    });
  } finally {
    clearInterval(timer);
  }
}

function inActivity(): boolean {
  try {
    Context.current();
    return true;
  } catch {
    return false;
  }
}
