/** Heartbeats: a worker that died is noticed within the heartbeat timeout, and people see what moves. */
import { heartbeat } from '@temporalio/activity';

const interval = 3_000; // ms; the heartbeat timeouts of the proxies are 30 s

/** Beats while `act` runs, with the details it gave last. */
export async function beating<T>(act: (tell: (details: object) => void) => Promise<T>): Promise<T> {
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
