/** TAB in real shells, with the real server behind it: its open run is offered, with the token of its question. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { programs } from '../../client/programs.js';
import { supervisorFiles } from '../../cluster/places.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { addressOf, choosePorts, ready, serverCommand, uiOf } from '../../worker/temporal/server.js';
import { attributes } from '../../workflows/messages.js';
import { newHome } from '../worker/fixtures/home.js';

const home = newHome('hq');
const state = join(home, 'state');
const run = 'hq/20261123-0312-7f3a';
const token = 'keep-1-0503f1';
const env = { PFRUNBOOK_HOME: home, PATH: `${home}/bin:${process.env.PATH}` };
let server: ChildProcess;

beforeAll(async () => {
  mkdirSync(join(home, 'bin'));
  const main = join(inject('built'), 'dist/client/main.js');
  writeFileSync(join(home, 'bin/pfrunbook'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  chmodSync(join(home, 'bin/pfrunbook'), 0o755);
  const { stdout } = await execa('pfrunbook', ['completion', 'bash'], { env });
  writeFileSync(join(home, 'completion.bash'), stdout);

  mkdirSync(join(state, 'runs/hq/20261122-2200-05f7'), { recursive: true });
  const base = 20_000 + (process.pid % 10_000); // other tests, beside this one, choose the usual ones
  const ports = await choosePorts({ port: base, ui: base + 10_000 });
  const { file, args } = serverCommand(await findTemporal(), state, ports);
  server = spawn(file, args, { stdio: 'ignore' });
  await ready(await findTemporal(), ports);
  writeFileSync(supervisorFiles(state).status, JSON.stringify({ ui: uiOf(ports), namespace: 'default' }));
  const connection = await Connection.connect({ address: addressOf(ports) });
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
  const client = new Client({ connection });
  await client.workflow.start('waits', {
    ...{ workflowId: 'cluster:hq', taskQueue: 'nobody', memo: { run, runbook: 'full-recovery' } },
    typedSearchAttributes: [keyword(attributes.waitingFor, token)],
  });
  await client.workflow.start('hostile', {
    ...{ workflowId: 'cluster:x', taskQueue: 'nobody', memo: { run: 'x/$(touch evil)', runbook: '`id`' } },
  });
  await connection.close();
});

afterAll(() => {
  server.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

/** As bash does it: COMP_WORDS, COMP_CWORD, and the function that `complete` was told. */
async function inBash(...words: readonly string[]): Promise<readonly string[]> {
  const script = `source ${home}/completion.bash; f=$(complete -p pfrunbook); f=\${f#*-F }; f=\${f%% *}
COMP_WORDS=(pfrunbook "$@"); COMP_CWORD=$#; "$f"; [ "\${#COMPREPLY[@]}" = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['-c', script, 'bash', ...words], { env, cwd: home, timeout: 30_000 });
  return stdout.split('\n').filter(Boolean);
}

describe('in bash', () => {
  test.each<[readonly string[], readonly string[]]>([
    [['sta'], ['start', 'status']],
    [['start', 'full-'], ['full-recovery']],
    [['start', 'full-recovery', ''], ['hq']],
    [
      ['start', 'full-recovery', 'hq', '--re'],
      ['--resync-from-scratch', '--reason'],
    ],
    [['list', '--w'], ['--waiting']],
    [
      ['show', ''],
      ['hq', run],
    ],
    [
      ['report', 'hq/'],
      [run, 'hq/20261122-2200-05f7'],
    ],
    [['approve', 'hq', ''], [token]],
    [['decide', run, 'k'], [token]],
    [['decide', 'hq/20261122-2200-05f7', ''], []],
    [['decide', 'hq', token, 'pf1', '--by', ''], []],
    [['guards', 'hq', '--res'], ['--restore']],
    [['completion', 'z'], ['zsh']],
    [['nonsense', ''], []],
  ])('%j', async (words, offered) => {
    expect(await inBash(...words)).toEqual(offered);
  });

  test('what is typed is never evaluated', async () => {
    await inBash('show', '$(touch evil)', '');
    await inBash('`touch evil`', '');
    const { stdout } = await execa('ls', [home]);
    expect(stdout).not.toContain('evil');
  });
});

test('in zsh, at a terminal of its own', async () => {
  const script = `zmodload zsh/zpty; zpty z "zsh -f -i"
zpty -w z 'PS1="> "; autoload -Uz compinit; compinit -D -u; source <(pfrunbook completion zsh); echo rea""dy'
zpty -r -m z seen '*ready*'
zpty -w -n z $'pfrunbook approve hq \\t'
zpty -r -m z seen '*${token}*'
print -r -- "$seen"`;
  const { stdout } = await execa('zsh', ['-f', '-c', script], { env, timeout: 60_000 });
  expect(stdout).toContain(`pfrunbook approve hq ${token}`);
});

test('in fish', async () => {
  const script = 'pfrunbook completion fish | source; complete -C "pfrunbook approve hq "; complete -C "pfrunbook sta"';
  const { stdout } = await execa('fish', ['--no-config', '-c', script], {
    env: { ...env, HOME: home },
    timeout: 60_000,
  });
  expect(stdout.split('\n')).toEqual([
    `${token}\t${run}`,
    expect.stringMatching(/^start\t/),
    expect.stringMatching(/^status\t/),
  ]);
});

test.each(Object.entries(programs))('what %s is offered is what its own help tells', async (_, { path, offers }) => {
  const { stdout } = await execa(process.execPath, [join(inject('built'), `dist/${path}.js`), '--help']);
  const lines = [...stdout.matchAll(/^ {2}(?:-\w, )?(--)?([a-z-]+)/gm)].map(
    ([, dashes = '', word]) => `${dashes}${word}`,
  );
  const told = offers.some((word) => word.startsWith('-')) ? lines.filter((word) => word.startsWith('-')) : lines;
  const beside = ['--help', 'help', '--name'];
  expect([...offers].toSorted()).toEqual(told.filter((word) => !beside.includes(word)).toSorted());
});
