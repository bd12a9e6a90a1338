/** Tables held to a node of a lab, or to a real one. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { address, loadLab } from '../../../lab/lab.js';
import { nodeRun } from '../../../lab/machine.js';
import { clusterFolder } from '../../../lab/places.js';
import { up } from '../../../lab/up.js';
import type { Table } from './case.js';
import { type Destination, runCase } from './run.js';

/** pf2 of a new lab: neither the first nor the last. */
export async function labNode(name: string, profile?: string): Promise<Destination> {
  await up(name, profile === undefined ? {} : { profile });
  const lab = await loadLab(name);
  // It would push a version of its own in the middle of a case.
  for (const each of lab.nodes) await nodeRun(lab, each, QUIET);
  const folder = clusterFolder(name);
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

const QUIET = `for unit in pfcron pfmon; do
  printf '[cluster_check]\\nstatus=disabled\\n' >/usr/local/pf/conf/$unit.conf; systemctl try-restart packetfence-$unit 2>/dev/null; done; :`;

export function holdTable({ program, cases }: Table, destination: () => Destination): void {
  describe(program, () => {
    for (const wanted of cases) {
      it(wanted.title, { timeout: 310_000 }, async () => {
        const seen = await runCase(destination(), wanted);
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
