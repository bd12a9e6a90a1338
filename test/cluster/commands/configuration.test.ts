/** What PacketFence's programs say decides, not how they end: their words, from the original, come from programs of ours. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeEach, expect, test } from 'vitest';
import {
  enableServices,
  readAgain,
  reloadConfiguration,
  syncAsMaster,
  syncFrom,
} from '../../../cluster/commands/configuration.js';
import { newestDialect as dialect, dialectFor } from '../../../cluster/dialect.js';
import type { Change } from '../../../cluster/words.js';

const folders: string[] = [];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-configuration-'));
  folders.push(folder);
  for (const name of ['conf/pf.conf', 'var/conf/config_version', 'run/none']) put(`usr/local/pf/${name}`, '1790000000');
  put('run/none', '');
  program('bin/pfcmd', 'exit 0');
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true });
});

const at = (path: string) => join(folder, path);
function put(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}
function program(path: string, text: string): void {
  put(`usr/local/pf/${path}`, `#!/bin/sh\n${here(text)}\n`);
  chmodSync(at(`usr/local/pf/${path}`), 0o755);
}
/** Every path of a node lies in the folder. */
const here = (text: string) => text.replaceAll(/(?<![\w/])\/(?=(?:usr|var|run)\/)/g, `${folder}/`);
const sh = (text: string) =>
  execaSync('sh', ['-ec', here(text)], { reject: false, env: { PF_API_PASSWORD: "it's" }, timeout: 60_000 });
const done = (change: Change) => sh(change.wanted).exitCode === 0;

const run = 'hq/20261123-0312-7f3a';
const login = { user: 'packet', password: 'env:SECRET' };
const take = () => syncFrom('pf3', dialect, run, { address: '192.0.2.11', login });
const version = '/usr/local/pf/var/conf/config_version';
const well = `echo "INFO : Synching this server from node 192.0.2.11 "
echo "INFO : Synching file : /usr/local/pf/conf/pf.conf "; echo "chown: warning: '.' should be ':': 'pf.pf'" >&2`;
const error = (words: string) => `echo "ERROR : Failed to sync file : ${words}"; echo " "`;

test('a sync that went well leaves the checksums of what came, and is done while they hold', () => {
  program('bin/cluster/sync', `echo "$*" >${'/run/args'}\n${well}\necho "INFO : Synching file : ${version} "`);
  expect(done(take())).toBe(false);
  expect(sh(take().script)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(readFileSync(at('run/args'), 'utf8')).toBe("--from=192.0.2.11 --api-user=packet --api-password=it's\n");
  expect(done(take())).toBe(true);
  put('usr/local/pf/conf/pf.conf', 'edited meanwhile');
  expect(done(take())).toBe(false);
});

test.each<[string, string, RegExp]>([
  [
    'one file of many failed',
    error("/x . Config file /x doesn't exist at api.pm line 732."),
    /ERROR : Failed to sync file : \/x/,
  ],
  ['the password is wrong', error('/x . malformed JSON string, neither tag, array'), /401 or 500/],
  [
    'the configuration service is down',
    'echo "ERROR : [1790000000] Failed to connect to config service"',
    /config service/,
  ],
  [
    'a store failed, on stderr',
    'echo "ERROR !!! Failed to sync store : pf::ConfigStore::Pf (x)" >&2',
    /Failed to sync store/,
  ],
  ['it died', 'echo "Compilation failed" >&2; exit 255', /Compilation failed|INFO/],
])('is not believed to have ended well where %s', (_, words, said) => {
  program('bin/cluster/sync', `${well}\n${words}`);
  const { exitCode, stdout } = sh(take().script);
  expect([exitCode, stdout]).toEqual([1, expect.stringMatching(said)]);
  expect(done(take())).toBe(false);
});

test('nor where it says nothing at all, or only that it was told nothing', () => {
  program('bin/cluster/sync', 'exit 0');
  expect(sh(take().script).exitCode).toBe(1);
});

test('a cluster without a version of its configuration is the one complaint that is expected', () => {
  const noVersion = `${version} . Config file ${version} doesn't exist at /usr/local/pf/lib/pf/api.pm line 713.`;
  program('bin/cluster/sync', `${well}\necho "INFO : Synching file : ${version} "\n${error(noVersion)}`);
  rmSync(at(version.slice(1)));
  expect(sh(take().script)).toMatchObject({ exitCode: 0 });
  expect(done(take())).toBe(true);
  program('bin/cluster/sync', `${well}\n${error(noVersion)}\n${error('/x . no')}`);
  expect(sh(take().script)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('/x . no') });
});

