/**
 * Holds PacketFence's programs to their tables. In the lab by itself; on a real node with
 *   STANDINS_NODE='-i key root@192.0.2.1'
 * which is then disturbed: it must be one of at least three of a cluster that serves nobody, neither the first nor the last of
 * cluster.conf, with the cluster check off (`[cluster_check] status=disabled`) on all of them.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down } from '../../../lab/down.js';
import { address, loadLab } from '../../../lab/lab.js';
import { nodeRun } from '../../../lab/machine.js';
import { clusterFolder } from '../../../lab/places.js';
import { up } from '../../../lab/up.js';
import { galeraAutofix } from './galera-autofix.cases.js';
import { generated } from './generated.cases.js';
import { maintenance } from './maintenance.cases.js';
import { node } from './node.cases.js';
import { pfMariadb } from './pf-mariadb.cases.js';
import { pfcmd } from './pfcmd.cases.js';
import { type Destination, runCase } from './run.js';
import { service } from './service.cases.js';
import { sync } from './sync.cases.js';
import { webservices } from './webservices.cases.js';

const LAB = 'standins';
const TABLES = [generated, node, pfcmd, webservices, sync, service, maintenance, pfMariadb, galeraAutofix];

const real = process.env.STANDINS_NODE?.split(' ');
let destination: Destination;

beforeAll(async () => {
  destination = real ?? (await labNode());
}, 300_000);

afterAll(async () => {
  if (real === undefined && process.env.STANDINS_KEEP === undefined) await down(LAB);
}, 120_000);

async function labNode(): Promise<Destination> {
  await up(LAB);
  const lab = await loadLab(LAB);
  // It would push a version of its own in the middle of a case.
  for (const each of lab.nodes) await nodeRun(lab, each, QUIET);
  const folder = clusterFolder(LAB);
  return [
    ...[
      '-i',
      join(folder, 'id_ed25519'),
      '-o',
      `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
      '-o',
      'BatchMode=yes',
    ],
    `root@${address(lab, 'pf2')}`,
  ];
}

const QUIET = `printf '[cluster_check]\\nstatus=disabled\\n' >/usr/local/pf/conf/pfcron.conf; systemctl restart packetfence-pfcron`;

for (const { program, cases } of TABLES) {
  describe(program, () => {
    for (const wanted of cases) {
      it(wanted.title, { timeout: 310_000 }, async () => {
        const seen = await runCase(destination, wanted);
        const shown = `exit ${seen.code}\n${seen.stdout}\n-- stderr --\n${seen.stderr}`;
        expect([wanted.code].flat(), shown).toContain(seen.code);
        holds(seen.stdout, wanted.stdout);
        holds(seen.stderr, wanted.stderr);
        if (wanted.changed === undefined) return;
        for (const path of wanted.changed) expect(seen.changed.join('\n'), shown).toContain(path);
        expect(
          seen.changed.filter((path) => !wanted.changed?.some((name) => path.endsWith(name))),
          shown,
        ).toEqual([]);
      });
    }
  });
}

function holds(text: string, patterns: readonly RegExp[] | undefined): void {
  if (patterns?.length === 0) expect(text).toBe('');
  for (const pattern of patterns ?? []) expect(text).toMatch(pattern);
}
