/** The commands, as values; each one's code is loaded when it is named. Failures become words and exit codes here only. */
import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { nothingTouched, untouched } from '../cluster/text.js';
import { catalogue, valueWords } from '../workflows/catalogue.js';
import { type ExitCode, exits, Mistake } from './exit.js';
import { become, programs } from './programs.js';

type Ends = Promise<ExitCode | number>;

export async function cli(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(askedForHelp(argv));
  } catch (error) {
    process.exitCode = tell(error);
  }
}

/** Of a program's options only the program knows: `help lab up` is `lab up --help`. */
export function askedForHelp(argv: readonly string[]): readonly string[] {
  const [node = '', file = '', help, name = '', ...more] = argv;
  return help === 'help' && Object.hasOwn(programs, name) ? [node, file, name, ...more, '--help'] : argv;
}

/** Whatever went wrong, in words on stderr. */
function tell(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exits.done : exits.mistake; // it has said why
  if (error instanceof Mistake) {
    console.error(nothingTouched(error.message));
    return exits.mistake;
  }
  console.error(
    error instanceof Error ? (process.env.DEBUG ? error.stack : `${error.name}: ${error.message}`) : String(error),
  );
  return exits.failed;
}

/** What an action returns is how the command ends. */
const ending =
  <A extends unknown[]>(act: (...args: A) => Ends) =>
  async (...args: A): Promise<void> => {
    process.exitCode = await act(...args);
  };

