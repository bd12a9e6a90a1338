/** A lab, an embedded Temporal of its own, and the command line: what whole runs are tried on. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { execa } from 'execa';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import type { SupervisorStatus } from '../../cluster/places.js';
import { supervisorFiles } from '../../cluster/places.js';
import { down } from '../../lab/down.js';
import { type Lab, loadLab } from '../../lab/lab.js';
import { nodeExec } from '../../lab/machine.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { type UpOptions, up } from '../../lab/up.js';
import { type Verification, verify } from '../../lab/verify.js';
import { startWriter } from '../../lab/writer.js';
import { findTemporal } from '../../worker/temporal/binary.js';
import { messages, type Progress, type Step, workflowIdOf } from '../../workflows/messages.js';

export interface Typed {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, in order. */
  readonly all: string;
}

const sources = new URL('../../client/main.ts', import.meta.url).pathname;

export class Stage {
  private constructor(
    readonly name: string,
    readonly lab: Lab,
    private readonly home: string,
    private readonly main: string,
    private readonly ownsLab = true,
    private connection: Connection | undefined = undefined,
  ) {}

  /** `main`: the program that is typed. */
  static async open(name: string, { main = sources, ...options }: UpOptions & { main?: string } = {}): Promise<Stage> {
    const home = await mkdtemp(join(tmpdir(), 'pfrunbook-stage-'));
    process.env.TEMPORAL_CLI_PATH = await findTemporal({ cache: join(tmpdir(), 'pfrunbook-test-bin') });
    process.env.PFRUNBOOK_HOME = home; // the lab writes its cluster there, and every program below reads it
    await down(name); // a run of tests that was cut off may have left it, broken
    await up(name, options);
    return new Stage(name, await loadLab(name), home, main);
  }

  /** Another machine that reaches the same nodes: a home and a Temporal of its own, where the cluster has this name. */
  async beside(name: string): Promise<Stage> {
    const home = await mkdtemp(join(tmpdir(), 'pfrunbook-stage-'));
    await cp(join(this.home, 'clusters', this.name), join(home, 'clusters', name), { recursive: true });
    return new Stage(name, this.lab, home, this.main, false);
  }

  /** Where the server comes back at another address. */
  async disconnect(): Promise<void> {
    await this.connection?.close();
    this.connection = undefined;
  }

  async close(): Promise<void> {
    await this.disconnect();
    await this.type('down');
    if (this.ownsLab) await down(this.name);
    await rm(this.home, { recursive: true, force: true });
  }

  /** Types a command, without a terminal. */
  async type(...args: readonly string[]): Promise<Typed> {
    const { exitCode, stdout, all } = await execa(process.execPath, ['--import', 'tsx', this.main, ...args], {
      reject: false,
      all: true,
      env: { PFRUNBOOK_HOME: this.home },
    });
    return { code: exitCode ?? -1, stdout, all };
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, all } = await this.type(...args, '--json');
    if (code > 1) throw new Error(`pfrunbook ${args.join(' ')} ended with ${code}:\n${all}`);
    return JSON.parse(stdout) as T;
  }

  async supervisor(): Promise<SupervisorStatus> {
    return JSON.parse(await readFile(supervisorFiles(join(this.home, 'state')).status, 'utf8')) as SupervisorStatus;
  }

  async client(): Promise<Client> {
    const address = process.env.TEMPORAL_ADDRESS || (await this.supervisor()).address;
    this.connection ??= await Connection.connect({ address });
    return new Client({ connection: this.connection });
  }

  /** The open or last run of this cluster that holds its lock. */
  async handle(): Promise<WorkflowHandle> {
    return (await this.client()).workflow.getHandle(workflowIdOf(this.name));
  }

  /** Undefined while no worker answers, or the server is away. */
  async progress(): Promise<Progress | undefined> {
    const handle = await this.handle();
    return (await this.client())
      .withDeadline(Date.now() + 3_000, () => handle.query<Progress>(messages.progress))
      .catch(() => undefined);
  }

  /** Waits until the run asks; its question. */
  async asked(limit = 180_000): Promise<NonNullable<Progress['question']>> {
    return seen('a question', limit, async () => (await this.progress())?.question);
  }

  /**
   * Follows the run to its end and approves each question once, through whatever dies meanwhile. `meanwhile` is told the titles
   * of what runs, the looks under a gate included. The tokens of the questions, each with its words.
   */
  async approveToTheEnd(limit: number, meanwhile: (titles: readonly string[]) => unknown): Promise<readonly string[]> {
    const handle = await this.handle();
    const asked: string[] = [];
    await seen('the end of the run', limit, async () => {
      const status = await handle.describe().then(
        ({ status: { name } }) => name,
        () => 'RUNNING',
      ); // the server may be away
      if (status !== 'RUNNING') return status;
      const progress = await this.progress();
      if (!progress) return undefined;
      const { token, text, evidence } = progress.question ?? {};
      if (token && !asked.some((one) => one.startsWith(`${token}: `))) {
        asked.push([`${token}: ${text}`, ...(evidence?.verdict ?? [])].join(' '));
        await handle.signal(messages.approve, `${token} anna`).catch(() => asked.pop());
      }
      await meanwhile(titlesOfRunning(progress.steps));
      return undefined;
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}\nanswered: ${asked.join('; ')}\n${await this.story(handle)}`);
    });
    return asked;
  }

  /** Where a run stands, for the words of a test that waited for it in vain. */
  private async story(handle: WorkflowHandle): Promise<string> {
    const [shown, pending] = await Promise.all([
      this.type('show', this.name).then(({ all }) => all),
      handle.describe().then(
        ({ raw }) => JSON.stringify(raw.pendingActivities, undefined, 1),
        (error: unknown) => String(error),
      ),
    ]);
    return `${shown}\npending: ${pending}`;
  }

  /** For `npm run histories`: keeps the history of the last run, to be replayed by every later test run. */
  async keepHistory(label: string): Promise<void> {
    const folder = process.env.PFRUNBOOK_HISTORIES;
    if (!folder) return;
    const history = await (await this.handle()).fetchHistory();
    await writeFile(join(folder, `${label}.json.gz`), gzipSync(historyToJSON(history), { level: 9 }));
  }

  /** The writer is at work, and its rows come through the virtual address. */
  async writes(): Promise<void> {
    await startWriter(this.lab);
    await seen('rows through the virtual address', 60_000, async () =>
      (await this.verify()).acknowledged > 100 ? true : undefined,
    );
  }

  /** Cuts the power of every node, under a writer, in a way after which they wait for ever. */
  async cutPower(): Promise<void> {
    await this.writes();
    await powerCut(this.lab, this.lab.nodes, { tornView: 'pf3' });
    await seen('that the nodes wait for ever', 90_000, async () =>
      (await this.json<Diagnosis>('diagnose', this.name)).condition === 'torn view' ? true : undefined,
    );
  }

  verify(): Promise<Verification> {
    return verify(this.lab);
  }

  /** Output of a command on a node. */
  async on(node: string, script: string): Promise<string> {
    return (await nodeExec(this.lab, node, script)).stdout.trim();
  }

  /** The same on every node. */
  async onAll(script: string): Promise<string[]> {
    return Promise.all(this.lab.nodes.map((node) => this.on(node, script)));
  }
}

/** Looks until there is an answer; when the limit runs out, says what was waited for. */
export async function seen<T>(what: string, limit: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + limit; ; await pause(100)) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`not seen within ${limit / 1000} s: ${what}`);
  }
}

function titlesOfRunning(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.state === 'running' ? [step.title, ...titlesOfRunning(step.steps)] : []));
}
