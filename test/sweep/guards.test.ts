/** Server and worker are gone for good in the middle of a recovery: what it owes goes back by hand, over SSH alone. */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OwedGuards } from '../../activities/guards.js';
import { programCommand } from '../../client/program.js';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { answersSsh, boot, nodeRun } from '../../lab/machine.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { stopDatabase } from '../../lab/seed.js';
import { runSql } from '../../lab/sql.js';
import { places } from '../../worker/settings.js';
import { eagerAutofix } from '../lab/eager-autofix.js';
import { Stage, seen } from '../lab/stage.js';
import { atTerminal } from '../lab/terminal.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('guards');
});
afterAll(async () => stage.close());

const mark = '/var/lib/mysql/only-pf3-was-here';
const holdsItsData = async () => (await stage.on('pf3', `test -e ${mark} && echo yes`)) === 'yes';
const autofixes = () =>
  stage.onAll('systemctl is-enabled packetfence-galera-autofix; pgrep -f "sbin/[g]alera-autofix"');
const asleep = ['masked', 'masked', 'masked'];
const strikes = async () =>
  Number(await stage.on('pf3', 'journalctl -u packetfence-galera-autofix | grep -c "Starting bootAndRejoinCluster"'));
/** A server that waits ignores SIGTERM: whoever stops it waits as long as this says. */
const timeouts = '/etc/systemd/system/packetfence-mariadb.service.d';
const condition = async () => (await stage.json<Diagnosis>('diagnose', stage.name)).condition;

/** verb node of everything that is owed. */
async function owed(): Promise<string[]> {
  const { guards } = await stage.json<OwedGuards>('guards', stage.name);
  // galera-autofix of pf1 and pf2 is owed by both runs.
  return [...new Set(guards.map(({ file, node }) => `${/\.([A-Za-z]+)/.exec(file)?.[1]} ${node}`))].toSorted();
}

/** At a terminal: yes to what matches, and to going on although a run is open; no to the rest. */
const restore = (node: string, yes: RegExp) =>
  atTerminal([...programCommand('worker/guards'), stage.name, '--restore', node], (question) =>
    /A run is open/.test(question) || yes.test(question) ? 'y' : 'n',
  );

test('guards, a hold and a barrier go back by hand, and galera-autofix does not wake while histories differ', async () => {
  await withoutPf3();
  await anotherHistoryOnPf3();
  expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
  const question = await stage.asked();
  expect(question.token).toMatch(/^return-/);
  expect(question.evidence.verdict.join()).toMatch(/DIFFERENT|UNKNOWN/);

  await burn();
  const conditional = ['holdDatabase pf3', 'keepOut pf1', 'keepOut pf2'].concat(
    stage.lab.nodes.map((node) => `maskAutofix ${node}`),
  );
  expect(await owed()).toEqual([...conditional, 'stopMonit pf3', 'suspendUnitTimers pf3'].toSorted());

  // From now on it would strike within seconds, were it awake.
  await stage.onAll(eagerAutofix);
  const refused = await stage.type('guards', stage.name, '--restore');
  expect([refused.code, refused.all]).toEqual([
    2,
    expect.stringMatching(/A run is open.*nothing was touched.*--although-run-open/s),
  ]);
  const alone = await stage.type('guards', stage.name, '--restore', '--although-run-open');
  expect(alone.code, alone.all).toBe(1);
  expect(await owed()).toEqual(conditional.toSorted());
  expect([await autofixes(), await holdsItsData()]).toEqual([asleep, true]);

  await restore('pf3', /start again/);
  expect(await stage.on('pf3', 'systemctl is-active packetfence-mariadb')).toBe('activating'); // behind the barrier, its peers Primary
  await stays('that galera-autofix leaves pf3 alone', 10_000, async () => (await strikes()) === 0);
  expect([await autofixes(), await holdsItsData()]).toEqual([asleep, true]);

  // Awake it strikes at once: a person puts it back against the advice.
  await restore('pf3', /galera-autofix/);
  await seen('that galera-autofix strikes', 60_000, async () => ((await strikes()) > 0 ? true : undefined));
  await seen('that it wipes pf3', 120_000, async () => ((await holdsItsData()) ? undefined : true));

  for (const node of ['pf1', 'pf2']) await restore(node, /pf3 in again/);
  expect(await owed()).toEqual(['maskAutofix pf1', 'maskAutofix pf2']);
  // The first sign is the gravest: nothing is left that is graver than the run whose worker is gone.
  await seen('pf3 Synced again', 180_000, async () => ((await condition()) === 'run open' ? true : undefined));
  const back = await stage.type('guards', stage.name, '--restore', '--although-run-open');
  expect(back.code, back.all).toBe(0);
  expect(await stage.onAll('nft list tables | grep pfrunbook; ls /var/lib/pfrunbook/guards')).toEqual(['', '', '']);
});

