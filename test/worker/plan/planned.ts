/** Plans as the tests make them: of looks that were captured in the lab, or of a model that is looked at. */
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import type { NodeSeen } from '../../../cluster/observation.js';
import { SeededCluster } from '../../../model/seed.js';
import { explore } from '../../../worker/plan/explore.js';
import { imagined, type SeenBesides, type SetUpSeen } from '../../../worker/plan/imagine.js';
import { type Plan, planOf } from '../../../worker/plan/plan.js';
import { type Sandbox, sandboxOf } from '../../../worker/plan/workflow.js';
import type { Order } from '../../../workflows/messages.js';

let sandbox: Sandbox | undefined;
/** One for the file: the bundle is compiled once. */
export function theSandbox(): Sandbox {
  sandbox ??= sandboxOf(readFileSync(inject('bundle'), 'utf8'));
  return sandbox;
}

export function captured(name: string): readonly NodeSeen[] {
  const file = new URL(`../../cluster/captured/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { seen: readonly NodeSeen[] }).seen;
}

const orderOf = (nodes: readonly string[], args: object): Order => ({
  run: 'hq/THE-RUN',
  cluster: { name: 'hq', nodes },
  by: 'the plan',
  host: 'plan',
  searchAttributes: false,
  args,
});

interface Of {
  readonly workflow?: string;
  readonly args?: object;
  readonly setUp?: SetUpSeen;
  readonly besides?: SeenBesides;
  readonly clusterConf?: string;
}

const made = new Map<string, Promise<Plan>>();

/** The same for the same look: each is made once. */
export function planned(seen: readonly NodeSeen[], of: Of = {}): Promise<Plan> {
  const key = JSON.stringify([seen, of]);
  const plan = made.get(key) ?? make(seen, of);
  made.set(key, plan);
  return plan;
}

async function make(
  seen: readonly NodeSeen[],
  { workflow = 'fullRecovery', args = {}, setUp, besides, clusterConf = '' }: Of,
): Promise<Plan> {
  const order = orderOf(
    seen.map(({ node }) => node),
    args,
  );
  const login = { user: 'packet', password: 'env:SECRET' };
  const addresses = Object.fromEntries(seen.map(({ node }, i) => [node, `198.51.100.${21 + i}`])); // not the model's own
  const inventory = {
    addresses,
    vips: ['192.0.2.10'],
    managementVips: {},
    zones: [],
    files: { clusterConf, networksConf: '' },
    logins: { replication: login, webservices: login },
  };
  const exploration = await explore(theSandbox(), {
    workflow,
    order,
    made: (turnsOut) => ({ activities: imagined(new SeededCluster(seen), inventory, turnsOut, setUp, besides) }),
  });
  return planOf({ runbook: workflow, order, release: 'test', exploration });
}
