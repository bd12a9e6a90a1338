/** `pfrunbook show RUN`: the whole of it, as it stands now; without Temporal, what it left on this machine. */
import { catalogue } from '../../workflows/catalogue.js';
import type { Report } from '../../workflows/messages.js';
import { type ExitCode, exits } from '../exit.js';
import { type Left, readLeft } from '../left.js';
import { look, withRun } from '../runs.js';
import { leftToJson, sightToJson } from '../show/json.js';
import { afterLines, answerLines, endLines, headLine, pendingLines, questionLines, stepLines } from '../show/run.js';
import { width } from '../show/text.js';

export const show = (name: string, { json = false }: { json?: boolean }): Promise<ExitCode> =>
  withRun(
    name,
    async (reached, run) => {
      const sight = await look(reached.client, run);
      const { progress, status, waitingFor, pending } = sight;
      if (json) console.log(JSON.stringify(sightToJson(reached, run, sight)));
      else if (!progress) {
        console.log(
          `${run.name}: ${status.toLowerCase()}${waitingFor ? `, waits for an answer to ${waitingFor}` : ''}.`,
        );
        console.log(
          status === 'RUNNING'
            ? 'No worker answers, so its steps cannot be shown. See: pfrunbook status'
            : 'It left no report.',
        );
        for (const line of pendingLines(pending, Date.now(), width())) console.log(line);
      } else {
        const now = Date.now();
        const lines = [
          headLine(progress, now, 'endedAt' in progress ? progress.endedAt : now),
          ...progress.steps.flatMap((step) => stepLines(step, now, width())),
          ...pendingLines(pending, now, width()),
          ...afterLines(progress, width()),
          ...endLines(progress, width()),
          ...(progress.question
            ? [...questionLines(progress.question, width()), ...answerLines(run.name, progress.question)]
            : []),
        ];
        console.log(lines.join('\n'));
      }
      return exits.done;
    },
    async (left, why) => {
      const text = readLeft(left.run, 'report.json');
      const report: Report<unknown> | undefined = text === undefined ? undefined : JSON.parse(text);
      if (json) console.log(JSON.stringify(leftToJson(left, report)));
      else console.log(report ? readLeft(left.run, 'report.md')?.trimEnd() : leftInWords(left, why));
      return exits.done;
    },
  );

function leftInWords({ run, open, began }: Left, why: string): string {
  const [cluster] = run.split('/');
  const title = catalogue[began?.runbook ?? '']?.title;
  if (!open) return `${run}${title ? ` (${title})` : ''} left no report on this machine. ${why}`;
  return [
    `${run} (${title}, by ${began?.by}) is not over: it stands still until server and worker are up.`,
    why,
    `  pfrunbook guards ${cluster}     what it owes on the nodes meanwhile; needs no Temporal`,
    `  pfrunbook history ${cluster}    the runs before it`,
  ].join('\n');
}