/** A recovery has gone on without pf3, behind a barrier. */
async function withoutPf3(): Promise<void> {
  await powerCut(stage.lab, stage.lab.nodes, { stayOff: ['pf3'] });
  await seen('that two wait for the third', 90_000, async () =>
    (await condition()) === 'waiting for the whole view' ? true : undefined,
  );
  expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
  for (const [gate, choice] of [
    ['absent', 'go'],
    ['keep', 'pf1'],
  ] as const) {
    const { token } = await seen(`the gate ${gate}`, 180_000, async () => {
      const question = (await stage.progress())?.question;
      return question?.token.startsWith(gate) ? question : undefined;
    });
    await stage.type('decide', stage.name, token, choice);
  }
  const { code, all } = await stage.type('watch', stage.name);
  expect(code, all).toBe(0);
}

/** Somebody forces pf3 to be a cluster of its own, and then stops it: it waits, with rows that nobody else has. */
async function anotherHistoryOnPf3(): Promise<void> {
  await boot(stage.lab, 'pf3');
  await answersSsh(stage.lab, 'pf3');
  // Nobody could mask its galera-autofix while it was off: it is not to strike before the second run.
  await nodeRun(stage.lab, 'pf3', eagerAutofix.replace('START_WAIT=1s', 'START_WAIT=600s'));
  await nodeRun(
    stage.lab,
    'pf3',
    `systemctl restart packetfence-galera-autofix
     systemctl kill --kill-who=all --signal=KILL packetfence-mariadb; systemctl stop packetfence-mariadb
     systemctl set-environment MARIADB_ARGS=--force-new-cluster; systemctl start packetfence-mariadb; code=$?
     systemctl unset-environment MARIADB_ARGS; exit $code`,
  );
  await seen('pf3 as a cluster of its own', 60_000, async () =>
    (await runSql(stage.lab, 'pf3', "show status like 'wsrep_cluster_status'"))[0]?.[1] === 'Primary'
      ? true
      : undefined,
  );
  await runSql(
    stage.lab,
    'pf3',
    "insert into pf.node (mac, pid, detect_date) values ('06:00:00:00:00:01', 'default', now())",
  );
  await stopDatabase(stage.lab, 'pf3');
  await nodeRun(
    stage.lab,
    'pf3',
    `mkdir -p ${timeouts}; printf '[Service]\\nTimeoutStopSec=10\\n' >${timeouts}/patience.conf; systemctl daemon-reload
     : >${mark}; systemctl start --no-block packetfence-mariadb`,
  );
  await seen('that pf3 waits behind the barrier', 60_000, async () =>
    (await condition()) === 'barrier owed' ? true : undefined,
  );
}

/** The machine that ran it is gone, with everything that it knew. */
async function burn(): Promise<void> {
  const { pid, serverPid = 0, workerPid = 0 } = await stage.supervisor();
  for (const one of [pid, serverPid, workerPid]) process.kill(one, 'SIGKILL');
  await rm(places().state, { recursive: true });
}

/** It is so for this long; the first look that sees otherwise fails. */
async function stays(what: string, limit: number, look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + limit; Date.now() < end; await pause(500))
    if (!(await look())) throw new Error(`no longer so: ${what}`);
}
