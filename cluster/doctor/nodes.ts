/** Whether the nodes can be worked on: reached, asked, copied from one to another. */
import { list, megabytes } from '../finding.js';
import type { Reached } from '../observation.js';
import { namesOf } from '../seen.js';
import { type Check, day, hinders, hour, note, orFine, timeInWords } from './check.js';
import type { Kit, Ready } from './kit.js';

const clockLimit = 2_000; // ms, as in signs.ts
const backupLimit = day + 12 * hour; // PacketFence makes one every night

/** Address, host key, login and sudo in one: on a node that was reached, root ran a script. */
/** A key that is not the known one is decided on by a run, where one would bring the node in: `joins` says which. */
export function reach(kits: readonly Kit[], joins: (node: string) => string | undefined): readonly Check[] {
  const bad = kits.flatMap((kit) =>
    kit.reachable
      ? []
      : [hinders('ssh', `${kit.node} cannot be reached: ${kit.because}.`, joins(kit.node) ?? kit.next, kit.node)],
  );
  return orFine(bad, 'ssh', `Root on ${list(namesOf(kits))}; each host key is known.`);
}

export function asking(ready: readonly Ready[]): readonly Check[] {
  const closed = ready.filter(({ forwards }) => forwards === 'no');
  const bad = ready
    .filter(({ hasClient, forwards }) => !hasClient && forwards !== 'yes')
    .map(({ node }) =>
      hinders(
        'sql',
        `${node} has no mariadb program, and its sshd forwards no socket: its database cannot be asked.`,
        'Allow AllowStreamLocalForwarding in sshd_config, or install mariadb-client.',
        node,
      ),
    );
  const how =
    closed.length > 0 ? `By the mariadb program on ${list(namesOf(closed))}: sshd forwards no socket` : 'Through SSH';
  return ready.length === 0 ? [] : orFine(bad, 'sql', `${how}.`);
}

/** Against each other, and against ours: where all differ from ours alike, ours is the wrong one. */
export function clocks(reached: readonly Reached[]): readonly Check[] {
  const ahead = reached.map(({ node, host }) => ({ node, ms: host.clockAheadMs })).toSorted((a, b) => a.ms - b.ms);
  const [slowest, fastest] = [ahead[0], ahead.at(-1)];
  if (!slowest || !fastest) return [];
  const spread = fastest.ms - slowest.ms;
  const ours = Math.abs(slowest.ms) > Math.abs(fastest.ms) ? slowest.ms : fastest.ms;
  const remedy = 'Let chrony or systemd-timesyncd keep the time there; timedatectl shows it.';
  const bad =
    spread > clockLimit
      ? [
          hinders(
            'clocks',
            `${fastest.node} is ${seconds(spread)} ahead of ${slowest.node}: PacketFence compares configurations by time, and the newer wins.`,
            remedy,
          ),
        ]
      : Math.abs(ours) > clockLimit
        ? [
            hinders(
              'clocks',
              `The clock of this machine is ${seconds(ours)} ${ours > 0 ? 'behind' : 'ahead of'} those of the nodes.`,
              remedy.replace('there', 'here'),
            ),
          ]
        : [];
  return orFine(
    bad,
    'clocks',
    `The nodes agree within ${seconds(spread)}, and with this machine within ${seconds(ours)}.`,
  );
}

const seconds = (ms: number): string => `${(Math.abs(ms) / 1000).toFixed(1)} s`;

/** Without them the joiner of a full copy fails, is started again, and disturbs the donor each time. */
export function fullCopy(ready: readonly Ready[]): readonly Check[] {
  const about = 'full copy';
  const missing = ({ node, copyTool, socat }: Ready) =>
    [...(copyTool.path ? [] : ['mariadb-backup']), ...(socat ? [] : ['socat'])].map((program) =>
      hinders(
        about,
        `${node} lacks ${program}: no full copy can start or end there.`,
        `Install ${program} on ${node}.`,
        node,
      ),
    );
  const apart = ({ node, copyTool: { path, version }, server }: Ready) =>
    path.includes('maria') && version && server && release(version) !== release(server)
      ? [
          hinders(
            about,
            `${node}: mariadb-backup is of ${version} and the server of ${server}: it copies only its own release.`,
            'Bring both to one release.',
            node,
          ),
        ]
      : [];
  const mounted = ({ node, datadirIsMount }: Ready) =>
    datadirIsMount
      ? [
          hinders(
            about,
            `${node}: the datadir is a mount of its own. A run that must set its data aside cannot rename it, and stops there.`,
            'Mount it one folder higher.',
            node,
          ),
        ]
      : [];
  const servers = [...new Set(ready.map(({ server }) => release(server)).filter(Boolean))];
  const bad = [
    ...ready.flatMap((kit) => [...missing(kit), ...apart(kit), ...mounted(kit)]),
    ...(servers.length > 1
      ? [hinders(about, `The nodes run MariaDB ${list(servers)}.`, 'Bring all to one release.')]
      : []),
  ];
  const fine = `mariadb-backup and socat are there, as for MariaDB ${servers[0] ?? '(not known)'}.`;
  return ready.length === 0 ? [] : orFine(bad, about, fine);
}

const release = (version: string): string => version.split('.').slice(0, 2).join('.');

/** Of the cluster as a whole: only the node that the server lists first dumps the database. `none`: there is no cluster yet, and no data of one. */
export function backups(ready: readonly Ready[], now: number, none = false): readonly Check[] {
  if (ready.length === 0) return [];
  const newest = ready
    .flatMap(({ node, backups: made }) => made.map((one) => ({ node, ...one })))
    .filter(({ path }) => /db-dump|exportable|pre-upgrade/.test(path))
    .toSorted((a, b) => b.at - a.at)[0];
  const age = newest ? Math.max(0, now - newest.at) / 1000 : 0;
  const words = newest && `${timeInWords(age)} old: ${newest.node}:${newest.path}, ${megabytes(newest.bytes)}`;
  const make =
    'Make one and copy it off the nodes: /usr/local/pf/addons/exportable-backup.sh, or addons/backup-and-maintenance.sh where there is none.';
  const bad = [
    ...(words || none
      ? []
      : [hinders('backup', 'No node that answers has a backup of the database in /root/backup.', make)]),
    ...(words && age > backupLimit && !none
      ? [hinders('backup', `The newest of the database is ${words}.`, make)]
      : []),
    ...ready.flatMap(({ node, backupStatus }) =>
      Object.entries(backupStatus)
        .filter(([, said]) => said !== 'OK' && !/not the first server/i.test(said))
        .map(([part, said]) =>
          note(
            'backup',
            `${node}: the last one (${part}) said "${said}".`,
            'See /usr/local/pf/logs/innobackup.log there.',
            node,
          ),
        ),
    ),
  ];
  const fine = words
    ? `The newest of the database is ${words}.`
    : 'None yet: there is no cluster whose data it would hold. PacketFence makes one every night.';
  return orFine(bad, 'backup', fine);
}
