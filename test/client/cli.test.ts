/** The commands against a real server and a worker that knows a small recovery: what is printed, and how they end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { cli } from '../../client/cli.js';
import { exits } from '../../client/exit.js';
import { programCommand } from '../../client/program.js';
import { heardInWords } from '../../client/runs.js';
import { pendingLines } from '../../client/show/run.js';
import { recordActivities } from '../../worker/records.js';
import { taskQueue } from '../../workflows/release.js';
import { typedAt } from '../lab/terminal.js';
import { smallActivities } from '../worker/fixtures/activities.js';
import { newHome } from '../worker/fixtures/home.js';
import { people } from '../worker/fixtures/signers.js';

const cluster = `hq-${process.pid}`;
const home = newHome(cluster);
let stop: () => Promise<void>;
/** What the first look of a run waits for. */
let looking: Promise<unknown> = Promise.resolve();

interface Ran {
  /** What went to stdout by console.log: with --json, one document. */
  readonly printed: string;
  /** Everything that was said, stderr included. */
  readonly out: string;
  readonly exit: number;
}

/** Runs `pfrunbook ...` here, without a terminal. */
async function pfrunbook(line: string): Promise<Ran> {
  const printed: string[] = [];
  const said: string[] = [];
  const write = (text: string | Uint8Array) => {
    said.push(String(text).trimEnd());
    return true;
  };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((words: string) => {
      printed.push(words);
      said.push(words);
    }),
    vi.spyOn(console, 'error').mockImplementation((words: string) => void said.push(words)),
    vi.spyOn(process.stdout, 'write').mockImplementation(write),
    vi.spyOn(process.stderr, 'write').mockImplementation(write),
  ];
  process.exitCode = 0;
  try {
    await cli(['node', 'pfrunbook', ...line.split(' ')]);
    return { printed: printed.join('\n'), out: said.join('\n'), exit: Number(process.exitCode) };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = 0;
  }
}

async function json(line: string) {
  const { printed, exit } = await pfrunbook(`${line} --json`);
  return { ...JSON.parse(printed), exit };
}

Runtime.install({ logger: new DefaultLogger('ERROR') });

beforeAll(async () => {
  process.env.PFRUNBOOK_HOME = home;
  process.env.TEMPORAL_ADDRESS = inject('address');
  const connection = await NativeConnection.connect({ address: inject('address') });
  const worker = await Worker.create({
    connection,
    taskQueue,
    activities: {
      ...smallActivities,
      ...recordActivities(`${home}/state`),
      seen: async (nodes: readonly string[]) => {
        await looking;
        return smallActivities.seen(nodes);
      },
    },
    workflowBundle: { codePath: inject('smallBundle') },
  });
  const running = worker.run();
  stop = async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
});

afterAll(() => stop());

test('status names a Temporal elsewhere, and who asks it for work', async () => {
  const { temporal, up, workers, exit } = await vi.waitFor(
    async () => {
      const seen = await json('status');
      expect(seen.workers).not.toEqual([]);
      return seen;
    },
    { timeout: 20_000 },
  );
  expect({ temporal, up, exit }).toEqual({ temporal: inject('address'), up: true, exit: exits.done });
  expect((await pfrunbook('status')).out).toContain(`${workers[0].worker}, asked for work at `);
});

