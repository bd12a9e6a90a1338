/** Runs as Temporal knows them: found by name, looked at with or without a worker. */
import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { catalogue, workflowIdFor } from '../workflows/catalogue.js';
import { attributes, messages, type Progress, type Report, workflowIdOf } from '../workflows/messages.js';
import { inWords } from '../workflows/result.js';
import { type Reached, withTemporal } from './connect.js';
import { Mistake } from './exit.js';
import { type Left, leftRun } from './left.js';
import { didYouMean, noSuchCluster } from './nearest.js';
import { clusterNames } from './settings.js';

export interface Run {
  /** "hq/20261123-0312-7f3a". */
  readonly name: string;
  readonly runId: string;
  readonly handle: WorkflowHandle;
}

/** An activity that runs now, as the server knows it: heartbeats and retries stand in no history. */
export interface Pending {
  readonly activity: string;
  readonly attempt: number;
  readonly said?: string;
  readonly failure?: string;
  readonly nextAt?: number;
}

export interface Sight {
  /** Temporal's word: RUNNING, COMPLETED, FAILED, TERMINATED... */
  readonly status: string;
  /** The run's own account; absent: no worker answers, or it ended without one. */
  readonly progress?: Progress | Report<unknown>;
  readonly waitingFor?: string;
  readonly pending: readonly Pending[];
}

export const isOpen = ({ status }: Pick<Sight, 'status'>): boolean => status === 'RUNNING' || status === 'PAUSED';

export const nameOf = (memo: Record<string, unknown> | undefined, workflowId: string): string =>
  typeof memo?.run === 'string' ? memo.run : workflowId;

/** "hq": its open run, else the one that began last; "hq/20261123-0312-7f3a": that one. Errors: Mistake. */
export async function findRun(client: Client, name: string): Promise<Run> {
  checkName(name);
  const [cluster = '', stamp] = name.split('/');
  // The lock's is asked for by its id: a list lags behind.
  const found: Found[] = [];
  const locking = await lockingOf(client, cluster);
  if (locking) found.push(locking);
  for await (const one of client.workflow.list({ query: runsQuery(cluster, stamp) })) {
    if (one.runId !== locking?.runId) found.push(one);
    if (!stamp && found.length > enough) break;
  }
  const [run] = found
    .filter(({ memo, workflowId }) => !stamp || nameOf(memo, workflowId) === name)
    .toSorted((a, b) => Number(isOpen(at(b))) - Number(isOpen(at(a))) || b.startTime.getTime() - a.startTime.getTime());
  if (run) return asRun(client, run);
  const known = await recentNames(client);
  const near = didYouMean(name, stamp ? known : [...clusterNames(), ...known.map((one) => one.split('/')[0] ?? one)]);
  throw new Mistake(`Temporal knows no run "${name}".${near} All runs: pfrunbook list`);
}

/** The newest of the runs that hold the cluster's lock, open or not: never one that may run beside it. */
export async function standingRun(client: Client, cluster: string): Promise<Run | undefined> {
  const found = await lockingOf(client, cluster);
  return found && asRun(client, found);
}

const lockingOf = (client: Client, cluster: string) =>
  client.workflow.getHandle(workflowIdOf(cluster)).describe().catch(nothing);

/** Errors: Mistake. */
export function checkName(name: string): void {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(name))
    throw new Mistake(`"${name}" names no run: give a cluster (hq), or one run of it (hq/20261123-0312-7f3a).`);
}

type Found = Pick<WorkflowExecutionDescription, 'memo' | 'workflowId' | 'runId' | 'status' | 'startTime'>;
const at = ({ status }: Found) => ({ status: status.name });
const enough = 20; // the list begins with what is open, then what ended last

/**
 * RUN, as it is typed, for what can also be told without Temporal: where no server answers, or it has forgotten, `left` gets what
 * the run left here, and why it is asked.
 */
export async function withRun<T>(
  name: string,
  act: (reached: Reached, run: Run) => Promise<T>,
  left: (left: Left, why: string) => Promise<T>,
): Promise<T> {
  checkName(name);
  let answers = false;
  let found: Run | undefined;
  try {
    return await withTemporal(async (reached) => {
      answers = true;
      found = await findRun(reached.client, name);
      return act(reached, found);
    });
  } catch (error) {
    if (!(error instanceof Mistake) || found) throw error;
    const here = leftRun(name);
    if (here) return left(here, error.message);
    const mistyped = answers ? undefined : noSuchCluster(name.split('/')[0] ?? name, clusterNames());
    throw mistyped ? new Mistake(mistyped) : error;
  }
}

