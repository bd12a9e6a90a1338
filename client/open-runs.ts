/** The open runs of the embedded server, asked through its Web UI: Temporal's own client takes 0.35 s to load. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http'; // fetch takes three times as long to load
import { json } from 'node:stream/consumers';
import { supervisorFiles } from '../cluster/places.js';
import { attributes } from '../workflows/messages.js';
import { places } from './settings.js';

export interface OpenRun {
  readonly run: string;
  /** Of its open question; empty: none waits. */
  readonly token: string;
  /** "full-recovery, waits for keep-1-0503f1" */
  readonly words: string;
}

const patience = 500; // milliseconds; a person has pressed TAB

/** Empty where no server of ours answers in time: somebody else's is not asked. */
export async function openRuns(): Promise<readonly OpenRun[]> {
  try {
    const { ui, namespace } = JSON.parse(readFileSync(supervisorFiles(places().state).status, 'utf8'));
    const query = new URLSearchParams({ query: 'ExecutionStatus = "Running"', pageSize: '100' });
    const [answer] = await once(
      get(`${ui}/api/v1/namespaces/${namespace}/workflows?${query}`, { signal: AbortSignal.timeout(patience) }),
      'response',
    );
    const { executions = [] } = (await json(answer)) as Answer;
    return executions.flatMap(({ memo, searchAttributes }) => {
      const token = wordIn(searchAttributes?.indexedFields, attributes.waitingFor);
      const run = wordIn(memo?.fields, 'run');
      const words = `${wordIn(memo?.fields, 'runbook')}${token && `, waits for ${token}`}`;
      return run ? [{ run, token, words }] : [];
    });
  } catch {
    return []; // never up, or down: the file outlives it
  }
}

/** Temporal's ListWorkflowExecutions as JSON, as far as we read it. */
interface Answer {
  readonly executions?: readonly {
    readonly memo?: { readonly fields?: Payloads };
    readonly searchAttributes?: { readonly indexedFields?: Payloads };
  }[];
}
/** JSON in base64. */
type Payloads = Readonly<Record<string, { readonly data?: string }>>;

/** A word that a shell could stumble over is not offered: anyone who reaches the server can set a memo. */
function wordIn(payloads: Payloads | undefined, name: string): string {
  const data = payloads?.[name]?.data;
  const word: unknown = data && JSON.parse(Buffer.from(data, 'base64').toString());
  return typeof word === 'string' && /^[\w./-]*$/.test(word) ? word : '';
}