describe('where answers must be signed', async () => {
  const theirs = await people(['anna', 'boris'], ['mallory']);
  const campus = `campus-${process.pid}`;
  const folder = `${home}/clusters/${campus}`;
  const before = process.env.SSH_AUTH_SOCK;
  let agent: ChildProcess;
  let run = '';
  let token = '';
  const add = (name: string) => execa('ssh-add', ['-q', theirs.key(name)]);

  beforeAll(async () => {
    cpSync(`${home}/clusters/${cluster}`, folder, { recursive: true });
    appendFileSync(`${folder}/access.ini`, '[approval]\npolicy = signed\nneeded = 2\n');
    cpSync(theirs.allowedSigners, `${folder}/allowed_signers`);
    const socket = `${folder}/agent`;
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    process.env.SSH_AUTH_SOCK = socket;
    await vi.waitUntil(() => existsSync(socket), { timeout: 10_000 });
    ({ run } = await json(`start full-recovery ${campus} --detach`));
    token = await vi.waitUntil(async () => (await json(`show ${run}`)).waitingFor, { timeout: 10_000 });
  });
  afterAll(() => {
    agent.kill();
    if (before === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = before;
  });

  test('without a key that may sign it says whose it needs, and decides nothing', async () => {
    const none = await pfrunbook(`approve ${run} ${token}`);
    expect(none.exit).toBe(exits.mistake);
    expect(none.out).toMatch(/needs the signatures of 2 of anna, boris\. Your SSH agent holds 0 keys.*--key FILE/s);
    await add('mallory');
    expect((await pfrunbook(`decide ${run} ${token} pf1`)).out).toContain('holds 1 key, which is not theirs');
    const made = await pfrunbook(`decide ${run} ${token} pf1 --by anna --key ${theirs.key('mallory')}`);
    expect(made).toMatchObject({ exit: exits.mistake, out: expect.stringContaining('does not let the ED25519 key') });
    expect((await pfrunbook(`watch ${run} --yes`)).exit).toBe(exits.waits); // nobody signs by --yes
  });

  test('the agent’s key signs, then a key file; the question and the report tell who, and how that is known', async () => {
    await add('anna');
    expect((await pfrunbook(`approve ${run} ${token}`)).out).toBe(
      `pf1, decided by anna at ${token}: signed, 1 of the 2 that it needs.`,
    );
    const { out } = await pfrunbook(`show ${run}`);
    expect(out).toMatch(/Signed: pf1, by anna with ED25519 key\s+SHA256:/);
    expect(out).toMatch(/Not counted: decide by anna: allowed_signers does not let/);
    expect(await json(`decide ${run} ${token} pf1 --key ${theirs.key('boris')} --reason newer`)).toEqual({
      ...{ run, token, choice: 'pf1', by: 'boris', reason: 'newer', sent: 'taken', exit: exits.done },
    });
    await pfrunbook(`watch ${run} --yes`);
    expect((await pfrunbook(`report ${run}`)).out).toMatch(
      /\*\*pf1\*\* at `keep-1-abcdef`, by anna and boris, known by signature: anna with ED25519 key SHA256:\S+, boris with .*newer/,
    );
  });
});

describe('a run from the command line', () => {
  let run = '';
  let token = '';

  test('without a terminal it shows the evidence, says how to answer, and ends with "waits"', async () => {
    const { out, exit } = await pfrunbook(`start full-recovery ${cluster}`);
    run = /Started (\S+)\./.exec(out)?.[1] ?? '';
    token = /pfrunbook approve \S+ (\S+)/.exec(out)?.[1] ?? '';
    expect(exit).toBe(exits.waits);
    expect(run).toMatch(new RegExp(`^${cluster}/\\d{8}-\\d{4}-[0-9a-f]{4}$`));
    for (const words of [
      '✔ Look at every node',
      'Which node’s data is kept?',
      '220dcdcb-1111-2222-3333-444444444444:13',
      'loses 3 transactions',
      'Cost: no database service',
      'Expected minutes: about 10',
      'Last safe exit: this question',
    ])
      expect(out).toContain(words);
    expect(
      Math.max(
        ...out
          .split('\n')
          .filter((line) => !line.includes('pfrunbook') && !line.includes('Started'))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  test('a second run on the same cluster is refused, and names the open one', async () => {
    const { out, exit } = await pfrunbook(`start full-recovery ${cluster}`);
    expect(exit).toBe(exits.mistake);
    expect(out).toContain(`open run, ${run}`);
    for (const next of [
      `pfrunbook watch ${run}`,
      `pfrunbook approve ${run} ${token}`,
      `pfrunbook start full-recovery ${cluster} --take-over ${run} --reason "..."`,
    ])
      expect(out).toContain(next);
  });

  test('it is listed as waiting, with its token', async () => {
    const { printed } = await pfrunbook('list --waiting --json');
    expect(JSON.parse(printed)).toContainEqual(
      expect.objectContaining({ run, cluster, runbook: 'full-recovery', phase: 'waiting', waitingFor: token }),
    );
  });

  test('resume of a run that is not paused does not say that it goes on', async () => {
    expect((await pfrunbook(`resume ${cluster}`)).out).toContain('It was not paused.');
  });

  test('the line that lists the choices decides nothing when it is pasted as it is', async () => {
    const { out } = await pfrunbook(`show ${cluster}`);
    const line = out.split('\n').find((one) => one.includes('pfrunbook decide')) ?? '';
    expect(line).toContain('pf1');
    for (const shell of ['bash', 'dash']) {
      const said = await execa(shell, ['-c', `pfrunbook() { echo "called with $*"; }\n${line}\n`], {
        reject: false,
        cwd: home,
        all: true,
      });
      expect(said.exitCode).not.toBe(0);
      expect(said.all).not.toContain('called');
    }
  });

  test('an answer that cannot count says why, and decides nothing', async () => {
    expect(await pfrunbook(`decide ${cluster} ${token} pf12`)).toMatchObject({
      exit: exits.mistake,
      out: expect.stringMatching(/not a choice.*Did you mean "pf1"\? That is: .+\. Nothing was decided\./s),
    });
    const existing = await pfrunbook(`decide ${cluster} ${token} pf3`);
    expect(existing).toMatchObject({
      exit: exits.mistake,
      out: expect.stringMatching(/not a choice.*It says of pf3: /s),
    });
    expect(existing.out).not.toContain('Did you mean');
    expect(await pfrunbook(`decide ${cluster} keep-9-abcdef pf1`)).toMatchObject({
      exit: exits.mistake,
      out: expect.stringMatching(
        new RegExp(
          `"${token}"\\. What it asks may rest on other evidence now: look at it before you answer\\. pfrunbook show ${run} Nothing was decided\\.$`,
        ),
      ),
    });
    for (const line of [
      `approve ${token} ${cluster}`,
      `decide ${token} ${cluster} pf1`,
      `decide ${cluster} pf1 ${token}`,
    ])
      expect(await pfrunbook(line)).toEqual({
        ...{ exit: exits.mistake, printed: '' },
        out: `The run comes first, then the token: pfrunbook ${line.startsWith('approve') ? `approve ${cluster} ${token}` : `decide ${cluster} ${token} pf1`}. Nothing was decided.`,
      });
    expect(await pfrunbook(`approve ${cluster}`)).toMatchObject({
      exit: exits.mistake,
      out: expect.stringContaining(`pfrunbook approve ${run} ${token}`),
    });
    expect(await json(`show ${cluster}`)).toMatchObject({
      phase: 'waiting',
      waitingFor: token,
    });
  });

  test('approved, it goes on to the next question: the step that failed on one node', async () => {
    expect(await pfrunbook(`approve ${run} ${token}`)).toMatchObject({ exit: exits.done });
    const { out, exit } = await pfrunbook(`watch ${run}`);
    expect(exit).toBe(exits.waits);
    expect(out).toContain('pf2: no space left on device');
  });

  test('with --yes and no terminal, the rest answers itself; the report tells who decided what', async () => {
    const { out, exit } = await pfrunbook(`watch ${cluster} --yes`);
    expect(out).toMatch(/retry, decided by \S+ at step/);
    expect(exit).toBe(exits.done);
    const report = await pfrunbook(`report ${run}`);
    expect(report.out).toMatch(/Ended: \*\*done\*\*/);
    expect(report.out).toMatch(/\*\*pf1\*\* at `keep-1-abcdef`/);
    expect(report.out).toMatch(/\*\*retry\*\*.*answered by --yes/);
    expect(await json(`report ${cluster}`)).toMatchObject({
      run,
      result: { kept: 'pf1' },
    });
  });

  test('aborted, it ends as failed, with the reason', async () => {
    const { run: second } = await json(`start full-recovery ${cluster} --detach`);
    expect(await pfrunbook(`abort ${second} --reason practice`)).toMatchObject({ exit: exits.done });
    expect(await json(`watch ${second}`)).toMatchObject({
      run: second,
      phase: 'aborted',
      progress: { because: expect.stringContaining('practice') },
      exit: exits.failed,
    });
    expect(await pfrunbook(`pause ${second}`)).toMatchObject({
      exit: exits.mistake,
      out: expect.stringContaining('is over'),
    });
    expect(await pfrunbook(`decide ${second} keep-1-abcdef pf1`)).toMatchObject({
      exit: exits.mistake,
      out: expect.stringContaining('asks nothing now'),
    });
  });

  test('the history tells how each ended, newest first, with the report that it left', async () => {
    const { printed } = await pfrunbook(`history ${cluster} --json`);
    const [second, first] = JSON.parse(printed);
    expect(first).toMatchObject({
      ...{ run, runbook: 'full-recovery', phase: 'done', kept: 'pf1', owed: [], because: null },
      decisions: [{ choice: 'pf1' }, { choice: 'retry' }],
      report: `${home}/state/runs/${run}/report.md`,
    });
    expect(first.seconds).toBeGreaterThanOrEqual(0);
    expect(second).toMatchObject({ phase: 'aborted', because: expect.stringContaining('practice') });
    expect(JSON.parse((await pfrunbook(`history ${cluster} --limit 1 --json`)).printed)).toEqual([second]);
  });

  test('the cluster’s name means its open run, else the one that began last, whichever runbook it is', async () => {
    const { run: over } = await json(`show ${cluster}`);
    const connection = await Connection.connect({ address: inject('address') });
    const stamp = '20991231-2359-7f3a';
    const order = {
      run: `${cluster}/${stamp}`,
      cluster: { name: cluster, nodes: ['pf1', 'pf2'] },
      by: 'anna',
      epoch: 1,
    };
    const handle = await new Client({ connection }).workflow.start('fullRecovery', {
      ...{
        workflowId: `diagnose:${cluster}:${stamp}`,
        taskQueue,
        memo: { run: order.run, cluster, runbook: 'diagnose' },
      },
      args: [{ ...order, searchAttributes: false, args: {} }],
    });
    try {
      const shown = async () => (await json(`show ${cluster}`)).run;
      await vi.waitFor(async () => expect(await shown()).toBe(order.run), { timeout: 20_000 });
      expect(over).not.toBe(order.run);
      expect(await pfrunbook(`report ${cluster}`)).toMatchObject({
        exit: exits.mistake,
        out: expect.stringContaining(`${order.run} is not over`),
      });
      await pfrunbook(`abort ${order.run}`);
      await handle.result().catch(() => undefined);
      expect(await json(`report ${cluster}`)).toMatchObject({ run: order.run, phase: 'aborted' });
      expect(await shown()).toBe(order.run);
    } finally {
      await connection.close();
    }
  });

  test('what left no file on this machine is told from Temporal alike, and without Temporal what left one', async () => {
    const { printed: with_ } = await pfrunbook(`history ${cluster} --json`);
    process.env.PFRUNBOOK_HOME = newHome(cluster);
    const { printed: elsewhere } = await pfrunbook(`history ${cluster} --json`);
    process.env.PFRUNBOOK_HOME = home;
    const unfiled = (text: string) => JSON.parse(text).map((past: object) => ({ ...past, report: null }));
    expect(unfiled(elsewhere)).toEqual(unfiled(with_));

    const address = process.env.TEMPORAL_ADDRESS;
    delete process.env.TEMPORAL_ADDRESS;
    try {
      const { printed, out, exit } = await pfrunbook(`history ${cluster} --json`);
      expect(exit).toBe(exits.done);
      expect(printed).toBe(with_);
      expect(out).toContain('No Temporal server');
    } finally {
      process.env.TEMPORAL_ADDRESS = address;
    }
  });

  test('--take-over ends the run that waits, says so in both, and starts', async () => {
    const { run: standing } = await json(`start full-recovery ${cluster} --detach`);
    await vi.waitUntil(async () => (await json(`show ${standing}`)).waitingFor, { timeout: 10_000 });
    const other = await pfrunbook(`start full-recovery ${cluster} --take-over hq/1 --reason late`);
    expect(other).toMatchObject({ exit: exits.mistake, out: expect.stringContaining(`open run, ${standing}`) });
    const connection = await Connection.connect({ address: inject('address') });
    const beside = `${cluster}/20991231-2359-7f3b`; // a later run that takes no lock: not the one in the way
    const aside = await new Client({ connection }).workflow.start('fullRecovery', {
      workflowId: `diagnose:${beside.replace('/', ':')}`,
      taskQueue,
      memo: { run: beside, cluster, runbook: 'diagnose' },
      args: [
        {
          ...{ run: beside, cluster: { name: cluster, nodes: ['pf1', 'pf2'] }, by: 'anna', host: 'ops1' },
          ...{ searchAttributes: false, args: {} },
        },
      ],
    });
    await vi.waitFor(async () => expect((await json(`show ${cluster}`)).run).toBe(beside), { timeout: 20_000 });
    const second = await pfrunbook(`start full-recovery ${cluster}`);
    expect(second).toMatchObject({ exit: exits.mistake, out: expect.stringContaining(`open run, ${standing}`) });
    const { run: next } = await json(`start full-recovery ${cluster} --take-over ${standing} --reason late --detach`);
    await pfrunbook(`abort ${beside}`);
    await aside.result().catch(() => undefined);
    await connection.close();
    const { phase, because } = await json(`report ${standing}`);
    expect([phase, because]).toEqual(['aborted', expect.stringMatching(/^taken over by \S+@\S+: late$/)]);
    await vi.waitUntil(async () => (await json(`show ${next}`)).waitingFor, { timeout: 10_000 });
    await pfrunbook(`abort ${next}`);
    const { progress } = await json(`watch ${next}`);
    expect(progress.steps[0].said).toEqual([expect.stringMatching(`to take over ${standing}, by .*: late`)]);
  });

  test.each(['watch', 'start'])(
    'Ctrl-C at a terminal while a run is at work: %s says how to come back',
    async (verb) => {
      const ctrlC = '\x03';
      let lookedAt = () => {};
      looking = new Promise<void>((resolve) => {
        lookedAt = resolve;
      });
      const { run: before } = verb === 'watch' ? await json(`start full-recovery ${cluster} --detach`) : { run: '' };
      const line = verb === 'watch' ? ['watch', before] : ['start', 'full-recovery', cluster];
      let pressed = false;
      const { shown, exit } = await typedAt(
        [...programCommand('client/main'), ...line],
        (news) => {
          if (pressed || !news.includes('▶ Look at every node')) return undefined;
          pressed = true;
          return ctrlC;
        },
        60_000,
      );
      const { run: atWork, status } = await json(`show ${cluster}`);
      lookedAt(); // before anything can fail: the worker waits for it at its end
      await pfrunbook(`abort ${atWork}`);
      expect(await json(`watch ${atWork}`)).toMatchObject({ phase: 'aborted' });
      expect(shown).toContain(`${atWork} goes on. Come back: pfrunbook watch ${atWork}`);
      expect([exit, status]).toEqual([exits.goesOn, 'running']);
    },
  );

  test('without a worker, it is shown as far as the server knows it, and an answer waits in it', async () => {
    const { run: third } = await json(`start full-recovery ${cluster} --detach`);
    await vi.waitUntil(async () => (await json(`show ${third}`)).waitingFor, {
      timeout: 10_000,
    });
    await stop();
    stop = async () => {};
    const { waitingFor, progress } = await json(`show ${third}`);
    expect(progress).toBeNull();
    expect((await pfrunbook(`decide ${third} ${waitingFor} pf2`)).out).toContain('no worker answers now');
  });
});

test('what an activity last said is told in words', () => {
  expect(heardInWords({ waitingFor: [] })).toBe('');
  expect(heardInWords({ waitingFor: ['192.0.2.10: nobody has it', '192.0.2.20: two have it'] })).toBe(
    'waiting for 192.0.2.10: nobody has it; 192.0.2.20: two have it',
  );
  expect(heardInWords({ node: 'pf2', noAnswer: 'Can’t connect', starting: true })).toBe(
    'pf2: no answer Can’t connect, starting',
  );
  expect(pendingLines([{ activity: 'untilSynced', attempt: 1, said: 'pf2: bytes 12' }], 0, 80)).toEqual([
    '    until synced: pf2: bytes 12',
  ]);
});

describe('mistakes are told before anything is touched', () => {
  test.each([
    ['strat full-recovery hq', /Did you mean start\?\) Nothing was touched\./],
    ['start', /Which runbook\?.*On which cluster\?.*\nNothing was started\.$/s],
    [
      'start full-recovry hp --resync',
      /no runbook "full-recovry". Did you mean "full-recovery"\?.*no cluster "hp".*\nNothing was started\.$/s,
    ],
    [
      `start full-recovery ${cluster} --resync-from-scrach`,
      /knows no --resync-from-scrach. Did you mean "--resync-from-scratch"\?.*\nNothing was started\.$/s,
    ],
    [`start full-recovery ${cluster} extra`, /"extra" is one word too many/],
    [
      `start full-recovery ${cluster} --yes --detach`,
      /--yes answers questions while the run is followed, .*\nNothing was started\.$/s,
    ],
    [`start full-recovery ${cluster} --take-over hq`, /name one run.*--take-over needs --reason/s],
    [`start full-recovery ${cluster} --reason late`, /--reason says why --take-over is needed/],
    [`start diagnose ${cluster} --take-over hq/1 --reason late`, /diagnose takes no lock/],
    [
      `start secure-keepalived ${cluster} --secret s3cret --router-id 256 --unicast=yes`,
      /^(?!.*s3cret).*--secret takes file:.*--router-id takes a number from 1 to 255.*--unicast takes no value/s,
    ],
    ['show nobody', /knows no run "nobody"/],
    ['show ../etc', /names no run/],
    ['history hp', /no cluster "hp"/],
    [`history ${cluster} --limit none`, /whole number/],
    [
      'decide hq',
      /missing required argument 'token'\. Nothing was touched\.[\s\S]*Usage: .*<token> <choice>[\s\S]*pfrunbook decide hq keep-1-3fa91c pf1/,
    ],
    ['list --wait', /unknown option[\s\S]*Nothing was touched\.[\s\S]*Usage: pfrunbook list/],
    [
      `start full-recovery ${cluster} --plan 3fa91`,
      /12 of 0-9 and a-f\. Nothing was started\..*pfrunbook start RUNBOOK CLUSTER --plan$/,
    ],
    [
      `start ${cluster} full-recovery`,
      new RegExp(`^The runbook comes first: pfrunbook start full-recovery ${cluster}. Nothing was started.$`),
    ],
  ])('%s', async (line, words) => {
    const { out, exit } = await pfrunbook(line);
    expect(out).toMatch(words);
    expect(out).toMatch(/Nothing was (touched|started)\b/);
    expect(exit).toBe(exits.mistake);
  });

  test.each(['diagnose', 'doctor', 'guards'])('%s, of a cluster that there is not', async (name) => {
    const [program, ...rest] = programCommand(`worker/${name}`, ['hp']);
    const { exitCode, stdout, stderr } = await execa(program, rest, { env: { PFRUNBOOK_HOME: home }, reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: exits.mistake, stdout: '' });
    expect(stderr).toMatch(/^There is no cluster "hp"\. .*\nNothing was touched\.$/);
  });

  test('no server', async () => {
    const address = process.env.TEMPORAL_ADDRESS;
    delete process.env.TEMPORAL_ADDRESS;
    try {
      for (const line of ['list', 'approve hq keep-1-3fa91c'])
        expect(await pfrunbook(line)).toMatchObject({
          exit: exits.mistake,
          out: expect.stringMatching(/Nothing was touched\. Run pfrunbook up/),
        });
    } finally {
      process.env.TEMPORAL_ADDRESS = address;
    }
  });
});