/** By ids, which every server can be asked for: those of the cluster's lock, and those of the runbooks that take none. */
export function runsQuery(cluster: string, stamp = ''): string {
  const beside = Object.keys(catalogue).filter((runbook) => !catalogue[runbook]?.locks);
  const ids = beside.map((runbook) => `WorkflowId STARTS_WITH "${workflowIdFor(runbook, cluster, stamp)}"`);
  return [`WorkflowId = "${workflowIdOf(cluster)}"`, ...ids].join(' OR ');
}

const asRun = (client: Client, { memo, workflowId, runId }: Found): Run => ({
  name: nameOf(memo, workflowId),
  runId,
  handle: client.workflow.getHandle(workflowId, runId),
});

async function recentNames(client: Client): Promise<string[]> {
  const names: string[] = [];
  for await (const { memo, workflowId } of client.workflow.list({ pageSize: 100 })) {
    names.push(nameOf(memo, workflowId));
    if (names.length === 100) break;
  }
  return names;
}

function nothing(error: unknown): undefined {
  if (error instanceof WorkflowNotFoundError) return undefined;
  throw error;
}

/** One look. */
export async function look(client: Client, { handle }: Run): Promise<Sight> {
  const description = await handle.describe();
  const status = description.status.name;
  const waitingFor = waitingForOf(description);
  const pending = (description.raw.pendingActivities ?? []).map(pendingOf);
  const progress = isOpen({ status }) ? await ask(client, handle) : await reportOf(handle);
  return { status, pending, ...(progress && { progress }), ...(waitingFor && { waitingFor }) };
}

/** From the search attribute, else from the memo: neither needs a worker. */
export function waitingForOf({
  searchAttributes,
  memo,
}: Pick<WorkflowExecutionDescription, 'searchAttributes' | 'memo'>): string | undefined {
  const [attribute] = searchAttributes[attributes.waitingFor] ?? [];
  const token = attribute ?? memo?.[attributes.waitingFor];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/** Undefined where no worker answers in time. Errors: the server's, when it is the server that is silent. */
export async function ask(client: Client, handle: WorkflowHandle): Promise<Progress | undefined> {
  try {
    return await client.withDeadline(Date.now() + 3_000, () => handle.query<Progress>(messages.progress));
  } catch (error) {
    if (isServerSilent(error)) throw error;
    return undefined;
  }
}

const unavailable = 14; // gRPC's UNAVAILABLE

/** The connection is gone: the run goes on, or waits for the server. */
export function isServerSilent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((each) => isGrpcServiceError(each) && Number(each.code) === unavailable);
}

/** A run that is done returns its report; one that was refused or aborted fails with it in the details. */
export async function reportOf(handle: WorkflowHandle): Promise<Report<unknown> | undefined> {
  try {
    const result: unknown = await handle.result();
    return isReport(result) ? result : undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const told: unknown = error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
    return isReport(told) ? told : undefined;
  }
}

const isReport = (value: unknown): value is Report<unknown> =>
  typeof value === 'object' && value !== null && 'run' in value && 'steps' in value && 'phase' in value;

type Raw = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

function pendingOf({ activityType, attempt, heartbeatDetails, lastFailure, nextAttemptScheduleTime }: Raw): Pending {
  const [payload] = heartbeatDetails?.payloads ?? [];
  const said = payload && heardInWords(defaultPayloadConverter.fromPayload(payload));
  const nextAt = Number(nextAttemptScheduleTime?.seconds ?? 0) * 1000;
  return {
    activity: activityType?.name ?? 'activity',
    attempt: attempt ?? 1,
    ...(said && { said }),
    ...(lastFailure?.message && { failure: lastFailure.message }),
    ...(nextAt > 0 && { nextAt }),
  };
}

/** {node: "pf2", local_state: "Joining", bytes: 12} -> "pf2: local state Joining, bytes 12". What is empty says nothing. */
export function heardInWords(details: unknown): string {
  if (typeof details !== 'object' || details === null) return details === undefined ? '' : String(details);
  const { node, ...rest } = details as Readonly<Record<string, unknown>>;
  const words = Object.entries(rest)
    .filter(([, value]) => value !== '' && value !== undefined && !(Array.isArray(value) && value.length === 0))
    .filter(([, value]) => value !== false)
    .map(([name, value]) =>
      value === true ? inWords(name) : `${inWords(name)} ${Array.isArray(value) ? value.join('; ') : value}`,
    );
  return [node, words.join(', ')].filter(Boolean).join(': ');
}
