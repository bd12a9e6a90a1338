/** Whether a keepalived runs by what pf.conf says, asked by a real shell in a folder of ours, of a process that is no keepalived. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restartKeepalived } from '../../../cluster/commands/keepalived.js';
import { newestDialect as dialect } from '../../../cluster/dialect.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfrunbook-keepalived-'));
  for (const part of ['conf', 'var/conf']) mkdirSync(join(folder, part), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const defaults = '[active_active]\npassword=1234\nvirtual_router_id=50\nvrrp_unicast=disabled\n';
const instance = (secret: string, router: number, unicast = '') =>
  `vrrp_instance 192.0.2.11 {\n  virtual_router_id ${router}\n${unicast}  authentication {\n    auth_type PASS\n    auth_pass ${secret}\n  }\n}\n`;
const peers = '  unicast_src_ip 192.0.2.11\n  unicast_peer {\n    192.0.2.12\n  }\n';
const now = Date.now() / 1000;

/** systemd says that this very process is keepalived. */
function runsByIt(pfConf: string, generated: string, writtenAt = now - 3600): boolean {
  const files = { 'conf/pf.conf.defaults': defaults, 'conf/pf.conf': pfConf, 'var/conf/keepalived.conf': generated };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  utimesSync(join(folder, 'var/conf/keepalived.conf'), writtenAt, writtenAt);
  const { wanted } = restartKeepalived('pf1', dialect);
  const script = `systemctl() { [ "$1" != show ] || echo ${process.pid}; }\n${wanted.replaceAll('/usr/local/pf', folder)}`;
  const { exitCode, stderr } = execaSync('sh', ['-c', script], { reject: false });
  expect(stderr).toBe('');
  return exitCode === 0;
}

test.each<[string, boolean, string, string]>([
  ['the defaults', true, '', instance('1234', 50)],
  ['another key', false, '[active_active]\npassword=abcdefgh\n', instance('1234', 50)],
  ['only eight characters of it', true, '[active_active]\npassword=abcdefghXY\n', instance('abcdefghij', 50)],
  ['another router', false, '[active_active]\nvirtual_router_id=51\n', instance('1234', 50)],
  ['a key of another section', true, '[webservices]\npassword=x\n', instance('1234', 50)],
  ['unicast asked, and not there', false, '[active_active]\nvrrp_unicast=enabled\n', instance('1234', 50)],
  ['unicast asked, and there', true, '[active_active]\nvrrp_unicast=enabled\n', instance('1234', 50, peers)],
  ['unicast there, and not asked', false, '', instance('1234', 50, peers)],
  ['one of two instances by another key', false, '', instance('1234', 50) + instance('4321', 50)],
  ['no instance', false, '', 'global_defs {\n}\n'],
])('%s: %s', (_, expected, pfConf, generated) => {
  expect(runsByIt(pfConf, generated)).toBe(expected);
});

test('what was generated after the start is not what it runs by', () => {
  expect(runsByIt('', instance('1234', 50), now + 3600)).toBe(false);
});
