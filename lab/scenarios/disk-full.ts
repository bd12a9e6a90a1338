/** Not a byte is left on the node's /var/lib. `heal` frees it. */
import type { Lab } from '../lab.js';
import { nodeExec, nodeRun } from '../machine.js';

const FILE = '/var/lib/.lab-disk-full';

export async function fillDisk(lab: Lab, node: string): Promise<void> {
  await nodeRun(
    lab,
    node,
    `fallocate --length "$(df --output=avail --block-size=1 /var/lib | tail -n 1)" ${FILE} || :
     # A large write gives up before the last blocks are taken.
     for size in 1M 4k; do dd if=/dev/zero of=${FILE} bs=$size oflag=append conv=notrunc 2>/dev/null; sync ${FILE}; done
     test "$(df --output=avail /var/lib | tail -n 1)" -eq 0`,
  );
}

export async function freeDisk(lab: Lab, node: string): Promise<void> {
  await nodeExec(lab, node, `rm -f ${FILE}`);
}
