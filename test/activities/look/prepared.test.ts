/** Two looks ask whether a server is prepared, one before prepare-nodes and one before setting up and joining: they must not contradict each other. */
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { installedFromText } from '../../../activities/look/installed.js';
import { serverFromText } from '../../../activities/look/server.js';
import { lacking } from '../../../cluster/installed.js';

const script = (name: string) =>
  ['prepared', name]
    .map((one) => readFileSync(new URL(`../../../activities/look/${one}.sh`, import.meta.url), 'utf8'))
    .join('');
const needed = ['awk', 'base64', 'cat', 'grep', 'head', 'ip', 'perl', 'sed', 'sh', 'tail'];

/** What both say of a machine with these programs, where the kernel binds foreign addresses or not, and with this pf.conf. */
async function said(tools: readonly string[], binds: '0' | '1', pfConf = '') {
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-prepared-'));
  const add = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  };
  try {
    for (const name of needed) await symlink((await execa('which', [name])).stdout, join(folder, name));
    for (const name of tools) await add(name, ':');
    await add('sysctl', `echo ${binds}`);
    await writeFile(join(folder, 'pf.conf'), pfConf);
    const options = { input: '', env: { PATH: folder }, extendEnv: false, reject: false };
    const [server, installed] = await Promise.all(
      [`peers=; ports=\n${script('server')}`, script('installed')].map((text) =>
        execa('/bin/sh', ['-c', text.replaceAll('/usr/local/pf/conf/pf.conf', `${folder}/pf.conf`)], options).then(
          ({ stdout }) => stdout,
        ),
      ),
    );
    return {
      server: serverFromText('pf1', server ?? '', ''),
      installed: installedFromText('pf1', installed ?? '', undefined),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  [[], '1'],
  [['socat'], '1'],
  [['socat', 'mariabackup'], '0'],
  [['socat', 'mariabackup'], '1'],
  [['socat', 'xtrabackup'], '1'],
  [['mariadb-backup', 'mariabackup', 'xtrabackup'], '1'],
] as const)('%j, %s', async (tools, binds) => {
  const { server, installed } = await said(tools, binds);
  for (const sstMethod of ['mariabackup', 'xtrabackup'] as const) {
    const lacks = lacking(installed, { sstMethod });
    expect(lacks.includes('socat')).toBe(!server.hasSocat);
    expect(lacks.includes(sstMethod)).toBe(!server.hasCopyTool[sstMethod]);
    expect(lacks.includes('net.ipv4.ip_nonlocal_bind')).toBe(!(server.nonlocalBind.now && server.nonlocalBind.kept));
  }
  expect(server.hasSocat).toBe((tools as readonly string[]).includes('socat'));
});

test.each([
  ['[database]\npass=x\nhost = db1.example.com\n[alerting]\nhost=mail1\n', 'db1.example.com'],
  ['[general]\nhost=pf1\n', ''],
  ['[database]\nhost = 100.64.0.1 \t\r\n', '100.64.0.1'], // as PacketFence reads it: an external one would be refused
] as const)('both say which database PacketFence uses', async (pfConf, host) => {
  const { server, installed } = await said([], '1', pfConf);
  expect([server.databaseHost, installed.databaseHost]).toEqual([host, host]);
});
