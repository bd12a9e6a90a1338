/** `pfrunbook decide` and `approve`: answers from outside the terminal that shows the question. */
import { decideLine, type Question } from '../../workflows/messages.js';
import { decide as send } from '../answer.js';
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { didYouMean } from '../nearest.js';
import { findRun, look } from '../runs.js';
import { me } from '../settings.js';
import { questionLines } from '../show/run.js';
import { width } from '../show/text.js';

export interface DecideOptions {
  readonly by?: string;
  /** File of the key that signs; else the agent's. */
  readonly key?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** "keep-1-3fa91c", "step7-3-try1": no name of a run looks so. Errors: Mistake, where it is not the second word. */
function inOrder(command: string, words: readonly string[]): void {
  const [token, ...more] = words.filter((word) => /^\w+-\d+-(?:[0-9a-f]{6}|try\d+)$/.test(word));
  if (token === undefined || more.length > 0 || words[1] === token) return;
  const [run = 'RUN', ...rest] = words.filter((word) => word !== token);
  throw new Mistake(
    `The run comes first, then the token: pfrunbook ${[command, run, token, ...rest].join(' ')}. Nothing was decided.`,
  );
}

/** What to do about an answer that was refused, where the question tells; else something else is wrong: who decides, or the reason. */
function hintAt(
  { token, evidence: { choices, verdict } }: Question,
  answer: { readonly token: string; readonly choice: string; readonly run: string },
): string {
  const { choice } = answer;
  if (Object.keys(choices).includes(choice))
    return answer.token === token
      ? ''
      : ` What it asks may rest on other evidence now: look at it before you answer. pfrunbook show ${answer.run}`;
  // A server that exists is not mistaken for another one.
  const meant = verdict.find((line) => line.startsWith(`${choice}: `));
  return meant === undefined ? didYouMean(choice, Object.keys(choices), choices) : ` It says of ${meant}`;
}

export const decide = (
  name: string,
  token: string,
  choice: string,
  { by, key, reason, json = false }: DecideOptions,
): Promise<ExitCode> => {
  inOrder('decide', [name, token, choice]);
  return withTemporal(async ({ client }) => {
    const run = await findRun(client, name);
    const answer = { token, choice, ...(by && { by }), ...(reason && { reason }) };
    const { words, ...answered } = await send(client, run, answer, key).catch(async (error: unknown) => {
      if (!(error instanceof Mistake)) throw error;
      const question = (await look(client, run)).progress?.question;
      if (!question)
        throw new Mistake(
          `${error.message} ${run.name} asks nothing now. Nothing was decided. See pfrunbook show ${run.name}`,
        );
      const hint = hintAt(question, { token, choice, run: run.name });
      throw new Mistake(`${error.message}${hint} Nothing was decided.`);
    });
    console.log(
      json
        ? JSON.stringify({ run: run.name, ...answered })
        : `${choice}, decided by ${answered.by} at ${token}: ${words}.`,
    );
    return exits.done;
  });
};

export const approve = (
  name: string,
  token: string | undefined,
  { by, key, json = false }: DecideOptions,
): Promise<ExitCode> => {
  inOrder('approve', token ? [name, token] : [name]);
  return withTemporal(async ({ client }) => {
    const run = await findRun(client, name);
    const { progress, waitingFor } = await look(client, run);
    const question = progress?.question;
    if (!question && !waitingFor)
      throw new Mistake(`${run.name} asks nothing now. Nothing was decided. See pfrunbook show ${run.name}`);
    // A bare approval could land on another question than the one that was read.
    if (!token)
      throw new Mistake(
        `Say which question you approve: pfrunbook approve ${run.name} ${question?.token ?? waitingFor}`,
        ...(question ? questionLines(question, width()) : []),
      );
    const goOn = question?.evidence.goOn;
    if (question && !goOn)
      throw new Mistake(`${question.token} needs a named choice: ${decideLine(run.name, question)}`);
    if (goOn) return decide(run.name, token, goOn, { ...(by && { by }), ...(key && { key }), json });
    const who = by ?? me();
    await run.handle.signal('approve', `${token} ${who}`);
    console.log(
      json
        ? JSON.stringify({ run: run.name, token, by: who, sent: 'signal' })
        : `${token}: sent: no worker answers now, the run counts it when one does, unless it needs a signature.`,
    );
    return exits.done;
  });
};
