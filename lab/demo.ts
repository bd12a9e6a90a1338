/**
 * `npm run demo`: the main job once, on a lab of three real nodes. Each command is shown and run as an operator would type it;
 * at the gate it asks, or answers by itself with --yes or without a terminal. Leaves the lab and the Web UI running.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm } from '@inquirer/prompts';
import { execa } from 'execa';
import { ink } from '../client/show/ink.js';
import { missing } from './prerequisites.js';

const { values: options } = parseArgs({
  options: { yes: { type: 'boolean', default: false }, name: { type: 'string', default: 'lab' } },
});
const unattended = options.yes || !process.stdin.isTTY;
const name = options.name;
const main = fileURLToPath(new URL(`../client/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));

if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  console.error(
    'The lab boots real systemd containers: it needs Linux and root. Nothing was touched. Try: sudo npm run demo',
  );
  process.exit(2);
}

const lab = ['lab', '--name', name];
await agreeToInstall();
const begun = Date.now();

say(
  'Three nodes with real systemd, sshd, MariaDB Galera, keepalived and HAProxy. The first time, their image is built.',
);
await type([...lab, 'up']);
say('A client writes numbered rows through the virtual address, and notes each one that was acknowledged.');
await type([...lab, 'writer', 'start']);
await passing(8_000);
say('Now the power of all three fails. What was not on disk is gone, and pf3 comes back with a torn view file.');
await type([...lab, 'break', 'power-cut', '--torn-view', 'pf3']);
await passing(15_000);
say('Fifteen seconds later the nodes still wait for each other. What does the tool see?');
await type(['diagnose', name], [1]);
say('It recommends a full recovery. It will stop at a gate, and ask which node’s data is kept.');
await type(['start', 'full-recovery', name, ...(unattended ? ['--yes'] : [])]);
say('The report, and the rows counted:');
await type(['report', name]);
await type([...lab, 'writer', 'stop']);
await type([...lab, 'verify']);
await type(['status']);
say(`Done in ${Math.round((Date.now() - begun) / 1000)} s. The lab and the Web UI go on running. To go on:

  npx pfrunbook diagnose ${name}                     look again
  npx pfrunbook ${lab.join(' ')} break split-brain    break it otherwise (pfrunbook lab --help)
  npx pfrunbook --help                             everything else

To remove everything:

  npx pfrunbook ${lab.join(' ')} down                 the nodes, their network and their disks
  npx pfrunbook down                               Temporal and the worker
  rm -rf /var/cache/pfrunbook-lab /var/lib/pfrunbook-server   the built image; reports and histories of runs`);

/** `lab up` installs what this machine lacks; at a terminal it is asked first. */
async function agreeToInstall(): Promise<void> {
  const { packages } = await missing();
  if (packages.length === 0 || unattended) return;
  const agreed = await confirm({
    message: `The lab needs packages that this machine lacks: ${packages.join(', ')}. Install them with apt-get?`,
  });
  if (agreed) return;
  console.error('Nothing was touched.');
  process.exit(2);
}

/** Shows the command as it would be typed, and runs it. Any exit code but 0 or `allowed` ends the demo with it. */
async function type(args: readonly string[], allowed: readonly number[] = []): Promise<void> {
  console.log(ink.bold(ink.cyan(`\n$ pfrunbook ${args.join(' ')}`)));
  const { exitCode } = await execa(process.execPath, [...process.execArgv, main, ...args], {
    stdio: 'inherit',
    reject: false,
  });
  if (exitCode === 0 || allowed.includes(exitCode ?? -1)) return;
  console.error(
    `\nThe command ended with ${exitCode}. The lab is left as it is; look at it with: npx pfrunbook ${lab.join(' ')} status`,
  );
  process.exit(exitCode ?? 1);
}

function say(words: string): void {
  console.log(`\n${words}`);
}

/** Time that passes in the story: writes before the cut, and the wait of an operator who hopes. */
function passing(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
