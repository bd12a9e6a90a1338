/**
 * No value becomes a command: every change, made from names that a shell would run, is run by a real shell in which each
 * program is a word that does nothing, and each path lies in a folder of ours.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardText } from '../../../activities/guards.js';
import { clusterConfFromText } from '../../../cluster/cluster-conf.js';
import { checkClusterConf } from '../../../cluster/cluster-conf-check.js';
import {
  maskAutofix,
  maskCron,
  maskIptables,
  stopMonit,
  suspendUnitTimers,
} from '../../../cluster/commands/automation.js';
import { keepOut } from '../../../cluster/commands/barrier.js';
import {
  enableServices,
  generateMariadbConf,
  reloadConfiguration,
  restart,
  setDefaultTarget,
  syncAsMaster,
  syncFrom,
} from '../../../cluster/commands/configuration.js';
import {
  holdDatabase,
  releaseDatabase,
  restartAsMember,
  setDataAside,
  startMember,
  startNewCluster,
} from '../../../cluster/commands/database.js';
import { setKeys, writeFile } from '../../../cluster/commands/files.js';
import { addReplicationUser, noteSetUp, secureDatabase, startAlone } from '../../../cluster/commands/first-database.js';
import { restartKeepalived, setVrrp, stopKeepalived } from '../../../cluster/commands/keepalived.js';
import { emptyClusterConf, installCopyTools, reboot, setSysctl } from '../../../cluster/commands/prepare.js';
import { recoverPosition, sealAgain } from '../../../cluster/commands/recover-position.js';
import { renameInterfaces } from '../../../cluster/commands/rename.js';
import { restartServices, startEnabled, startServices } from '../../../cluster/commands/services.js';
import { newestDialect as dialect } from '../../../cluster/dialect.js';
import type { Renaming } from '../../../cluster/renaming.js';
import type { Change } from '../../../cluster/words.js';

/** Both ways, as it comes. */
const renaming = (node: string, from: string, to: string): Renaming => ({
  ...{
    node,
    by: from.length % 2 ? 'link files' : 'ifcfg files',
    moves: [{ mac: to, from, to }],
    vlans: [],
    systemd: 252,
    grubCfg: `/boot/${from}`,
  },
  files: [{ path: `/etc/ifcfg-${from}`, as: `/etc/ifcfg-${to}`, rule: 'words', mac: to }],
});

/** From a node's name, and other values. A new command has its line here. */
const commands: Readonly<Record<string, (node: string, value: string, other: string) => Change>> = {
  maskAutofix: (node) => maskAutofix(node, dialect, true),
  maskIptables: (node) => maskIptables(node, dialect, true),
  maskCron: (node) => maskCron(node, dialect, true),
  stopMonit: (node) => stopMonit(node, dialect),
  suspendUnitTimers: (node) => suspendUnitTimers(node, dialect),
  keepOut,
  holdDatabase: (node) => holdDatabase(node, dialect, true),
  releaseDatabase: (node) => releaseDatabase(node, dialect, true),
  startNewCluster: (node, run) => startNewCluster(node, dialect, run),
  setDataAside: (node, run, datadir) => setDataAside(node, dialect, run, datadir),
  startMember: (node) => startMember(node, dialect, 'IST'),
  restartAsMember: (node) => restartAsMember(node, dialect),
  sealAgain: (node, run) => sealAgain(node, dialect, run),
  recoverPosition: (node, run) => recoverPosition(node, dialect, run),
  installCopyTools: (node) => installCopyTools(node, dialect),
  setSysctl: (node, run, key) => setSysctl(node, run, key, '1', '0'),
  emptyClusterConf: (node, run) => emptyClusterConf(node, dialect, run),
  reboot,
  renameInterfaces: (node, from, to) => renameInterfaces(renaming(node, from, to), 'hq/20261123-0312-7f3a'),
  startServices: (node) => startServices(node, dialect),
  restartServices: (node) => restartServices(node, dialect),
  startEnabled: (node) => startEnabled(node, dialect),
  startAlone: (node) => startAlone(node, dialect),
  secureDatabase,
  addReplicationUser: (node, user) => addReplicationUser(node, { user, password: 'env:SECRET' }),
  noteSetUp: (node) => noteSetUp(node, false),
  syncFrom: (node, address, user) =>
    syncFrom(node, dialect, 'hq/20261123-0312-7f3a', { address, login: { user, password: 'env:SECRET' } }),
  syncAsMaster,
  reloadConfiguration: (node) => reloadConfiguration(node, dialect, { sameVersion: true }),
  restart: (node, run, unit) => restart(node, run, { units: [unit], ready: ':', words: 'ready' }),
  generateMariadbConf: (node, address, other) => generateMariadbConf(node, dialect, [address, other]),
  setDefaultTarget,
  enableServices: (node, run) => enableServices(node, dialect, run, 'first'),
  setVrrp: (node, run) => setVrrp(node, dialect, run, { secret: 'file:/secret', routerId: 51, unicast: true }),
  restartKeepalived: (node) => restartKeepalived(node, dialect),
  stopKeepalived: (node) => stopKeepalived(node, dialect),
  writeFile: (node, path, content) => writeFile(node, 'hq/20261123-0312-7f3a', path, content),
  setKeys: (node, path, value) => setKeys(node, 'hq/20261123-0312-7f3a', path, [{ section: value, key: value, value }]),
};

