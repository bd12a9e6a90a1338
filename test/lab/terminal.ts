/** A command typed at a terminal: its questions are answered as they come. */
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** `answer`: what is typed at a yes-or-no question, by its words. Everything that was shown. Errors: no end within the limit (ms). */
export async function atTerminal(
  command: readonly string[],
  answer: (question: string) => 'y' | 'n',
  limit = 180_000,
): Promise<string> {
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  // Wide: a question that wraps could not be told from two.
  const child = spawn('script', ['--quiet', '--return', '--command', `stty cols 400; ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: limit,
  });
  let shown = '';
  let answered = 0; // how much was shown when the last question was answered
  child.stdout.on('data', (data: Buffer) => {
    shown += stripVTControlCharacters(data.toString());
    const [, question] = /\? ([^\r\n]*) \((?:y\/N|Y\/n)\)\s*$/.exec(shown.slice(answered)) ?? [];
    if (question === undefined) return;
    answered = shown.length;
    child.stdin.write(`${answer(question)}\n`);
  });
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_, by) => resolve(by)));
  if (signal) throw new Error(`no end within ${limit / 1000} s; shown last:\n${shown.slice(-2_000)}`);
  return shown;
}
