/**
 * Replays recorded histories against today's code, arguments included: Temporal itself compares only the activities'
 * types, and passed an altered script.
 */
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Worker } from '@temporalio/worker';

/** As `temporal workflow show --output json` and historyToJSON write it. */
export interface Recorded {
  readonly events: readonly {
    readonly activityTaskScheduledEventAttributes?: {
      readonly activityType: { readonly name: string };
      readonly input?: { readonly payloads: readonly { readonly data: string }[] };
    };
  }[];
}

export interface Differences {
  /** Another verb, node, fact or order: a released runbook would act on evidence that was approved for something else. */
  readonly other: readonly string[];
  /** The same change, made by another script: the ledger would see another digest. */
  readonly scripts: readonly string[];
}

const scriptFields = new Set(['script', 'wanted', 'requires', 'tells']);
const without = (value: unknown, fields: ReadonlySet<string>): string =>
  JSON.stringify(value, (key, inner: unknown) => (fields.has(key) ? undefined : inner));
const none: ReadonlySet<string> = new Set();

export async function differences(history: Recorded, bundle: string): Promise<Differences> {
  const now: { type: string; args: unknown }[] = [];
  const activity = {
    fn: (_: unknown, type: string, args: unknown[]) => {
      now.push({ type, args });
    },
    callDuringReplay: true,
  };
  await Worker.runReplayHistory({ workflowBundle: { codePath: bundle }, sinks: { scheduled: { activity } } }, history);
  const then = history.events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled
      ? [
          {
            type: scheduled.activityType.name,
            args: (scheduled.input?.payloads ?? []).map(({ data }) => decoded(data)),
          },
        ]
      : [],
  );
  const other: string[] = [];
  const scripts: string[] = [];
  then.forEach((call, i) => {
    const [was, is] = [without(call, scriptFields), without(now[i] ?? 'nothing', scriptFields)];
    if (was !== is) other.push(`activity ${i + 1}: was ${was.slice(0, 300)}; is ${is.slice(0, 300)}`);
    else if (without(call, none) !== without(now[i], none)) scripts.push(`activity ${i + 1}, ${call.type}`);
  });
  return { other, scripts };
}

/** Histories kept with the tests: name -> history. */
export async function recordedHistories(folder: URL): Promise<ReadonlyMap<string, Recorded>> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json.gz')).sort();
  const read = async (name: string): Promise<[string, Recorded]> => {
    const text = await promisify(gunzip)(await readFile(new URL(name, folder)));
    return [name, JSON.parse(text.toString()) as Recorded];
  };
  return new Map(await Promise.all(files.map(read)));
}

const decoded = (base64: string): unknown => JSON.parse(Buffer.from(base64, 'base64').toString());
