/** Every activity, made from the real things. model/ makes the same from an imagined cluster. */
import { changeActivities, type Resolve } from './change.js';
import type { Acts, Desks, Looks, Watches } from './contract.js';
import { deskActivities } from './desk.js';
import { type Judges, judges } from './judge.js';
import { lockActivities, remoteLocks } from './lock.js';
import { lookActivities } from './look/index.js';
import { servedActivities } from './look/served.js';
import { hostKeyActivities } from './ssh/pin.js';
import { SshPool } from './ssh/pool.js';
import { watchActivities } from './watch.js';

/** All but what stands in the worker's own folders: it knows where. */
export type Activities = Omit<Acts, 'finish' | 'keepalivedSecret'> & Desks & Looks & Watches & Judges;

export function createActivities({
  resolve,
  pool = new SshPool(),
}: {
  readonly resolve: Resolve;
  readonly pool?: SshPool;
}): Activities {
  return {
    ...judges,
    ...lookActivities(pool, resolve),
    ...hostKeyActivities(pool, resolve),
    ...watchActivities(pool, resolve),
    ...servedActivities(pool, resolve),
    ...changeActivities(pool, resolve),
    ...deskActivities(resolve),
    ...lockActivities(remoteLocks(pool, resolve)),
  };
}
