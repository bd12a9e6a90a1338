/** A command typed at a terminal: its questions are answered as they come. */
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** `answer`: what is typed at a yes-or-no question, by its words. Everything that was shown. Errors: no end within the limit (ms). */
export async function atTerminal(
  command: readonly string[],
  answer: (question: string) => 'y' | 'n',
  limit = 180_000,
): Promise<string> {
  const { shown } = await typedAt(
    command,
    (news) => {
      const [, question] = /\? ([^\r\n]*) \((?:y\/N|Y\/n)\)\s*$/.exec(news) ?? [];
      return question === undefined ? undefined : `${answer(question)}\n`;
    },
    limit,
  );
  return shown;
}

/** `type`: the keys that are pressed at what was shown since the last ones. Errors: no end within the limit (ms). */
export async function typedAt(
  command: readonly string[],
  type: (news: string) => string | undefined,
  limit = 180_000,
): Promise<{ readonly shown: string; readonly exit: number }> {
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  // exec: a shell that stays (dash; script takes it where SHELL is not set) hears Ctrl-C too, and its end hides the command's.
  // Wide: a question that wraps could not be told from two. High: on none, a live tree shows nothing.
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols 400 rows 50; exec ${line}`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: limit,
    },
  );
  let shown = '';
  let seen = 0; // how much was shown when keys were pressed last
  child.stdout.on('data', (data: Buffer) => {
    shown += stripVTControlCharacters(data.toString());
    const keys = type(shown.slice(seen));
    if (keys === undefined) return;
    seen = shown.length;
    child.stdin.write(keys);
  });
  const [exit, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (code, by) => resolve([code, by])),
  );
  if (signal) throw new Error(`no end within ${limit / 1000} s; shown last:\n${shown.slice(-2_000)}`);
  return { shown, exit: exit ?? Number.NaN };
}