test('it is ended at its first complaint: each of sixty files would wait for more than two minutes', () => {
  program('bin/cluster/sync', `${well}\n${error('/x . 28 Timeout was reached')}\nexec sleep 3600`);
  expect(sh(take().script)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Timeout was reached') });
});

test('what was given to all is given no longer once a file is newer', () => {
  program('bin/cluster/sync', 'echo "INFO : Synching cluster with this node as the configuration master "');
  const give = syncAsMaster('pf1', run);
  expect(sh(give.script)).toMatchObject({ exitCode: 0 });
  expect(done(give)).toBe(true);
  sh('sleep 0.02; echo new >/usr/local/pf/conf/pf.conf');
  expect(done(give)).toBe(false);
});

test.each([
  ['nothing', '', 0],
  ['that the database is away', 'echo "Could not write namespace config::Pf to L2 cache !" >&2', 0],
  ['that a file is garbage', 'echo "cannot create a tied pf::IniFiles (x)" >&2; exit 255', 1],
  ['that its module cannot load, and ends well', 'echo "module pf::cmd::pf::configreload cannot be loaded"', 1],
])('a reload that says %s', (_, words, code) => {
  program('bin/pfcmd', `echo 1790009999 >${version}\n${words}`);
  const reload = reloadConfiguration('pf3', dialect, { sameVersion: true });
  expect(sh(reload.script).exitCode).toBe(code);
  expect(done(reload)).toBe(code === 0);
  expect(readFileSync(at(version.slice(1)), 'utf8')).toBe('1790000000'); // of what came there is nothing new
});

test('a node that goes down within its reload still keeps the version that came, and a later one is not put back', () => {
  const reload = reloadConfiguration('pf3', dialect, { sameVersion: true });
  program('bin/pfcmd', `echo 1790009999 >${version}; kill -9 $(ps -o ppid= -p $PPID)`);
  expect(sh(reload.script).exitCode).not.toBe(0);
  expect(readFileSync(at(version.slice(1)), 'utf8')).toBe('1790009999\n');
  program('bin/pfcmd', `echo 1790010000 >${version}`);
  expect(sh(reload.script).exitCode).toBe(0);
  expect(readFileSync(at(version.slice(1)), 'utf8')).toBe('1790000000');

  rmSync(at(version.slice(1))); // nobody has synced a configuration yet: nor has this node
  expect(sh(reload.script).exitCode).toBe(0);
  expect(existsSync(at(version.slice(1)))).toBe(false);

  put(version.slice(1), '1790000000');
  put('var/lib/pfrunbook/version-before-reload', '1700000000');
  sh('sleep 0.02; echo edited >/usr/local/pf/conf/pf.conf');
  expect(sh(reload.script).exitCode).toBe(0);
  expect(readFileSync(at(version.slice(1)), 'utf8')).toBe('1790000000');
});

test.each(['7.4', '9.1'])('what runs already is enabled too, where the start of %s leaves it as it is', (profile) => {
  const old = dialectFor(profile, 'debian');
  if (!old) throw new Error(`${profile} is not in the table`);
  const enable = enableServices('pf3', old, run, 'first');
  const systemctl = `systemctl() { case $1 in enable) echo $3 >>/run/enabled ;; is-enabled) grep -qx $3 /run/enabled ;; esac; }`;
  expect(sh(`${systemctl}\n${enable.script}`).exitCode).toBe(0);
  expect(sh(`${systemctl}\n${enable.wanted}`).exitCode).toBe(0);
});

test('a file that is put back is not taken for read again: a connection may be lost between the two', () => {
  const inverse = { verb: 'restoreFile', node: 'pf1', title: 'Put it back', script: 'echo put', wanted: ':' };
  const reload = { verb: 'reload', node: 'pf1', title: 'Read it', script: 'echo read', wanted: '[ "$READ" = yes ]' };
  const change = readAgain(
    { verb: 'writeFile', node: 'pf1', title: 'Write', script: ':', wanted: ':', inverse },
    reload,
  );
  const isBack = (READ: string) =>
    execaSync('sh', ['-c', change.inverse.wanted], { env: { READ }, reject: false }).exitCode;
  expect([isBack('no'), isBack('yes')]).toEqual([1, 0]);
  expect(change.inverse.script.split('\n')).toEqual(['rm -f /run/pfrunbook/reloaded', 'echo put', 'echo read']);
});
