/** Every database stopped cleanly, the first node's last; the nodes stay on, unless they are to be powered off too. */
import type { Lab } from '../lab.js';
import { isOn, nodeRun } from '../machine.js';
import { stopDatabase, stopInTurn } from '../seed.js';
import { until } from '../shell.js';

export interface GracefulStop {
  /** The last one, alone and Primary, is killed: its grastate.dat then says seqno -1 and safe_to_bootstrap 1. */
  readonly crashLast?: boolean;
  readonly powerOff?: boolean;
}

export async function gracefulStop(
  lab: Lab,
  { crashLast = false, powerOff = false }: GracefulStop = {},
): Promise<void> {
  const [first = '', ...others] = lab.nodes;
  if (!crashLast && !powerOff) return stopInTurn(lab, [...others.reverse(), first]);
  for (const node of others.reverse()) await stopOne(lab, node, powerOff);
  if (crashLast) await nodeRun(lab, first, CRASH);
  else await stopOne(lab, first, powerOff);
}

async function stopOne(lab: Lab, node: string, powerOff: boolean): Promise<void> {
  if (!powerOff) return stopDatabase(lab, node);
  await nodeRun(lab, node, 'systemctl poweroff');
  await until(`${node} to be off`, 180, async () => ((await isOn(lab, node)) ? undefined : true));
}

/** Neither the unit nor its wrapper may start the server again, or it would bootstrap by itself. */
const CRASH = `
  drop=/run/systemd/system/packetfence-mariadb.service.d
  mkdir -p $drop && printf '[Service]\\nRestart=no\\n' >$drop/lab-crash.conf && systemctl daemon-reload
  systemctl kill --kill-who=all --signal=KILL packetfence-mariadb
  pkill -9 'mysqld|mariadbd'
  while [ "$(systemctl is-active packetfence-mariadb)" != failed ]; do sleep 0.1; done
  rm -r $drop && systemctl daemon-reload`;
