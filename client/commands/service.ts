/** `pfrunbook service install`: `pfrunbook up` as a systemd unit, for a single host. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { programCommand } from '../program.js';
import { ownHome, places } from '../settings.js';

const name = 'pfrunbook.service';
const file = `/etc/systemd/system/${name}`;
/** Read by the unit, and by docker-compose.yml: variables that hold secrets, in no other file. */
const environmentFile = '/etc/pfrunbook/environment';

export async function install({ print = false }: { print?: boolean }): Promise<ExitCode> {
  const text = unit();
  if (print) {
    process.stdout.write(text);
    return exits.done;
  }
  if (process.getuid?.() !== 0)
    throw new Mistake(
      `Only root can write ${file}. Nothing was written. As root: pfrunbook service install. To see the unit: pfrunbook service install --print`,
    );
  const before = await readFile(file, 'utf8').catch(() => undefined);
  await writeFile(file, text, { mode: 0o644 }).catch((error: unknown) => {
    throw new Mistake(`${file} could not be written (${error instanceof Error ? error.message : String(error)}).`);
  });
  console.log(
    [
      `${before === text ? 'Unchanged' : before ? 'Replaced' : 'Written'}: ${file}`,
      'Next:',
      '  systemctl daemon-reload',
      '  pfrunbook down                           # what was brought up by hand; open runs go on under the unit',
      `  systemctl enable --now ${name} # now, and after every reboot`,
      '  pfrunbook status',
      `Variables that access.ini names (env:NAME), and TEMPORAL_ADDRESS where Temporal is not embedded: NAME=value lines in ${environmentFile}, mode 0600.`,
      'A service has no SSH agent: name an identity in access.ini. Run this again after each update of pfrunbook or Node.',
    ].join('\n'),
  );
  return exits.done;
}

/** The other way round: the unit's server and worker end first. What runs on the nodes is never touched by that. */
export async function uninstall(): Promise<ExitCode> {
  if (process.getuid?.() !== 0)
    throw new Mistake(`Only root can remove ${file}. Nothing was done. As root: pfrunbook service uninstall`);
  if (!existsSync(file))
    throw new Mistake(`There is no ${file}: nothing was done. What runs without it: pfrunbook status`);
  const systemctl = (...args: readonly string[]) => execa('systemctl', args, { reject: false, all: true });
  const stopped = await systemctl('disable', '--now', name);
  if (stopped.exitCode !== 0)
    throw new Mistake(`systemctl disable --now ${name} said: ${stopped.all?.trim()}. Nothing was removed.`);
  await rm(file);
  await systemctl('daemon-reload');
  console.log(
    `Removed: ${file}\nOpen runs are kept in ${places().state}, and stand still until the next pfrunbook up.`,
  );
  return exits.done;
}

/** The unit is enabled: a reboot of this machine does not leave runs frozen. */
export async function comesUpByItself(): Promise<boolean> {
  const { stdout } = await execa('systemctl', ['is-enabled', name], { reject: false, timeout: 5_000 });
  return stdout === 'enabled';
}

/**
 * mixed: only the supervisor is told to end, and ends the worker first, then the server. What runs on the nodes is
 * never touched by that.
 */
export function unit(): string {
  const home = ownHome();
  return `# Written by \`pfrunbook service install\`. Changes of your own: systemctl edit pfrunbook
[Unit]
Description=pfrunbook: Temporal and the worker of PacketFence cluster procedures
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programCommand('client/main', ['up', '--foreground']).map(quoted).join(' ')}
${home ? `Environment=${quoted(`PFRUNBOOK_HOME=${home}`)}\n` : ''}EnvironmentFile=-${environmentFile}
UMask=0077
KillMode=mixed
TimeoutStopSec=60
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;
}

/** As systemd.syntax(7) and systemd.service(5) want it: % and $ would be filled in. */
function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(word) ? `"${escaped}"` : escaped;
}