const act = ': >pwned'; // no program is needed for it
const hostile = [
  ...[
    `$(${act})`,
    `\`${act}\``,
    `'; ${act}; '`,
    `"; ${act}; "`,
    `\n${act}\n`,
    `& ${act} &`,
    `| ${act}`,
    `) ; ${act}; (`,
  ],
  ...[`\nPFRUNBOOK\n${act}\n`, `\nRULES\n${act}\n`, `'$(${act})'`, `"$(${act})"`, `\\'; ${act} #`, `}; ${act}; {`],
  ...['-rf', '--', '-n', "'", '"', '\\', '*', '~', '!', '#', ' ', '%s', 'pf1', 'é'],
];
const value = fc.array(fc.constantFrom(...hostile), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const programs =
  'systemctl mkdir chmod chown sync mv rm sed grep cat pgrep journalctl install mountpoint date du ls stat timeout cut tail head paste tr sh nft iptables ss mktemp dirname basename sort mariadbd my_print_defaults awk wc cp cmp sha256sum perl find xargs head';

/** Each text twice: every program ends well, or badly. A sleep ends the wait around it. */
const sandbox = (texts: readonly string[]): string => `PATH=/nonexistent; cd ${folder}
${programs
  .split(' ')
  .map((name) => `${name}() { return $code; }`)
  .join('\n')}
sleep() { n=0; }
${texts.flatMap((text) => [0, 1].map((code) => `code=${code}; (\n${text.replaceAll(/\/(?=(?:var|run|etc|usr)\/)/g, `${folder}/`)}\n) >/dev/null 2>&1 </dev/null`)).join('\n')}
echo all`;

/** What was made that should not be. */
async function madeBy(shell: string, texts: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await execa(shell, { input: sandbox(texts), reject: false, timeout: 60_000 });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('pwned'));
  return stdout === 'all' ? files : [...files, 'the shell did not get to the end'];
}

const textsOf = (change: Change): readonly string[] => [
  ...[change.requires ?? ':', change.script, change.wanted],
  ...(change.inverse
    ? [guardText({ cluster: 'c', run: 'c/r', what: 'owed', change, condition: change.title }, new Date(0))]
    : []),
  ...(change.inverse ? textsOf(change.inverse) : []),
];

describe.each(['sh', 'bash'])('in %s', (shell) => {
  test('a value that is not quoted would be seen', async () => {
    expect(await madeBy(shell, [`echo $(${act})`])).toEqual(['pwned']);
    rmSync(join(folder, 'pwned'));
  });

  test.each(Object.keys(commands))('%s runs nothing that its values hold', async (name) => {
    await fc.assert(
      fc.asyncProperty(value, value, value, async (...values) => {
        expect(await madeBy(shell, textsOf(commands[name]?.(...values) ?? expect.fail(name)))).toEqual([]);
      }),
      { numRuns: 6, examples: [[`'; ${act}; '`, `"$(${act})"`, `\nPFRUNBOOK\n${act}\n`]] },
    );
  });
});

test('every command is tried', async () => {
  const modules = readdirSync(new URL('../../../cluster/commands', import.meta.url)).filter((name) =>
    name.endsWith('.ts'),
  );
  const exported = await Promise.all(
    modules.map((name) => import(/* @vite-ignore */ `../../../cluster/commands/${name}`)),
  );
  const makers = exported
    .flatMap((module) => Object.entries<unknown>(module))
    .filter(([, made]) => typeof made === 'function' && made.length > 0 && /\bverb:/.test(String(made)))
    .map(([name]) => name);
  expect(makers.toSorted()).toEqual(Object.keys(commands).toSorted());
});

test('no such name gets past the check of cluster.conf', () => {
  fc.assert(
    fc.property(value, value, value, (node, port, address) => {
      const text = `[CLUSTER]\nmanagement_ip=192.0.2.10\n[${node}]\nmanagement_ip=${address}\n[${node} interface ${port}]\nip=192.0.2.11\n`;
      if (checkClusterConf(text).some(({ level }) => level === 'error')) return;
      for (const { node: name, managementIp, interfaces } of clusterConfFromText(text).servers) {
        expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9.-]*$/);
        expect(managementIp.text).toMatch(/^[0-9.]+$/);
        for (const one of interfaces) expect(one.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each(['192.0.2.11 $(id)', '192.0.2.11;id', '-oProxyCommand=id', '192.0.2.11\tx'])(
  'the address %j is refused',
  (address) => {
    const text = `[CLUSTER]\nmanagement_ip=192.0.2.10\n[pf1]\nmanagement_ip=${address}\n`;
    expect(checkClusterConf(text).filter(({ level }) => level === 'error')).not.toEqual([]);
  },
);
