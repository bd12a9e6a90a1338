/** What a server is given, by version and OS family; its files changed by a real shell in a folder of ours. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyClusterConf, installCopyTools, setSysctl } from '../../../cluster/commands/prepare.js';
import { dialectFor, newestDialect } from '../../../cluster/dialect.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-prepare-'));
  for (const part of ['usr/local/pf/conf', 'etc/sysctl.d']) mkdirSync(join(folder, part), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = 'hq/20261123-0312-7f3a';
function pfcmd(script: string): void {
  const file = join(folder, 'usr/local/pf/bin/pfcmd');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
/** `sysctl` remembers what it was told. */
function sh(text: string) {
  const here = text
    .replaceAll(/\/(?=(?:var|run|etc|usr\/local)\/)/g, `${folder}/`)
    .replaceAll(/(?:pf:pf|root:root)/g, `${process.getuid?.()}:${process.getgid?.()}`);
  const sysctl = `sysctl() { case $1 in -n) cat ${folder}/value ;; *) for last; do :; done; if [ -f "$last" ]; then sed 's/.*= *//' "$last"; else echo "\${last#*=}"; fi >${folder}/value ;; esac; }`;
  return execaSync('sh', ['-c', `${sysctl}\n${here}`], { reject: false }).exitCode;
}

test.each<[string, 'debian' | 'rhel', RegExp]>([
  [
    '9.1',
    'rhel',
    /percona-release[\s\S]*enabled = 0[\s\S]*install percona-xtrabackup socat --enablerepo=percona-release-x86_64/,
  ],
  ['9.1', 'debian', /percona-release_0\.1-4[\s\S]*install percona-xtrabackup-24 socat/],
  ['10.3', 'rhel', /^yum -q -y install MariaDB-backup socat$/],
  ['14.0', 'debian', /install mariadb-backup socat$/],
])('%s on %s copies with its own tools', (version, family, words) => {
  const dialect = dialectFor(version, family) ?? expect.fail();
  const { script, wanted } = installCopyTools('pf1', dialect);
  expect(script).toMatch(words);
  expect(wanted).toContain(`command -v ${dialect.sstMethod}`);
});

test('a setting is in force now and after a boot, and goes back', () => {
  writeFileSync(join(folder, 'value'), '0\n');
  const change = setSysctl('pf1', run, 'net.ipv4.ip_nonlocal_bind', '1', '0');
  const file = join(folder, 'etc/sysctl.d/99-zz-packetfence-net-ipv4-ip_nonlocal_bind.conf');
  expect([sh(change.wanted), sh(change.script), sh(change.wanted)]).toEqual([1, 0, 0]);
  expect(readFileSync(file, 'utf8')).toBe('net.ipv4.ip_nonlocal_bind = 1\n');
  expect([sh(change.inverse.script), sh(change.inverse.wanted), existsSync(file)]).toEqual([0, 0, false]);
});

test.each([
  ['[CLUSTER]\nmanagement_ip=192.0.2.10\n\n# note\n[pf1]\nmanagement_ip=192.0.2.11\n', 1],
  ['# as installed\n[CLUSTER]\nmanagement_ip=\n', 0],
])('cluster.conf %j is commented out where it says something, and put back', (text, before) => {
  const path = join(folder, 'usr/local/pf/conf/cluster.conf');
  rmSync(join(folder, 'var'), { recursive: true, force: true });
  writeFileSync(path, text);
  const reads = (code: number) => pfcmd(`cp ${path} ${folder}/read; exit ${code}`);
  const read = () => readFileSync(join(folder, 'read'), 'utf8');
  reads(0);
  const change = emptyClusterConf('pf1', newestDialect, run);
  expect(sh(change.wanted)).toBe(before);
  expect([sh(change.script), sh(change.wanted)]).toEqual([0, 0]);
  expect([readFileSync(path, 'utf8').replaceAll(/^#(?! )/gm, ''), read()]).toEqual([text, readFileSync(path, 'utf8')]);

  reads(1); // it fails: the file is as it was, and PacketFence goes by the other one
  expect(sh(change.inverse.script)).not.toBe(0);
  expect([readFileSync(path, 'utf8'), sh(change.inverse.wanted)]).toEqual([text, 1]);
  reads(0);
  expect([sh(change.inverse.script), sh(change.inverse.wanted), read()]).toEqual([0, 0, text]);
});
