/** Plans as the tests make them: of looks that were captured in the lab, or of a model that is looked at. */
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import type { HostKeySeen } from '../../../cluster/host-key.js';
import type { NodeSeen } from '../../../cluster/observation.js';
import type { ServerSeen } from '../../../cluster/prepare.js';
import { SeededCluster } from '../../../model/seed.js';
import { explore } from '../../../worker/plan/explore.js';
import { imagined, type SetUpSeen } from '../../../worker/plan/imagine.js';
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
  readonly hostKey?: HostKeySeen;
  readonly clusterConf?: string;
  readonly servers?: readonly ServerSeen[];
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
  { workflow = 'fullRecovery', args = {}, setUp, hostKey, clusterConf = '', servers = [] }: Of,
): Promise<Plan> {
  const order = orderOf(
    seen.map(({ node }) => node),
    args,
  );
  const login = { user: 'packet', password: 'env:SECRET' };
  const addresses = Object.fromEntries(seen.map(({ node }, i) => [node, `192.0.2.${11 + i}`]));
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
    made: (turnsOut) => {
      const model = new SeededCluster(seen);
      model.prepare(servers);
      return { activities: imagined(model, inventory, turnsOut, setUp, hostKey) };
    },
  });
  return planOf({ runbook: workflow, order, release: 'test', exploration });
}
