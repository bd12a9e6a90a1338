/** `pfrunbook status`: what runs on this machine, or who works for a Temporal elsewhere; which runs are open, and with which release. */
import { count } from '../../cluster/finding.js';
import type { SupervisorStatus } from '../../cluster/places.js';
import { namedAddress, withTemporal } from '../connect.js';
import { supervisor } from '../embedded.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { releasesOf, type SeenRelease } from '../releases.js';
import { places } from '../settings.js';
import { hanging, width } from '../show/text.js';
import { type Listed, runsOf } from './list.js';
import { comesUpByItself } from './service.js';

type Rows = readonly (readonly string[])[];

/** Exit 1 while it is not up; with a Temporal elsewhere, while no worker asks it for work (docker-compose.yml watches its worker by that). */
export async function status({ json = false }: { json?: boolean }): Promise<ExitCode> {
  const { state, config } = places();
  const seen = await supervisor(state);
  const elsewhere = namedAddress();
  const told = elsewhere || seen?.phase === 'up' ? await fromTemporal(seen) : undefined;
  const up = elsewhere ? Boolean(told?.releases[0].workers.length) : seen?.phase === 'up';
  const service = await comesUpByItself();
  if (json) {
    const ours = {
      ...{ up, config, state, supervisor: seen ?? null, service },
      ...{ openRuns: told?.open ?? null, releases: told?.releases ?? null },
    };
    const workers = told?.releases[0].workers ?? null;
    console.log(JSON.stringify(elsewhere ? { ...ours, temporal: elsewhere, workers } : ours));
  } else {
    const rows = [
      ...(elsewhere ? rowsElsewhere(elsewhere, told?.releases[0]) : rowsHere(seen, service)),
      ...(told?.releases.slice(1) ?? []).map(otherRelease),
      ...[
        ['settings', config],
        ['state', state],
      ],
      ...(told ? [['open runs', told.open.length === 0 ? 'none' : '']] : []),
      ...(told?.open ?? []).map(({ run, phase, waitingFor }) => [
        '',
        `${run} ${phase ?? ''}${waitingFor ? `, waits for ${waitingFor}` : ''}`,
      ]),
    ];
    const widest = Math.max(...rows.map(([what = '']) => what.length));
    console.log(
      rows.flatMap(([what = '', words = '']) => hanging(`${what.padEnd(widest)}  `, words, width())).join('\n'),
    );
  }
  return up ? exits.done : exits.failed;
}

function rowsHere(seen: SupervisorStatus | undefined, service: boolean): Rows {
  const reboot = [
    'reboot',
    service
      ? 'comes up by itself (pfrunbook.service)'
      : 'leaves open runs frozen until somebody types pfrunbook up. As root: pfrunbook service install',
  ];
  if (!seen) return [['supervisor', 'not up. Run: pfrunbook up'], reboot];
  const process = (pid: number | undefined, restarts: number) =>
    `${pid ? `process ${pid}` : 'not running just now'}${restarts ? `, started again ${count(restarts, 'time')}` : ''}`;
  const phase = seen.phase === 'starting' ? seen.words : seen.phase;
  return [
    ['supervisor', `${phase}, process ${seen.pid}, since ${seen.startedAt}, release ${seen.release}`],
    ...(seen.notKept
      ? [['', `Do not update pfrunbook while runs are open: it could not be kept (${seen.notKept}).`]]
      : []),
    reboot,
    ...(seen.ui ? [['server', process(seen.serverPid, seen.restarts.server)]] : []),
    ['worker', process(seen.workerPid, seen.restarts.worker)],
    ['Temporal', seen.address],
    ...(seen.ui ? [['Web UI', seen.ui]] : []),
  ];
}

const rowsElsewhere = (address: string, { release, workers }: Partial<SeenRelease> = {}): Rows => [
  ['Temporal', `${address}${workers ? '' : ' does not answer'}`],
  ...(workers?.length === 0
    ? [['workers', `none of release ${release}: its runs stand still. Start one: pfrunbook worker`]]
    : []),
  ...(workers ?? []).map(({ worker, askedAt }) => ['worker', `${worker}, asked for work at ${askedAt}`]),
];

function otherRelease({ release, runs, workers, trouble }: SeenRelease): readonly string[] {
  const asked = workers.map(({ worker }) => worker).join(', ');
  const by = asked ? `worker ${asked}` : (trouble ?? 'no worker: they stand still. Start one from that installation.');
  return ['release', `${release}: ${runs.length > 0 ? `began ${runs.join(', ')}` : 'no open run'}; ${by}`];
}

/** Undefined where the server does not answer just now: the status says the rest all the same. */
async function fromTemporal(seen: SupervisorStatus | undefined) {
  try {
    return await withTemporal(async ({ client }) => {
      const runs = await runsOf(client, false);
      const open: readonly Listed[] = runs.filter(({ endedAt }) => endedAt === null);
      return { open, releases: await releasesOf(client, runs, seen?.others) };
    });
  } catch (error) {
    if (error instanceof Mistake) return undefined;
    throw error;
  }
}
