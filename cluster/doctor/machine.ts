/** This machine, whatever the cluster: would a run start, and be kept? */
import { count, megabytes } from '../finding.js';
import { type Check, day, hinders, note, orFine, timeInWords } from './check.js';
import type { Machine } from './kit.js';

const stateRoom = 2 ** 30; // bytes for Temporal's database, logs and reports
const kept = 7; // days in which a report may still be looked for in Temporal

export function machineChecks({ state, temporal }: Machine): readonly Check[] {
  const { elsewhere, program, server, because, retentionDays, workers } = temporal;
  const about = 'Temporal';
  const where = elsewhere ? `The server at ${elsewhere}` : 'The embedded server';
  const bad = [
    ...(elsewhere || program
      ? []
      : [
          hinders(
            about,
            'Its program is not on this machine, and on the day the network to fetch it may be down.',
            'pfrunbook up',
          ),
        ]),
    ...(server === 'silent'
      ? [
          hinders(
            about,
            `${where} does not answer: ${because ?? 'nothing was said'}.`,
            elsewhere ? 'Start it, or correct TEMPORAL_ADDRESS or the profile.' : 'pfrunbook status',
          ),
        ]
      : []),
    ...(workers === 0
      ? [
          hinders(
            about,
            `No worker asks for work there: a run would start, and wait.`,
            'pfrunbook status; pfrunbook up',
          ),
        ]
      : []),
    ...(retentionDays !== undefined && retentionDays < kept
      ? [
          note(
            about,
            `${where} forgets closed runs after ${timeInWords(retentionDays * day)}. Their reports are kept in the state folder.`,
            'temporal operator namespace update --retention 720h',
          ),
        ]
      : []),
  ];
  const words =
    server === 'answers'
      ? `${where} answers; ${count(workers ?? 0, 'worker')}; closed runs are kept for ${timeInWords((retentionDays ?? 0) * day)}.`
      : 'Not up; start brings it up by itself.';
  const room = `${state.path} has ${megabytes(state.freeBytes)} free`;
  return [
    ...orFine(bad, about, words),
    ...orFine(
      state.freeBytes < stateRoom
        ? [hinders('state folder', `${room}: Temporal’s database, logs and reports stand there.`, 'Make room there.')]
        : [],
      'state folder',
      `${room}.`,
    ),
  ];
}
