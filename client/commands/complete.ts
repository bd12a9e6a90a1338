/** What may stand where the cursor is. Asked at each press of TAB: it loads no Temporal and starts nothing. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { clusterConfFromText } from '../../cluster/cluster-conf.js';
import { clusterFolder, runFolder } from '../../cluster/places.js';
import { catalogue } from '../../workflows/catalogue.js';
import { type ExitCode, exits } from '../exit.js';
import { openRuns } from '../open-runs.js';
import { programs } from '../programs.js';
import { clusterNames, foldersIn, places } from '../settings.js';

/** Word -> description, in the order in which they are shown. */
type Words = Readonly<Record<string, string>>;

/** `words`: what stands behind `pfrunbook`, up to the cursor; the last may be empty or half typed. */
export async function complete(pfrunbook: Command, words: readonly string[]): Promise<ExitCode> {
  const typed = words.at(-1) ?? '';
  for (const [word, description] of Object.entries(await candidates(pfrunbook, words.slice(0, -1), typed)))
    if (word.startsWith(typed)) console.log(description ? `${word}\t${description}` : word);
  return exits.done;
}

async function candidates(pfrunbook: Command, [name, ...before]: readonly string[], typed: string): Promise<Words> {
  const commands = pfrunbook.createHelp().visibleCommands(pfrunbook);
  if (name === undefined) return Object.fromEntries(commands.map((each) => [each.name(), each.description()]));
  const command = commands.find((each) => each.name() === name);
  if (!command) return {};
  const [runbook = '', cluster = ''] = before;
  const args = name === 'start' ? (catalogue[runbook]?.args ?? {}) : {};
  const last = before.at(-1) ?? '';
  if (args[last.replace(/^--/, '')]?.kind === 'node') return plain(nodesOf(cluster));
  if (command.options.some(({ long, required }) => required && long === last)) return {};
  if (typed.startsWith('-'))
    return {
      ...Object.fromEntries(Object.entries(args).map(([option, { words }]) => [`--${option}`, words])),
      ...Object.fromEntries(command.options.map(({ long, description }) => [long ?? '', description])),
      ...plain(offersOf(name).filter((word) => word.startsWith('-'))),
      '--help': '',
    };
  const given = before.filter((word) => !word.startsWith('-'));
  const argument = command.registeredArguments[given.length];
  return argument ? valuesOf(argument, name, given, typed) : {};
}

async function valuesOf(
  argument: Command['registeredArguments'][number],
  command: string,
  [first = '']: readonly string[],
  typed: string,
): Promise<Words> {
  if (argument.argChoices) return plain(argument.argChoices);
  switch (argument.name()) {
    case 'runbook':
      return Object.fromEntries(Object.entries(catalogue).map(([each, { words }]) => [each, words]));
    case 'cluster':
      return plain(clusterNames());
    case 'action':
      return plain(offersOf(command));
    case 'run':
      return {
        ...plain(clusterNames()),
        ...Object.fromEntries((await openRuns()).map(({ run, words }) => [run, words])),
        ...(typed.includes('/') && plain(runsLeft(typed.split('/')[0] ?? ''))),
      };
    case 'token':
      return Object.fromEntries(
        (await openRuns())
          .filter(({ run, token }) => token && (run === first || run.split('/')[0] === first))
          .map(({ run, token }) => [token, run]),
      );
    default:
      return {};
  }
}

const plain = (words: readonly string[]): Words => Object.fromEntries(words.map((word) => [word, '']));

const offersOf = (command: string): readonly string[] =>
  Object.entries(programs).flatMap(([name, { offers }]) => (name === command ? offers : []));

/** Those that left files on this machine, the newest first. */
const runsLeft = (cluster: string): readonly string[] =>
  foldersIn(runFolder(places().state, cluster))
    .toSorted()
    .reverse()
    .map((stamp) => `${cluster}/${stamp}`);

function nodesOf(cluster: string): readonly string[] {
  try {
    const text = readFileSync(`${clusterFolder(places(), cluster)}/cluster.conf`, 'utf8');
    return clusterConfFromText(text).servers.map(({ node }) => node);
  } catch {
    return []; // no such cluster yet
  }
}
