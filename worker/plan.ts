/**
 * Program: `pfrunbook start RUNBOOK CLUSTER --plan`. Looks at the nodes, changes nothing, and tells what a run would do:
 * the real workflow on a model that was seeded by what was seen. Needs no Temporal.
 *
 * `plan RUNBOOK CLUSTER ARGS [--json]` prints the plan: exit 0, or 1 where the run would be refused at once.
 * `plan RUNBOOK CLUSTER ARGS --against HASH`: exit 0 where the plan is still that one; else 2, with the difference.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { judges } from '../activities/judge.js';
import { lookActivities } from '../activities/look/index.js';
import type { SshPool } from '../activities/ssh/pool.js';
import { planFile } from '../cluster/places.js';
import { SeededCluster } from '../model/seed.js';
import { argumentsAsTyped, catalogue } from '../workflows/catalogue.js';
import { difference } from '../workflows/difference.js';
import { release } from '../workflows/release.js';
import { looking } from './looking.js';
import { bundleCode } from './plan/bundle.js';
import { explore } from './plan/explore.js';
import { imagined } from './plan/imagine.js';
import { joinSeen, setUpSeen } from './plan/looks.js';
import { planToMarkdown } from './plan/markdown.js';
import { causesOf, linesOf, type Plan, planOf } from './plan/plan.js';
import { earlierTimes, withTimes } from './plan/times.js';
import { sandboxOf } from './plan/workflow.js';
import { loadCluster, places } from './settings.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, against: { type: 'string' } },
});
const shown = 12; // lines: what is seen of the nodes now comes first, every command of every branch after it
const [runbook = '', cluster = '', args = '{}'] = positionals;
process.exit(await looking(main));

async function main(pool: SshPool): Promise<number> {
  const { workflow, title, guide, words: purpose } = catalogue[runbook] ?? {};
  if (!workflow || !title || !guide || !purpose) throw new Error(`there is no runbook "${runbook}"`);
  const access = await loadCluster(cluster);
  const looks = lookActivities(pool, async () => access);
  const nodes = access.nodes.map(({ node }) => node);
  const [seen, inventory, code] = await Promise.all([
    looks.nodes({ cluster, nodes }),
    looks.inventory({ cluster }),
    bundleCode(),
  ]);
  const here = { cluster, nodes: seen.filter((one) => one.reachable).map(({ node }) => node) };
  const setUp = workflow === 'setupCluster' ? await setUpSeen(looks, access, here) : undefined;
  const { node: joiner = '' } = JSON.parse(args) as { readonly node?: string };
  const besides =
    workflow === 'joinNode'
      ? await joinSeen(pool, looks, access, seen, joiner)
      : workflow === 'prepareNodes'
        ? { servers: await looks.servers({ ...here, addresses: inventory.addresses }) }
        : undefined;
  const order = {
    run: `${cluster}/THE-RUN`,
    cluster: { name: cluster, nodes },
    by: 'the plan',
    host: 'plan',
    searchAttributes: false,
    args: JSON.parse(args) as object,
  };
  const exploration = await explore(sandboxOf(code), {
    workflow,
    order,
    made: (turnsOut) => ({ activities: imagined(new SeededCluster(seen), inventory, turnsOut, setUp, besides) }),
  });
  const exactly = `${release}+${createHash('sha256').update(code).digest('hex').slice(0, 8)}`;
  const plan = planOf({ runbook, order, release: exactly, exploration });
  const { state } = places();
  if (options.against !== undefined) return compare(plan, options.against, state);

  const pairs =
    exploration.unknowns.length > 0
      ? await judges.pairs({ order: nodes, ...(await looks.lineage({ cluster, seen })) })
      : [];
  const { summary, table } = await judges.diagnosis({ cluster: order.cluster, seen, vips: inventory.vips, pairs });
  const timed = withTimes(plan, await earlierTimes(state, cluster), seen);
  const file = planFile(state, cluster, plan.hash);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(timed), { mode: 0o600 });
  const histories = pairs.map(
    ({ lower, higher, kinship, because }) => `${lower} and ${higher}, now: ${kinship} history, ${because}.`,
  );
  const told = {
    plan: timed,
    title,
    guide,
    purpose,
    by: process.env.SUDO_USER || userInfo().username,
    madeAt: new Date(),
  };
  console.log(
    options.json
      ? JSON.stringify({ ...timed, madeAt: told.madeAt, by: told.by, summary, histories }, null, 2)
      : planToMarkdown({ ...told, summary, table, histories }),
  );
  return plan.way.next.every((next) => next.kind === 'end' && next.phase === 'refused') ? 1 : 0;
}

/** Exit code. */
async function compare(plan: Plan, hash: string, state: string): Promise<number> {
  if (plan.hash === hash) return 0;
  const kept = await readFile(planFile(state, cluster, hash), 'utf8').catch(() => undefined);
  const was = kept ? (JSON.parse(kept) as Plan) : plan;
  const changed = [causesOf, linesOf].flatMap((lines) => difference(lines(was), lines(plan)));
  console.error(
    [
      `The plan would now be another, ${plan.hash}. Nothing was started.`,
      ...(kept ? changed : [`Plan ${hash} was not made on this machine, so what differs cannot be told.`])
        .slice(0, shown)
        .map((line) => `  ${line}`),
      ...(changed.length > shown ? [`  and ${changed.length - shown} more lines that follow from it`] : []),
      `Not plan ${hash} any more: nothing was started. Read the new one: pfrunbook start ${runbook} ${cluster}${argumentsAsTyped(runbook, plan.args)} --plan`,
    ].join('\n'),
  );
  return 2;
}
