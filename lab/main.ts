/** `pfrunbook lab ...`: the practice cluster's own program. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, Command, CommanderError } from 'commander';
import { execa } from 'execa';
import { nothingTouched, untouched } from '../cluster/text.js';
import { knownHosts } from './access.js';
import { addBreak } from './break.js';
import { configure } from './configure.js';
import { down } from './down.js';
import { heal } from './heal.js';
import { profiles } from './image.js';
import { address, checkNodes, isZoned, loadLab } from './lab.js';
import { answersSsh, boot } from './machine.js';
import { labFolder } from './places.js';
import { onClient } from './routing.js';
import { BadInput, LabError } from './shell.js';
import { labStatus, statusWords } from './status.js';
import { reinstall, reset, type UpOptions, up } from './up.js';
import { verificationWords, verify } from './verify.js';
import { startWriter, stopWriter, writerStatus } from './writer.js';

const say = (words: string): void => console.error(words);
const print = (json: boolean, data: unknown, words: string): void =>
  console.log(json ? JSON.stringify(data, null, 2) : words);

const program = new Command('pfrunbook lab')
  .description(
    "a cluster in a box, to break and to mend: real systemd, MariaDB and Galera; PacketFence's own programs as stand-ins",
  )
  .exitOverride()
  .configureOutput(untouched)
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true })
  .option('--name <lab>', 'which lab', 'lab');

const name = (): string => program.opts<{ name: string }>().name;

program
  .command('up')
  .description('bring three nodes up (again: mend what is missing)')
  .option('--time-factor <number>', "PacketFence's own waits are multiplied by this; 1 is the real thing", Number, 0.1)
  .option('--profile <version>', "which version of PacketFence's programs", '14.0')
  .option('--blank', 'servers as just installed: no cluster, no configurator done')
  .option('--zones', 'five nodes in two zones, routed, with clients behind both')
  .action(
    async ({ zones: zoned, ...options }: Pick<UpOptions, 'timeFactor' | 'profile' | 'blank'> & { zones?: boolean }) => {
      if (!((options.timeFactor ?? 0) > 0)) throw new BadInput('--time-factor wants a number above 0');
      const known = await profiles();
      if (!known.includes(options.profile ?? ''))
        throw new BadInput(`--profile: there is ${known.join(', ')}; not ${options.profile}. Nothing was touched.`);
      console.log(statusWords(await up(name(), { ...options, ...(zoned && { zoned }), say })));
    },
  );

program
  .command('configure <node>')
  .description("play the person in front of PacketFence's configurator there, up to the services step")
  .option('--network-only', 'the network interfaces alone, as on servers that will join')
  .action(async (node: string, { networkOnly = false }: { networkOnly?: boolean }) => {
    const lab = await loadLab(name());
    checkNodes(lab, [node]);
    await configure(lab, node, { onlyNetwork: networkOnly });
    console.log(`${node}: the configurator is done${networkOnly ? ' with the network' : ', up to the services'}`);
  });

program
  .command('reinstall <node>')
  .description('replace a node by a server as just installed: another host key, an empty disk')
  .action(async (node: string) => {
    const lab = await loadLab(name());
    checkNodes(lab, [node]);
    await reinstall(lab, node, say);
    console.log(`${node} is a server as just installed, with another host key than the one in known_hosts`);
  });

program
  .command('down')
  .description('end the lab and remove everything of it, with its folder clusters/NAME and whatever you put there')
  .action(async () => {
    await down(name());
    console.log(`lab ${name()} is gone; nothing of it is left on this machine, nor of what was in clusters/${name()}`);
  });

program
  .command('status')
  .description('what the nodes look like from outside')
  .option('--json', 'as data')
  .action(async ({ json = false }: { json?: boolean }) => {
    const status = await labStatus(name());
    print(json, status, statusWords(status));
  });

program
  .command('reset')
  .description('fresh nodes over fresh disks')
  .action(async () => {
    console.log(statusWords(await reset(name(), say)));
  });

program
  .command('start <node>')
  .description('boot a node that is off')
  .action(async (node: string) => {
    const lab = await loadLab(name());
    checkNodes(lab, [node]);
    await boot(lab, node);
    await answersSsh(lab, node);
    console.log(`${node} is on`);
  });

program
  .command('ssh <node> [command...]')
  .description('a shell on a node, or a command there: lab ssh pf1 -- uptime')
  .action(async (node: string, command: string[]) => {
    const lab = await loadLab(name());
    checkNodes(lab, [node]);
    const known = join(labFolder(lab.name), 'known_hosts');
    await writeFile(known, await knownHosts(lab));
    const options = [
      '-i',
      join(labFolder(lab.name), 'id_ed25519'),
      '-o',
      `UserKnownHostsFile=${known}`,
      '-o',
      'LogLevel=ERROR',
    ];
    const { exitCode = 1 } = await execa('ssh', [...options, '-l', 'root', address(lab, node), ...command], {
      stdio: 'inherit',
      reject: false,
    });
    process.exitCode = exitCode;
  });

program
  .command('client <command...>')
  .description('run a command as a client behind the zones: lab client -- curl http://198.51.100.10')
  .action(async (command: string[]) => {
    const lab = await loadLab(name());
    if (!isZoned(lab)) throw new BadInput(`lab ${lab.name} has no zones, and no clients behind them`);
    const { code, stdout, stderr } = await onClient(lab, command);
    process.stdout.write(stdout === '' ? '' : `${stdout}\n`);
    process.stderr.write(stderr === '' ? '' : `${stderr}\n`);
    process.exitCode = code;
  });

addBreak(program, () => loadLab(name()));

program
  .command('heal')
  .description('join the networks, free the disks, boot the nodes that are off; lost data stays lost')
  .action(async () => {
    await heal(await loadLab(name()));
    console.log(`links and disks of lab ${name()} are as they were, and its nodes are on`);
  });

program
  .command('writer')
  .description('the writer inserts numbered rows through the VIP and notes those acknowledged')
  .addArgument(new Argument('<action>', 'status counts the rows so far').choices(['start', 'stop', 'status']))
  .option('--json', 'as data')
  .action(async (action: 'start' | 'stop' | 'status', { json = false }: { json?: boolean }) => {
    const lab = await loadLab(name());
    if (action === 'start') await startWriter(lab);
    if (action === 'stop') await stopWriter(lab);
    const status = await writerStatus(lab);
    const { running, acknowledged, unanswered } = status;
    print(
      json,
      status,
      `the writer ${running ? 'runs' : 'does not run'}: ${acknowledged} rows acknowledged, ${unanswered} sent and not answered`,
    );
  });

program
  .command('verify')
  .description("count what became of the writer's rows, and compare the nodes' tables (exit 1: not good)")
  .option('--json', 'as data')
  .action(async ({ json = false }: { json?: boolean }) => {
    const seen = await verify(await loadLab(name()));
    print(json, seen, verificationWords(seen));
    if (!seen.good) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof LabError) {
    console.error(`lab: ${error instanceof BadInput ? nothingTouched(error.message) : error.message}`);
    process.exitCode = error instanceof BadInput ? 2 : 1;
  } else throw error;
}
