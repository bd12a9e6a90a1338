/**
 * Follows a run until it ends or waits for somebody who is not here: a live tree on a terminal, a line per finished
 * step elsewhere. Leaving never touches the run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Question, wantedFor } from '../workflows/messages.js';
import { isEnding } from '../workflows/report.js';
import { decide } from './answer.js';
import { askPerson } from './ask.js';
import type { Reached } from './connect.js';
import { type ExitCode, exits, Mistake } from './exit.js';
import { isOpen, isServerSilent, look, type Run, type Sight } from './runs.js';
import type { Screen } from './show/screen.js';
import type { Answer } from './sign.js';

const interval = 300; // ms; a person does not see more
const slowWorker = 15_000; // ms that a question may be known by its token only
const patience = 120_000; // ms without contact: by then a supervisor has long started server and worker again

export interface Following {
  readonly screen: Screen;
  /** Somebody can be asked. */
  readonly person: boolean;
  /** Without a person: give each question its go-on answer. */
  readonly yes: boolean;
}

export interface Followed {
  readonly exit: ExitCode;
  readonly sight?: Sight;
}

export async function follow({ client }: Reached, run: Run, { screen, person, yes }: Following): Promise<Followed> {
  const left = new AbortController();
  const leave = () => {
    if (left.signal.aborted) process.exit(exits.goesOn); // pressed again: not even the last look is waited for
    left.abort();
  };
  // Not `once`, which is gone before the others hear the signal: who restores the cursor then finds itself alone, and kills us.
  process.on('SIGINT', leave);
  const answered = new Set<string>();
  const goOn = goOnAnswers();
  let sight: Sight | undefined;
  let heardAt = Date.now();
  let tellableAt = Date.now();
  try {
    while (!left.signal.aborted) {
      sight = await look(client, run).catch(silent);
      if (sight) {
        heardAt = Date.now();
        screen.show(sight);
        if (!isOpen(sight)) return { exit: isDone(sight) ? exits.done : exits.failed, sight };
        const question = openQuestion(sight);
        if (question && !answered.has(question.token)) {
          screen.ask(question, person);
          const decision = person ? await askWhileOpen(question) : yes ? goOn(question) : 'later';
          if (decision === 'later') return { exit: exits.waits, sight };
          if (decision === 'answered elsewhere') screen.say('Answered elsewhere.');
          else {
            answered.add(question.token);
            await decide(client, run, decision).then(screen.decided, (error: unknown) => {
              if (!(error instanceof Mistake)) throw error;
              answered.delete(question.token); // not counted: ask again
              screen.say(error.message);
            });
          }
        }
        if (sight.progress || !sight.waitingFor) tellableAt = Date.now();
        else if (!person && Date.now() - tellableAt > slowWorker) return { exit: exits.waits, sight };
      } else if (Date.now() - heardAt > patience) {
        screen.say(
          'The Temporal server has been silent for two minutes. The run is kept; it goes on when server and worker do.',
        );
        return { exit: exits.goesOn };
      } else screen.silent();
      await sleep(interval, undefined, { signal: left.signal }).catch(() => undefined);
    }
    return { exit: exits.goesOn, ...(sight && { sight }) };
  } finally {
    process.off('SIGINT', leave);
    screen.end();
  }

  async function askWhileOpen(question: Question) {
    const gone = new AbortController();
    const watching = (async () => {
      while (!gone.signal.aborted) {
        await sleep(1_000, undefined, { signal: gone.signal }).catch(() => undefined);
        const now = await look(client, run).catch(silent);
        if (now && openQuestion(now)?.token !== question.token && (now.progress || !isOpen(now))) gone.abort();
      }
    })();
    const decision = await askPerson(question, gone.signal);
    gone.abort();
    await watching;
    return decision;
  }
}

function silent(error: unknown): undefined {
  if (isServerSilent(error)) return undefined;
  throw error;
}

const openQuestion = ({ progress }: Sight): Question | undefined => progress?.question;

const isDone = ({ status, progress }: Sight): boolean =>
  status === 'COMPLETED' && (!progress || !isEnding(progress.phase) || progress.phase === 'done');

/**
 * A question without a go-on choice needs a person: it may lose something that nobody has weighed. So does one that
 * wants a signature, which is a person's word on what they have read; and one that comes back time and again: what a
 * step failed with is not mended by trying.
 */
function goOnAnswers() {
  const times = new Map<string, number>();
  return (question: Question): Answer | 'later' => {
    const { token, evidence } = question;
    const { goOn } = evidence;
    const gate = token.split('-').slice(0, -2).join('-');
    const asked = (times.get(gate) ?? 0) + 1;
    times.set(gate, asked);
    if (goOn === undefined || wantedFor(question, goOn) || asked > 5) return 'later';
    return { token, choice: goOn, reason: 'answered by --yes' };
  };
}