export function program(): Command {
  const pfrunbook = new Command('pfrunbook')
    .description('PacketFence cluster procedures that survive what they repair.')
    .version(packageVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput(untouched)
    .showHelpAfterError('(pfrunbook --help)')
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${argumentsOf(command)}`.trimEnd() })
    .addHelpText(
      'after',
      `\nRUN is a cluster (hq: its open run, else its last) or one of its runs
(hq/20261123-0312-7f3a). Exit codes: 0 done, 1 failed, 2 bad input or no server
(nothing touched), 3 waits for a decision, 4 goes on without us.`,
    );
  const json = ['--json', 'print JSON (docs/cli.md)'] as const;
  const by = ['--by <name>', 'who decides; you, or whose key signs, unless told'] as const;
  const key = ['--key <file>', 'signs with this SSH key, where a signature is needed; else the agent does'] as const;

  pfrunbook.commandsGroup('Runs:');
  pfrunbook
    .command('start [runbook] [cluster]') // what is missing is said with everything else that is wrong
    .usage('<runbook> <cluster> [options]')
    .description('start a runbook on a cluster and follow it')
    .option('--detach', 'leave at once; come back with watch')
    .option(
      '--take-over <run>',
      'end that run where it waits, or take its lock where it is gone for good; its guards go over',
    )
    .option('--reason <words>', 'why it is taken over; goes into both reports')
    .option('--yes', 'without a terminal: give each question its go-on answer, where it has one')
    .option(
      '--plan [hash]',
      'print what would be done, start nothing; with a hash: start only if that is still the plan',
    )
    .option(...json)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', runbooks)
    .action(
      ending(async (_runbook, _cluster, options, command: Command) =>
        (await import('./commands/start.js')).start(command.args, options),
      ),
    );
  pfrunbook
    .command('watch <run>')
    .description('follow a run; on a terminal, answer its questions')
    .option('--yes', 'without a terminal: give each question its go-on answer, where it has one')
    .option(...json)
    .action(ending(async (run, options) => (await import('./commands/watch.js')).watch(run, options)));
  pfrunbook
    .command('show <run>')
    .description('the whole run as it stands, and its open question')
    .option(...json)
    .action(ending(async (run, options) => (await import('./commands/show.js')).show(run, options)));
  pfrunbook
    .command('list')
    .description('the runs, newest first')
    .option('--waiting', 'only those that wait for a decision')
    .option(...json)
    .action(ending(async (options) => (await import('./commands/list.js')).list(options)));
  pfrunbook
    .command('report <run>')
    .description('how a run went: decisions, steps, times; kept for years')
    .option(...json)
    .action(ending(async (run, options) => (await import('./commands/report.js')).report(run, options)));
  pfrunbook
    .command('handoff <run>')
    .description(
      'what is left of a run, as Markdown, for people to do by hand: commands, checks, what is owed and held',
    )
    .option(...json)
    .action(ending(async (run, options) => (await import('./commands/handoff.js')).handoff(run, options)));
  pfrunbook
    .command('history <cluster>')
    .description(
      'the runs of a cluster that were: how each ended, what was kept, what is owed, what stays as it is, where its report is',
    )
    .option('--limit <n>', 'how many, newest first', wholeNumber, 20)
    .option(...json)
    .action(ending(async (cluster, options) => (await import('./commands/history.js')).history(cluster, options)));

  pfrunbook.commandsGroup('Decisions:');
  pfrunbook
    .command('decide <run> <token> <choice>')
    .description('answer the open question; `show` prints its token and choices')
    .option('--reason <words>', 'goes into the report; to skip a step needs one')
    .option(...by)
    .option(...key)
    .option(...json)
    .action(
      ending(async (run, token, choice, options) =>
        (await import('./commands/decide.js')).decide(run, token, choice, options),
      ),
    );
  pfrunbook
    .command('approve <run> [token]') // without it, the open question's is told
    .usage('<run> <token> [options]')
    .description('give the open question its go-on answer')
    .option(...by)
    .option(...key)
    .option(...json)
    .action(ending(async (run, token, options) => (await import('./commands/decide.js')).approve(run, token, options)));
  pfrunbook
    .command('abort <run>')
    .description('stop at the next safe boundary, and take back what can be')
    .option('--reason <words>', 'goes into the report')
    .option(...json)
    .action(ending(async (run, options) => (await import('./commands/steer.js')).abort(run, options)));
  for (const name of ['pause', 'resume'] as const) {
    pfrunbook
      .command(`${name} <run>`)
      .description(name === 'pause' ? 'wait at the next safe boundary' : 'go on after a pause')
      .option(...json)
      .action(ending(async (run, options) => (await import('./commands/steer.js'))[name](run, options)));
  }

  pfrunbook.commandsGroup('Without Temporal:');
  for (const [name, { path, takes, words }] of Object.entries(programs)) {
    pfrunbook
      .command(`${name} [${takes.slice(1, -1)}] [args...]`) // the program itself says what is missing
      .usage(`${takes} [options]`)
      .description(words)
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (...given) => {
        const command = given.at(-1);
        await become(path, command instanceof Command ? command.args : []);
      });
  }

  pfrunbook.commandsGroup('Server and worker on this machine:');
  pfrunbook
    .command('up')
    .description('run the embedded Temporal and the worker; `start` does it by itself')
    .option('--foreground', 'stay in this terminal (for systemd)')
    .action(ending(async (options) => (await import('./commands/up.js')).up(options)));
  pfrunbook
    .command('worker')
    .description('run the worker alone, in this terminal, beside a Temporal of your own (docs/team-server.md)')
    .action(ending(async () => (await import('./commands/worker.js')).worker()));
  pfrunbook
    .command('down')
    .description('end both; open runs are kept, and go on at the next up')
    .action(ending(async () => (await import('./commands/down.js')).down()));
  pfrunbook
    .command('status')
    .description('what runs here, and which runs wait')
    .option(...json)
    .action(ending(async (options) => (await import('./commands/status.js')).status(options)));
  const service = pfrunbook.command('service').description('have systemd keep it up, also after a reboot');
  service
    .command('install')
    .description('write the unit of `pfrunbook up`, and say how to start it')
    .option('--print', 'print the unit, write nothing')
    .action(ending(async (options) => (await import('./commands/service.js')).install(options)));
  service
    .command('uninstall')
    .description('end it, and remove the unit; open runs are kept, and stand still')
    .action(ending(async () => (await import('./commands/service.js')).uninstall()));

  pfrunbook.commandsGroup('The shell:');
  pfrunbook
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', howToComplete)
    .action(ending(async (shell) => (await import('./commands/completion.js')).completion(shell)));
  pfrunbook
    .command('complete [words...]', { hidden: true })
    .helpOption(false)
    .action(ending(async (words) => (await import('./commands/complete.js')).complete(pfrunbook, words)));
  for (const [name, example] of Object.entries(examples)) {
    const command = pfrunbook.commands.find((one) => one.name() === name);
    command?.showHelpAfterError(`Usage: pfrunbook ${name} ${command.usage()}\n  pfrunbook ${example}`);
    command?.addHelpText('after', `\nExample:\n  pfrunbook ${example}`);
  }
  return pfrunbook;
}

/** How each is typed: shown by its help, and where something is missing or too much. */
const examples = {
  watch: 'watch hq',
  show: 'show hq',
  list: 'list --waiting',
  report: 'report hq',
  history: 'history hq --limit 5',
  decide: 'decide hq keep-1-3fa91c pf1',
  approve: 'approve hq keep-1-3fa91c',
  abort: 'abort hq --reason "the wrong cluster"',
  pause: 'pause hq',
  resume: 'resume hq',
  up: 'up',
  down: 'down',
  status: 'status',
  service: 'service install --print',
  completion: 'completion bash',
} as const;

/** "<run> <token>": every command has options, and its own help tells them. */
const argumentsOf = (command: Command): string =>
  command
    .usage()
    .replace(/ ?\[options\] ?/, '')
    .replace('[command]', '<command>');

function wholeNumber(word: string): number {
  if (!/^[1-9]\d{0,4}$/.test(word)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(word);
}

const howToComplete = `
  bash  pfrunbook completion bash >/etc/bash_completion.d/pfrunbook     or, for yourself: source <(pfrunbook completion bash)
  zsh   pfrunbook completion zsh >"\${fpath[1]}/_pfrunbook"
  fish  pfrunbook completion fish >~/.config/fish/completions/pfrunbook.fish`;

const runbooks = (): string =>
  Object.entries(catalogue)
    .flatMap(([name, { words, guide, args }]) => [
      `\n  ${name}  ${words} (guide ${guide})`,
      ...Object.entries(args).map(([option, { kind, words: what }]) => `    --${option}${valueWords[kind]}  ${what}`),
    ])
    .join('\n');

/** package.json stands one folder up in the sources, two in dist/. */
function packageVersion(): string {
  const up = import.meta.url.endsWith('.ts') ? '..' : '../..';
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8'),
  );
  return version;
}
