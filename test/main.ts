/**
 * `npm test`: everything, in the order in which it fails fastest. `fast` needs neither root nor a lab; `lab` breaks and mends
 * real nodes; `sweep` is what does not fit; `team` is docker-compose.yml with a real Temporal server on PostgreSQL. Says loudly what was not tested, and counts what was.
 */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import concurrently from 'concurrently';
import { execa } from 'execa';
import { missing } from '../lab/prerequisites.js';
import { presentTemporal } from '../worker/temporal/binary.js';

type Part = 'fast' | 'lab' | 'sweep' | 'team';
const labTests =
  'whole runbooks on real nodes (test/lab): nothing of SSH, systemd, MariaDB Galera, keepalived and HAProxy was tested';

const wanted = process.argv[2];
const parts: readonly Part[] =
  wanted === undefined
    ? ['fast', 'lab']
    : wanted === 'fast' || wanted === 'lab' || wanted === 'sweep' || wanted === 'team'
      ? [wanted]
      : fail(`unknown part "${wanted}": fast, lab, sweep or team`);

const counts = { passed: 0, failed: 0 };
let failed = false;
if (parts.includes('fast')) await fast();
if (parts.includes('lab') && !failed) await lab('vitest.lab.config.ts');
if (parts.includes('sweep')) await lab('vitest.sweep.config.ts');
if (parts.includes('team')) await lab('vitest.team.config.ts');
const others: Partial<Record<Part, string>> = {
  sweep:
    'a node that stays off, two histories, no evidence, guards put back by hand; set-up, joining, keys, networks and zones, on each version and under reboots; the model against real nodes, single faults; the lab itself, the stand-ins’ tables, the Web UI',
  team: 'docker-compose.yml with a real Temporal server on PostgreSQL',
};
console.log('\nNot part of this command:');
if (wanted === 'fast')
  console.log('- npm test (whole recoveries in the lab; each runbook under a worker that forgets it)');
for (const [part, what] of Object.entries(others)) if (part !== wanted) console.log(`- npm run test:${part} (${what})`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exit(failed ? 1 : 0);

/** The tests start a real sshd of their own, as whoever runs them, and press TAB in real shells. */
async function needPrograms(): Promise<void> {
  const needed = { 'openssh-server': '/usr/sbin/sshd', zsh: '/usr/bin/zsh', fish: '/usr/bin/fish' };
  const lacking = Object.entries(needed).flatMap(([name, path]) => (existsSync(path) ? [] : [name]));
  if (!(await presentTemporal()) && !existsSync('/usr/bin/pip3')) lacking.push('python3-pip'); // it fetches the server
  if (lacking.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${lacking.join(' ')}`;
  if (process.getuid?.() !== 0) fail(`The tests need ${lacking.join(', ')}. As root: ${install}`);
  console.log(`Installing what the tests need: ${install}`);
  await execa('sh', ['-c', `apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${install}`], { stdio: 'inherit' });
}

/** Lint, types and tests beside each other: two cores have room for it. */
async function fast(): Promise<void> {
  await needPrograms();
  const { result } = concurrently(
    [
      { name: 'lint', command: 'npm run --silent lint' },
      { name: 'types', command: 'npm run --silent types' },
      {
        name: 'tests',
        command: `npx vitest run ${wanted === 'fast' ? '--project pure --project whole --project programs ' : ''}--reporter=default --reporter=json --outputFile.json=${outcome('fast')}`,
      },
    ],
    { prefix: 'name', killOthersOn: [] },
  );
  failed =
    (await result.then(
      () => false,
      () => true,
    )) || failed;
  await count('fast');
}

async function lab(config: string): Promise<void> {
  const { impossible } = await missing();
  if (impossible.length > 0) {
    console.error(
      `\n${'!'.repeat(80)}\nNOT TESTED: ${labTests}.\nThe lab cannot run here:\n${impossible.map((why) => `  - ${why}`).join('\n')}\n${'!'.repeat(80)}`,
    );
    if (process.env.CI === 'true') failed = true;
    return;
  }
  const { exitCode } = await execa(
    'npx',
    [
      'vitest',
      'run',
      '--config',
      config,
      '--reporter=verbose',
      '--reporter=json',
      `--outputFile.json=${outcome('lab')}`,
    ],
    { stdio: 'inherit', reject: false },
  );
  failed = failed || exitCode !== 0;
  await count('lab');
}

function outcome(part: string): string {
  return join(tmpdir(), `pfrunbook-tests-${process.pid}-${part}.json`);
}

async function count(part: string): Promise<void> {
  try {
    const said = JSON.parse(await readFile(outcome(part), 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    counts.passed += said.numPassedTests;
    counts.failed += said.numFailedTests;
    await rm(outcome(part));
  } catch {
    failed = true; // the tests did not even begin
  }
}

function fail(words: string): never {
  console.error(words);
  process.exit(2);
}
