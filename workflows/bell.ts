/**
 * Who is told of an open question: at once, again after the configured times, and somebody else when nobody answers.
 * Each receiver once per question and kind; one that does not answer is noted, and stops nothing.
 */
import { ActivityFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Notice, Receiver, Tells, Via } from '../cluster/approval.js';
import { decideLine, type Order, type Question } from './messages.js';
import { tell } from './proxies.js';

export interface Rung {
  expired(): void;
  /** `how`: in words. */
  closed(how: string): void;
}

export class Bell {
  /** What each receiver is being told: in order, or "closed" would overtake "asked". */
  private readonly telling = new Map<string, Promise<void>>();

  constructor(
    private readonly title: string,
    private readonly order: Order,
    private readonly note: (words: string) => void,
  ) {}

  ring(question: Question, { remindAfter, escalateAfter, ...ways }: Tells): Rung {
    const told = new Set<string>();
    const send = (to: Receiver, kind: Notice['kind'], more: { times?: number; closed?: string } = {}) => {
      const notice = noticeOf(this.title, this.order, question, kind, more);
      if (told.has(`${to} ${notice.id}`)) return;
      told.add(`${to} ${notice.id}`);
      for (const via of ways[to]) this.send(to, via, notice);
    };
    const later = async (seconds: number, summary: string, act: () => void) => {
      await sleep(seconds * 1000, { summary });
      act();
    };
    send('notify', 'asked');
    const scope = new CancellationScope();
    void scope
      .run(() =>
        Promise.all([
          ...remindAfter.map((seconds, i) =>
            later(seconds, `remind of ${question.token}`, () => send('notify', 'reminder', { times: i + 1 })),
          ),
          ...(escalateAfter === undefined
            ? []
            : [later(escalateAfter, `escalate ${question.token}`, () => send('escalate', 'escalation'))]),
        ]),
      )
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
    return {
      expired: () => {
        send('notify', 'expired');
        send('escalate', 'expired');
      },
      closed: (closed) => {
        scope.cancel();
        send('notify', 'closed', { closed });
        if ([...told].some((one) => one.startsWith('escalate'))) send('escalate', 'closed', { closed });
      },
    };
  }

  /** Once everybody is told, or given up: a minute at most. */
  async silent(): Promise<void> {
    await Promise.all(this.telling.values());
  }

  private send(to: Receiver, via: Via, notice: Notice): void {
    const key = `${to} ${via}`;
    const before = this.telling.get(key) ?? Promise.resolve();
    this.telling.set(
      key,
      before.then(() => this.tell(to, via, notice)),
    );
  }

  private async tell(to: Receiver, via: Via, notice: Notice): Promise<void> {
    const { token, kind, cluster } = notice;
    const summary = `Tell [${to}] by ${via}: ${kind} ${token}`;
    try {
      // What has begun is told to its end, also where the question is closed meanwhile.
      await CancellationScope.nonCancellable(() =>
        tell.executeWithOptions({ summary }, [{ cluster, to, via, notice }]),
      );
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      this.note(`The ${via} of [${to}] was not told of ${token} (${kind}): ${error.cause?.message ?? error.message}.`);
    }
  }
}

function noticeOf(
  title: string,
  { run, cluster, by }: Order,
  asked: Question,
  kind: Notice['kind'],
  { times, closed }: { readonly times?: number; readonly closed?: string },
): Notice {
  const { token, text, evidence, askedAt } = asked;
  const answer = decideLine(run, asked);
  const asks = kind === 'asked' ? 'asks' : `still asks (${kind})`;
  return {
    id: `${run} ${token} ${kind}${times === undefined ? '' : ` ${times}`}`,
    ...{ kind, cluster: cluster.name, run, runbook: title, startedBy: by, token, question: text },
    ...{ verdict: evidence.verdict, choices: evidence.choices, askedAt: new Date(askedAt).toISOString(), answer },
    ...(closed !== undefined && { closed }),
    text:
      closed === undefined
        ? `${run} ${asks}: ${text} Answer by: ${answer}`
        : `${run} asks ${token} no longer: ${closed}`,
  };
}
