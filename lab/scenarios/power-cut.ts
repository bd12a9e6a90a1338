/** The power of the nodes goes in the same instant, and comes back. What was not fsynced is gone. */
import { type Census, takeCensus } from '../census.js';
import type { Lab } from '../lab.js';
import { boot, cutPower, nodeExec, onDisk } from '../machine.js';
import { LabError } from '../shell.js';

export interface PowerCut {
  /** This node's gvwstate.dat is found empty, as file systems leave it: the cluster then never forms by itself (packetfence-run.md D4). */
  readonly tornView?: string;
  /** These nodes stay off. */
  readonly stayOff?: readonly string[];
}

/** Returns what the disks held, unless a node runs on. */
export async function powerCut(
  lab: Lab,
  nodes: readonly string[],
  { tornView, stayOff = [] }: PowerCut = {},
): Promise<Census | undefined> {
  // A view that has stood for a while is on disk; one of the last five seconds may not be, which would be another scenario.
  await Promise.all(nodes.map((node) => nodeExec(lab, node, 'sync /var/lib/mysql/gvwstate.dat')));
  await cutPower(lab, nodes);
  const census = await takeCensus(lab);
  if (tornView !== undefined) await tearView(lab, tornView);
  await Promise.all(nodes.filter((node) => !stayOff.includes(node)).map((node) => boot(lab, node)));
  return census;
}

async function tearView(lab: Lab, node: string): Promise<void> {
  const answer = await onDisk(
    lab,
    node,
    'if [ -e $disk/mysql/gvwstate.dat ]; then : >$disk/mysql/gvwstate.dat; echo torn; fi',
  );
  if (answer !== 'torn')
    throw new LabError(
      `${node} has no gvwstate.dat to tear: its database was not in a cluster when the power went. It is off; \`lab start ${node}\` boots it.`,
    );
}
